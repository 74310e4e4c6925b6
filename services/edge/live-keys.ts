import type { CatalogKey, CatalogSecret } from '../../shared/catalog.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { ALGORITHMS, shortestMac } from '../../shared/dns/tsig-algorithms.ts'

interface KeysOfName {
  readonly keys: readonly TsigKey[]
  /** When each ends, ms since the epoch. */
  readonly ends: readonly number[]
  readonly firstEnd: number
}

const NO_KEYS: readonly TsigKey[] = []

/** The secrets of each key name, which end by this machine's clock, whether or not a writer runs. */
export class LiveKeys {
  private readonly byName = new Map<Name, KeysOfName>()

  /** In place of what the name had; `open` gives the clear secret. */
  put(key: CatalogKey, open: (sealed: Uint8Array) => Uint8Array): void {
    const keys = key.secrets.map((secret) => clearKey(key, secret, open))
    const ends = key.secrets.map((secret) => secret.expiresAt ?? Number.POSITIVE_INFINITY)
    this.byName.set(key.name, { keys, ends, firstEnd: Math.min(...ends) })
  }

  delete(name: Name): void {
    this.byName.delete(name)
  }

  names(): Iterable<Name> {
    return this.byName.keys()
  }

  /** Those that live now (ms since the epoch), newest first. */
  at(name: Name, now: number): readonly TsigKey[] {
    const found = this.byName.get(name)
    if (found === undefined) return NO_KEYS
    return now < found.firstEnd ? found.keys : found.keys.filter((_, index) => now < found.ends[index]!)
  }
}

function clearKey(
  { name, leastMacOctets }: CatalogKey,
  { id, algorithm, sealed }: CatalogSecret,
  open: (sealed: Uint8Array) => Uint8Array,
): TsigKey {
  const key = { name, algorithm, secret: open(sealed), id: String(id) }
  if (leastMacOctets === undefined) return key
  // secrets of one name may differ in algorithm, and so in the lengths that make sense
  const least = Math.max(leastMacOctets, shortestMac(algorithm))
  return { ...key, leastMacOctets: Math.min(least, ALGORITHMS[algorithm].macOctets) }
}
