import { canonicalName, isSubdomain, type Name, parseName } from '../../../../shared/dns/name.ts'
import type { ClientAddress } from '../../../../shared/http/client-address.ts'
import { addressOctets } from '../../../../shared/rules/address-range.ts'
import type { FormServices } from '../form-services.ts'
import { type AddressChange, KEEP, REMOVE } from '../hosts/address-change.ts'
import { changeHosts } from '../hosts/change-hosts.ts'
import { checkSalted } from './password.ts'

/** What a client of GnuDIP asks for; texts as it wrote them. */
export interface GnudipRequest {
  readonly user: string
  /** See password.ts. */
  readonly digest: string
  readonly salt: string
  readonly domain: string
  /** 0: register the address that is given; 1: go offline; 2: register the sender's address, and tell it. */
  readonly request: string
  readonly address: string | undefined
}

/** What it is told: 0 is done, 2 is offline, 1 is everything that will not be. Undefined: the outcome is not known. */
export type GnudipAnswer =
  | { readonly code: '0'; readonly address?: string }
  | { readonly code: '1' | '2' }
  | undefined

const FAILED = { code: '1' } as const

/** The host is `user.domain`, or the user where that lies in the domain already. Its addresses of the family that is given are replaced. */
export async function gnudipUpdate(
  asked: GnudipRequest,
  from: ClientAddress,
  services: FormServices,
): Promise<GnudipAnswer> {
  const { user, digest, request } = asked
  const signedIn = services.signInBy(from, user, digest, (keys) => checkSalted(asked, keys))
  if (!signedIn.ok) return FAILED
  const host = hostOf(asked)
  const change = changeOf(asked, from)
  if (host === undefined || change === undefined) {
    const detail = 'GnuDIP: the domain, the kind of request or the address is none'
    services.refuse(from.address, { reason: 'http-malformed', detail, claimedKey: user })
    return FAILED
  }
  const [result] = await changeHosts(
    { hosts: [host], change },
    { who: signedIn.who, from, form: 'gnudip' },
    services,
  )
  if (result === undefined || result.what === 'unknown') return undefined
  if (result.what !== 'changed' && result.what !== 'unchanged') return FAILED
  if (request === '1') return { code: '2' }
  return request === '2' ? { code: '0', address: from.address } : { code: '0' }
}

function hostOf({ user, domain }: GnudipRequest): Name | undefined {
  const apex = parseName(domain)
  const own = parseName(user)
  if (!apex.ok || !own.ok || domain === '') return undefined
  const [name, zone] = [canonicalName(own.value), canonicalName(apex.value)]
  if (isSubdomain(name, zone)) return name
  const host = parseName(`${name}${zone === '.' ? '' : zone}`)
  return host.ok ? canonicalName(host.value) : undefined
}

function changeOf({ request, address }: GnudipRequest, from: ClientAddress): AddressChange | undefined {
  if (request === '1') return { ipv4: REMOVE, ipv6: REMOVE }
  if (request !== '0' && request !== '2') return undefined
  const octets = addressOctets(
    request === '2' || address === undefined || address === '' ? from.address : address,
  )
  if (octets === undefined) return undefined
  const set = { kind: 'set', addresses: [octets] } as const
  return octets.length === 4 ? { ipv4: set, ipv6: KEEP } : { ipv4: KEEP, ipv6: set }
}
