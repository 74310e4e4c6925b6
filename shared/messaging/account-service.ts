import { type Name, nameOf } from '../dns/name.ts'
import { UnreadablePayload } from '../events/binary.ts'
import { parseRange } from '../rules/address-range.ts'

/**
 * How an edge asks the writers for an account of acme-dns, which is a token for one random name. The edge makes the password and keeps it:
 * only its hash travels. What accounts are for is the writers' own setting, so an edge cannot ask for more. JSON both ways.
 */
export const ACCOUNT_SERVICE_VERSION = 1
/** Ranges of one account. */
export const MOST_RANGES = 100

export interface AccountRequest {
  /** Of the password, see shared/update-token.ts; asking again with the same one gets the same account. */
  readonly hash: string
  /** Address ranges from which it may be used; none is everywhere. */
  readonly allowFrom: readonly string[]
  /** Of whoever registers: his address, or of IPv6 the /64. */
  readonly network: string
  readonly edgeId: string
}

/**
 * `off`: writers have no setting for it; `no-zone`, `no-key`: what it names is not there; `too-many`: of this network in an hour; `full`: in
 * all; `busy`: ask again; `failed`: a fault.
 */
export const ACCOUNT_REFUSALS = ['off', 'no-zone', 'no-key', 'too-many', 'full', 'busy', 'failed'] as const
export type AccountRefusal = (typeof ACCOUNT_REFUSALS)[number]

export type AccountReply =
  | { readonly kind: 'account'; readonly user: string; readonly name: Name }
  | { readonly kind: 'refused'; readonly why: AccountRefusal }

export function encodeAccountRequest(request: AccountRequest): Uint8Array {
  return encode(request)
}

/** Throws {@link UnreadablePayload}, as {@link decodeAccountReply}, for another version or a damaged payload. */
export function decodeAccountRequest(payload: Uint8Array): AccountRequest {
  const { hash, allowFrom, network, edgeId } = decode(payload)
  if (
    !isText(hash, /^[0-9a-f]{64}$/) ||
    !isText(network, /^[0-9a-f.:/]{1,64}$/) ||
    !isText(edgeId, /^[\w-]{1,64}$/) ||
    !Array.isArray(allowFrom) ||
    allowFrom.length > MOST_RANGES ||
    !allowFrom.every((range) => typeof range === 'string' && parseRange(range).ok)
  )
    throw new UnreadablePayload('request for an account that is none')
  return { hash, allowFrom, network, edgeId }
}

export function encodeAccountReply(reply: AccountReply): Uint8Array {
  return encode(reply)
}

export function decodeAccountReply(payload: Uint8Array): AccountReply {
  const { kind, user, name, why } = decode(payload)
  if (kind === 'account' && typeof user === 'string' && typeof name === 'string')
    return { kind, user, name: nameOf(name) }
  const refusal = ACCOUNT_REFUSALS.find((known) => known === why)
  if (kind === 'refused' && refusal !== undefined) return { kind, why: refusal }
  throw new UnreadablePayload('reply about an account that is none')
}

function encode(value: object): Uint8Array {
  return Buffer.from(JSON.stringify({ version: ACCOUNT_SERVICE_VERSION, ...value }))
}

function decode(payload: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    throw new UnreadablePayload('account service: no JSON')
  }
  const fields = Object(value) as Record<string, unknown>
  if (fields.version === ACCOUNT_SERVICE_VERSION) return fields
  throw new UnreadablePayload(
    `account service version ${fields.version}, this program speaks ${ACCOUNT_SERVICE_VERSION}`,
  )
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}
