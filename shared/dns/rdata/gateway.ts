import { skipName } from '../name-wire.ts'
import { ipv4, ipv6 } from './addresses.ts'
import { expected, type Field } from './field.ts'
import { name } from './names.ts'

const nothing: Field = {
  what: '.',
  end: (_, at) => at,
  print: () => '.',
  parse(tokens) {
    const token = tokens.next()
    return token === '.' ? undefined : expected('. for no gateway', token)
  },
}

const GATEWAYS: readonly (Field | undefined)[] = [nothing, ipv4, ipv6, { ...name, end: skipName }]

/**
 * A gateway or relay whose form depends on a type octet before it: none, IPv4, IPv6 or a name (RFC 4025 §2.5,
 * RFC 8777 §4.2.3). `back` is how far before it that octet stands, `mask` what of it counts,
 * `other` what stands there for a type without a meaning yet.
 */

export function gateway(back: number, mask: number, other?: Field): Field {
  const of = (kind: number) => GATEWAYS[kind & mask] ?? other
  return {
    what: 'a gateway of the announced type',
    end: (octets, at, limit) => of(octets[at - back]!)?.end(octets, at, limit) ?? -1,
    print: (octets, at, end) => of(octets[at - back]!)!.print(octets, at, end),
    parse(tokens, out) {
      const field = of(out.octetAt(out.length - back))
      return field === undefined ? 'the gateway type is none of 0 to 3' : field.parse(tokens, out)
    },
  }
}

/** AMTRELAY's discovery bit and relay type, which share an octet (RFC 8777 §4.2.2). */
export const discoveryAndType: Field = {
  what: 'discovery optional (0 or 1) and a relay type',
  end: (_, at, limit) => (at < limit ? at + 1 : -1),
  print: (octets, at) => `${octets[at]! >>> 7} ${octets[at]! & 0x7f}`,
  parse(tokens, out) {
    const discovery = tokens.next()
    if (discovery !== '0' && discovery !== '1') return expected('0 or 1', discovery)
    const kind = tokens.next()
    if (kind === undefined || !/^[0-3]$/.test(kind)) return expected('a relay type from 0 to 3', kind)
    out.octet((Number(discovery) << 7) | Number(kind))
    return undefined
  },
}
