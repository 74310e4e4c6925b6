import { Type } from '../../../../shared/dns/codes.ts'
import { type Name, parseName } from '../../../../shared/dns/name.ts'
import type { FormServices } from '../form-services.ts'
import { judgeName } from '../judge-name.ts'
import type { Asking } from '../submit/submit-update.ts'
import { add, deleteRRset, mustNotExist } from '../submit/zone-update.ts'
import type { HostResult } from './change-hosts.ts'

/** Octets of a character-string (RFC 1035 §3.3). */
const LONGEST_STRING = 255

/**
 * Sets the one TXT record of `_acme-challenge` below a host, or takes all of them away: what ACME clients of DuckDNS want of its `txt`. Whoever may
 * change the host by his token may do this; the rules are asked about the name itself.
 */
export async function setChallenge(
  host: Name,
  value: string | undefined,
  asking: Asking,
  services: FormServices,
): Promise<HostResult> {
  const { who, from } = asking
  const rdata = value === undefined ? [] : [characterString(value)]
  const parsed = parseName(`_acme-challenge.${host}`)
  const target = { type: Type.TXT, isDeletion: value === undefined, values: () => rdata }
  // the scope of the token is the host
  const scoped = judgeName(host, [], who, from.address, (at) => services.zoneFor(at))
  const name = parsed.ok ? (parsed.value as Name) : host
  const judged = scoped.ok
    ? judgeName(name, [target], { key: who.key }, from.address, (at) => services.zoneFor(at))
    : scoped
  if (!judged.ok) {
    const reference = services.refuse(from.address, { ...judged, claimedKey: who.key, zone: name })
    return { what: 'refused', reason: judged.reason, addresses: [], reference }
  }
  const { zone } = judged
  const updates = [
    deleteRRset(name, Type.TXT),
    ...rdata.map((octets) => add(name, Type.TXT, services.settings.ttl, octets)),
  ]
  const settled = await services.submit(
    { zone, prerequisites: [mustNotExist(name, Type.CNAME)], updates },
    asking,
  )
  if (settled === undefined) return { what: 'unknown', reason: '', addresses: [], reference: '' }
  const { reason, reference } = settled
  const what = reason === 'applied' ? 'changed' : reason === 'unchanged' ? 'unchanged' : 'refused'
  return { what, reason, addresses: [], reference }
}

function characterString(text: string): Uint8Array {
  const octets = Buffer.from(text, 'utf8').subarray(0, LONGEST_STRING)
  return Buffer.concat([Uint8Array.of(octets.length), octets])
}
