import type { Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { NameContents } from '../../../shared/zone-contents.ts'
import type { ZoneRow } from '../store/zones.ts'
import { Recent } from './recent.ts'

const MOST_ZONES = 10_000
const MOST_NAMES = 20_000
const MOST_OCTETS = 32 * 2 ** 20
/** A name that holds more is looked at each time. */
const MOST_OCTETS_OF_NAME = 16_384
/** What remembering a name and an RRset takes beside the octets of the values, about. */
const ENTRY_OCTETS = 400
/** So many batches at most are decided with a look before another is tried without. */
const LONGEST_REST = 64

interface KnownZone {
  readonly head: ZoneRow
  /** What is known of its names is of this time; a zone that was changed by somebody else gets another. */
  readonly since: number
}

interface KnownName {
  readonly since: number
  readonly contents: NameContents
}

/**
 * What this writer left zones as, so that it need not look at them again before it decides. Whether they are still so is judged by the
 * transaction that rests on it (store/as-known.ts): what is remembered here can be out of date and do no harm. Bounded, by number and by
 * octets; of what is too much, the oldest is forgotten.
 */
export class ZoneMemory {
  private readonly zones = new Recent<number, KnownZone>(MOST_ZONES)
  private readonly names = new Recent<string, KnownName>(MOST_NAMES, MOST_OCTETS)
  private readonly doubts = new Map<number, { misses: number; rest: number }>()
  private clock = 0

  /** Undefined for a zone that has to be looked at. */
  headOf(zoneId: number): ZoneRow | undefined {
    const doubt = this.doubts.get(zoneId)
    if (doubt !== undefined && doubt.rest-- > 0) return undefined
    return this.zones.get(zoneId)?.head
  }

  /** What is at a name; undefined where that is not known. */
  at(zoneId: number, name: Name): NameContents | undefined {
    const found = this.names.get(keyOf(zoneId, name))
    return found !== undefined && found.since === this.zones.get(zoneId)?.since ? found.contents : undefined
  }

  /** The zone was found or left so. `before` is what it was when the transaction began. */
  keep(before: Pick<ZoneRow, 'seq' | 'hash'>, head: ZoneRow): void {
    const known = this.zones.get(head.id)
    const isContinued =
      known !== undefined &&
      known.head.seq === before.seq &&
      Buffer.compare(known.head.hash, before.hash) === 0
    this.zones.set(head.id, { head, since: isContinued ? known.since : ++this.clock })
  }

  /** `contents` undefined: nothing is there. */
  keepName(zoneId: number, name: Name, contents: NameContents | undefined): void {
    const zone = this.zones.get(zoneId)
    const octets = octetsOf(contents)
    const key = keyOf(zoneId, name)
    if (zone === undefined || octets > MOST_OCTETS_OF_NAME) this.names.forget(key)
    else this.names.set(key, { since: zone.since, contents: copied(contents) }, octets)
  }

  /** Whether a batch of these zones could rest on what was remembered: each time that it could not makes it worth less to try. */
  tried(zoneIds: Iterable<number>, held: boolean): void {
    for (const zoneId of zoneIds)
      if (held) this.doubts.delete(zoneId)
      else {
        const misses = (this.doubts.get(zoneId)?.misses ?? 0) + 1
        if (this.doubts.size >= MOST_ZONES) this.doubts.clear()
        this.doubts.set(zoneId, { misses, rest: Math.min(LONGEST_REST, 2 ** misses - 2) })
      }
  }
}

const NOTHING: NameContents = new Map()

function octetsOf(contents: NameContents = NOTHING): number {
  let octets = ENTRY_OCTETS
  for (const { rdata } of contents.values())
    for (const value of rdata) octets += ENTRY_OCTETS / 4 + value.length
  return octets
}

/** In memory of its own: values are parts of messages, which may be parts of what was read at once. */
function copied(contents: NameContents | undefined): NameContents {
  if (contents === undefined) return NOTHING
  return new Map([...contents].map(([type, rrset]) => [type, copiedSet(rrset)]))
}

function copiedSet(rrset: RRset): RRset {
  // not of the pool, of which a small part would keep the whole
  const block = Buffer.allocUnsafeSlow(rrset.rdata.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  const rdata = rrset.rdata.map((value) => {
    block.set(value, end)
    end += value.length
    return block.subarray(end - value.length, end)
  })
  return { ...rrset, rdata }
}

const keyOf = (zoneId: number, name: Name): string => `${zoneId} ${name}`
