import ipaddr from 'ipaddr.js'
import { hashOfToken } from '../admin/tokens/token-secret.ts'
import { Allowance } from './allowance.ts'

const FAILURES_PER_MINUTE = 12
const FAILURES_AT_ONCE = 20
const MOST_GOOD = 1_000

/**
 * Wrong tokens of each address are limited, which makes guessing hopeless. Tokens that were right a while ago pass all the same: others
 * behind the same address, such as a proxy's, must not be locked out.
 */
export class SignIns {
  private readonly failures = new Allowance(FAILURES_PER_MINUTE / 60, FAILURES_AT_ONCE)
  private readonly good = new Set<string>()

  /** How long this token is not looked at, in seconds. */
  wait(address: string, presented: string, now: number): number {
    return this.good.has(mark(presented)) ? 0 : this.failures.wait(network(address), now)
  }

  failed(address: string, presented: string, now: number): void {
    this.good.delete(mark(presented))
    this.failures.take(network(address), now)
  }

  succeeded(presented: string): void {
    const key = mark(presented)
    if (this.good.has(key)) return
    if (this.good.size >= MOST_GOOD) this.good.delete(this.good.values().next().value!)
    this.good.add(key)
  }
}

function mark(presented: string): string {
  return hashOfToken(presented).toString('base64')
}

/** One who has an IPv6 address has the rest of its /64, too. */
function network(address: string): string {
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6'
    ? parsed.toNormalizedString().split(':').slice(0, 4).join(':')
    : parsed.toString()
}
