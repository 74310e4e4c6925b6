import { addressOctets, isInRange, parseRange } from '../address-range.ts'

/** An identity of a rule in its parts: `KEY`, `*` and `KEY+ip:CIDR`, `*+ip:CIDR`. */
interface Parts {
  /** `*` for anyone. */
  readonly who: string
  readonly cidr: string | undefined
}

/** Who is both; undefined when nobody can be. Of two ranges one lies in the other, or they have no address in common. */
export function bothIdentities(a: string, b: string): string | undefined {
  const [left, right] = [partsOf(a), partsOf(b)]
  const who = left.who === '*' ? right.who : left.who
  if (right.who !== '*' && right.who !== who) return undefined
  const cidr = narrower(left.cidr, right.cidr)
  if (cidr === 'none') return undefined
  return cidr === undefined ? who : `${who}+ip:${cidr}`
}

function partsOf(identity: string): Parts {
  const [who = '', cidr] = identity.split('+ip:')
  return { who, cidr }
}

function narrower(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [left, right] = [rangeOf(a), rangeOf(b)]
  if (left.bits >= right.bits) return isInRange(left.octets, right) ? a : 'none'
  return isInRange(right.octets, left) ? b : 'none'
}

function rangeOf(cidr: string) {
  const range = parseRange(cidr)
  if (!range.ok || addressOctets(cidr.split('/')[0]!) === undefined)
    throw new Error(`'${cidr}' is not an address range`)
  return range.value
}
