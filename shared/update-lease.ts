import { type EdnsOption, OptionCode } from './dns/edns.ts'
import { putU32, u32 } from './dns/octets.ts'

/** How long the values of an update are leased, in seconds (RFC 9664 §4). Without `keyLease` KEY records have the lease of all others. */
export interface UpdateLease {
  readonly lease: number
  readonly keyLease?: number
}

const SHORT_OCTETS = 4
const LONG_OCTETS = 8

/** The first Update Lease option, in its form of 4 or of 8 octets; one of any other length says nothing, as if there were none. */
export function readLeaseOption(options: readonly EdnsOption[]): UpdateLease | undefined {
  const data = options.find(({ code }) => code === OptionCode.UPDATE_LEASE)?.data
  if (data === undefined || (data.length !== SHORT_OCTETS && data.length !== LONG_OCTETS)) return undefined
  const lease = u32(data, 0)
  return data.length === SHORT_OCTETS ? { lease } : { lease, keyLease: u32(data, SHORT_OCTETS) }
}

/** As an answer tells what was granted, or a request what is wanted; an answer has the form of its request (§4.3). */
export function leaseOption({ lease, keyLease }: UpdateLease): EdnsOption {
  const data = Buffer.alloc(keyLease === undefined ? SHORT_OCTETS : LONG_OCTETS)
  putU32(data, 0, lease)
  if (keyLease !== undefined) putU32(data, SHORT_OCTETS, keyLease)
  return { code: OptionCode.UPDATE_LEASE, data }
}

/** The end of the sentence of an update that was granted a lease: so its event says it for ever, and so it reaches the edge. */
export function leaseText({ lease, keyLease }: UpdateLease): string {
  return `lease ${lease} s${keyLease === undefined ? '' : `, of keys ${keyLease} s`}`
}

const TEXT = /; lease (\d{1,10}) s(?:, of keys (\d{1,10}) s)?$/

/** What the sentence of an accepted update says with {@link leaseText}; undefined where no lease was granted. */
export function grantedLease(detail: string): UpdateLease | undefined {
  const [, lease, keyLease] = TEXT.exec(detail) ?? []
  if (lease === undefined) return undefined
  return { lease: Number(lease), ...(keyLease === undefined ? {} : { keyLease: Number(keyLease) }) }
}
