import { lookup } from 'node:dns/promises'

/** What looks names up in the DNS: `dns.promises.Resolver` is one. */
export interface AddressResolver {
  resolve4(host: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>
  resolve6(host: string, options: { ttl: true }): Promise<{ address: string; ttl: number }[]>
}

interface Known {
  readonly addresses: readonly string[]
  readonly until: number
}

const LEAST_MS = 60_000
const MOST_MS = 3_600_000
/** What failed, and what the system says without a TTL. */
const OTHERWISE_MS = 60_000
const MOST_HOSTS = 10_000

/** Addresses of hosts that are not in our zones, remembered for their TTL, a minute at least; when nobody says them, as they were. */
export class HostAddresses {
  private readonly resolver: AddressResolver
  private readonly now: () => number
  private readonly known = new Map<string, Known>()
  private readonly asking = new Map<string, Promise<readonly string[]>>()

  constructor(resolver: AddressResolver, now: () => number = Date.now) {
    this.resolver = resolver
    this.now = now
  }

  /** IPv4 and IPv6, as the DNS has them: a server that is named in the DNS. Never rejects. */
  ofServer(host: string): Promise<readonly string[]> {
    return this.get(`dns ${host}`, async () => {
      const asked = [this.resolver.resolve4(host, { ttl: true }), this.resolver.resolve6(host, { ttl: true })]
      const results = await Promise.allSettled(asked)
      const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
      if (found.length === 0) return undefined
      const ttl = Math.min(...found.map((one) => one.ttl)) * 1_000
      return {
        addresses: found.map(({ address }) => address),
        ms: Math.min(MOST_MS, Math.max(LEAST_MS, ttl)),
      }
    })
  }

  /** One address, as the system finds it: the hosts file and the like count. Never rejects. */
  async ofTarget(host: string): Promise<string | undefined> {
    const [address] = await this.get(`system ${host}`, async () => {
      const found = await lookup(host).catch(() => undefined)
      return found && { addresses: [found.address], ms: OTHERWISE_MS }
    })
    return address
  }

  private async get(
    key: string,
    ask: () => Promise<{ addresses: readonly string[]; ms: number } | undefined>,
  ): Promise<readonly string[]> {
    const known = this.known.get(key)
    if (known !== undefined && known.until > this.now()) return known.addresses
    const underWay = this.asking.get(key)
    if (underWay !== undefined) return await underWay
    const asked = ask().then((found) => {
      this.asking.delete(key)
      const addresses = found?.addresses ?? known?.addresses ?? []
      this.remember(key, { addresses, until: this.now() + (found?.ms ?? OTHERWISE_MS) })
      return addresses
    })
    this.asking.set(key, asked)
    return await asked
  }

  private remember(key: string, known: Known): void {
    this.known.delete(key)
    this.known.set(key, known)
    const [oldest] = this.known.keys()
    if (this.known.size > MOST_HOSTS) this.known.delete(oldest!)
  }
}
