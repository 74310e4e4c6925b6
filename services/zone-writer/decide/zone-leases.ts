import { createHash } from 'node:crypto'
import { Class, Type } from '../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import { canonicalRdata } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { UpdateLease } from '../../../shared/update-lease.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import type { Decision } from './decision.ts'

/** Which value of a zone; `value` is {@link valueDigest}, since RDATA may be too long to be looked up by. */
export interface ValueKey {
  readonly owner: Name
  readonly type: number
  readonly value: Uint8Array
}

/** A value that is removed unless it is refreshed in time (RFC 9664 §7). */
export interface LeasedValue extends ValueKey {
  /** The event that granted the lease, or refreshed it last. */
  readonly seq: number
  /** The lease, in seconds. */
  readonly seconds: number
  /** Ms since the epoch. */
  readonly expiresAt: number
}

/** Equal for values that are equal (RFC 2136 §1.1.1). */
export function valueDigest(type: number, rdata: Uint8Array): Uint8Array {
  return createHash('sha256').update(canonicalRdata(type, rdata)).digest()
}

/**
 * The leases of the names that a batch can look at, and what its updates make of them. A value that nobody leased is static: a lease is
 * for a value that the update itself puts into the zone, or that had one.
 */
export class ZoneLeases {
  private readonly leased = new Map<string, ValueKey>()
  private readonly changes = new Map<string, LeaseChange>()

  constructor(known: readonly ValueKey[]) {
    for (const key of known) this.leased.set(textOf(key), key)
  }

  /** Takes an accepted update that has been applied: `zone` is as it is after it. */
  take(
    updates: readonly ResourceRecord[],
    decision: Exclude<Decision, { kind: 'rejected' }>,
    zone: ZoneView,
    { seq, now }: { readonly seq: number; readonly now: number },
  ): void {
    const { removed = [], added = [] } = decision.kind === 'changed' ? decision.diff : {}
    const [before, after] = [keysOf(removed), keysOf(added)]
    for (const [text, key] of before) if (!after.has(text)) this.end(text, key)
    const stored = new StoredValues(zone)
    for (const record of updates) {
      // one that the message itself takes away again, or that could not stand there, is not in the zone
      if (record.class !== Class.IN || record.type === Type.SOA || !stored.has(record)) continue
      const key = keyOf(record)
      const text = textOf(key)
      if (decision.lease === undefined) this.end(text, key)
      else if (this.leased.has(text) || (after.has(text) && !before.has(text)))
        this.grant(text, { ...key, seq, ...lasting(decision.lease, record.type, now) })
    }
  }

  /** Leases to store, after those that ended are gone. */
  get granted(): readonly LeasedValue[] {
    return [...this.changes.values()].flatMap(({ lease }) => (lease === undefined ? [] : [lease]))
  }

  /** Values that became static, or went; they may have been granted a lease after that, which is another one. */
  get ended(): readonly ValueKey[] {
    return [...this.changes.values()].flatMap(({ key, ended }) => (ended ? [key] : []))
  }

  private grant(text: string, lease: LeasedValue): void {
    this.leased.set(text, lease)
    this.changes.set(text, { key: lease, lease, ended: this.changes.get(text)?.ended ?? false })
  }

  private end(text: string, key: ValueKey): void {
    if (this.leased.delete(text)) this.changes.set(text, { key, ended: true })
  }
}

interface LeaseChange {
  readonly key: ValueKey
  readonly lease?: LeasedValue
  /** What was known of the value, such as who held it, counts no more: a batch must leave what its updates would leave one by one. */
  readonly ended: boolean
}

/** §4: KEY records, which keep a name while its service is away, may have a lease of their own. */
function lasting({ lease, keyLease }: UpdateLease, type: number, now: number) {
  const seconds = type === Type.KEY && keyLease !== undefined ? keyLease : lease
  return { seconds, expiresAt: now + seconds * 1_000 }
}

function keysOf(records: readonly ResourceRecord[]): ReadonlyMap<string, ValueKey> {
  return new Map(
    records.map((record) => {
      const key = keyOf(record)
      return [textOf(key), key]
    }),
  )
}

export function keyOf({ name, type, rdata }: ResourceRecord): ValueKey {
  return { owner: canonicalName(name), type, value: valueDigest(type, rdata) }
}

function textOf({ owner, type, value }: ValueKey): string {
  return `${type} ${owner} ${Buffer.from(value).toString('latin1')}`
}

/** The values of RRsets, hashed once for each set. */
class StoredValues {
  private readonly zone: ZoneView
  private readonly sets = new Map<string, ReadonlySet<string>>()

  constructor(zone: ZoneView) {
    this.zone = zone
  }

  has({ name, type, rdata }: ResourceRecord): boolean {
    const owner = canonicalName(name)
    let values = this.sets.get(`${type} ${owner}`)
    if (values === undefined) {
      const stored = this.zone.at(owner)?.get(type)?.rdata ?? []
      values = new Set(stored.map((one) => textOf({ owner, type, value: valueDigest(type, one) })))
      this.sets.set(`${type} ${owner}`, values)
    }
    return values.has(textOf({ owner, type, value: valueDigest(type, rdata) }))
  }
}
