import { isIP } from 'node:net'
import { canonicalName, type Name, parseName } from '../dns/name.ts'
import type { TextParsed } from '../dns/result.ts'

const DNS_PORT = 53

/** A server that is told of changes (RFC 1996). */
export interface NotifyTarget {
  /** An address, or a name in canonical form. */
  readonly host: string
  readonly port: number
  /** What the message is signed with. */
  readonly key?: Name
  /** As it is stored and shown: `HOST:PORT` or `KEY+HOST:PORT`, IPv6 in brackets. */
  readonly text: string
}

/** Reads `[KEY+]HOST[:PORT]`; an IPv6 address with a port stands in brackets. */
export function parseNotifyTarget(text: string): TextParsed<NotifyTarget> {
  const plus = text.lastIndexOf('+')
  const where = parseHostAndPort(text.slice(plus + 1))
  if (!where.ok) return where
  if (plus === -1) return { ok: true, value: notifyTarget(where.value) }
  const key = parseName(text.slice(0, plus))
  if (!key.ok)
    return { ok: false, reason: `'${text.slice(0, plus)}' cannot be the name of a key: ${key.reason}` }
  return { ok: true, value: notifyTarget({ ...where.value, key: canonicalName(key.value) }) }
}

export function notifyTarget({ host, port, key }: Omit<NotifyTarget, 'text'>): NotifyTarget {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (key === undefined) return { host, port, text: place }
  return { host, port, key, text: `${key === '.' ? key : key.slice(0, -1)}+${place}` }
}

/** As the system writes the address of who answers (RFC 5952). */
function canonicalAddress(address: string): string {
  const [bare = '', zone] = address.split('%')
  if (isIP(bare) !== 6) return address
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  return zone === undefined ? canonical : `${canonical}%${zone}`
}

function parseHostAndPort(text: string): TextParsed<{ host: string; port: number }> {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text)
  const plain = isIP(text) === 6 ? [text, text] : /^([^:]*)(?::(\d+))?$/.exec(text)
  const [, host, portText] = bracketed ?? plain ?? []
  if (host === undefined || host === '' || (bracketed !== null && isIP(host) !== 6))
    return { ok: false, reason: `'${text}' is not HOST or HOST:PORT; IPv6 is [2001:db8::1]:53` }
  const port = portText === undefined ? DNS_PORT : Number(portText)
  if (port < 1 || port > 65_535)
    return { ok: false, reason: `'${portText}' is not a port; ports are 1 to 65535` }
  if (isIP(host) !== 0) return { ok: true, value: { host: canonicalAddress(host), port } }
  // 1.2.3 and 300.1.1.1 are no hosts, whatever else they could be
  const name = /^[\d.]+$/.test(host) ? ({ ok: false, reason: 'it is no address' } as const) : parseName(host)
  if (!name.ok) return { ok: false, reason: `'${host}' is neither an address nor a name: ${name.reason}` }
  return { ok: true, value: { host: canonicalName(name.value), port } }
}
