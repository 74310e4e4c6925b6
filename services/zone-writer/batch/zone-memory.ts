import type { Name } from '../../../shared/dns/name.ts'
import type { NameContents } from '../../../shared/zone-contents.ts'
import type { ZoneRow } from '../store/zones.ts'

const MOST_ZONES = 10_000
const MOST_NAMES = 20_000
/** So many batches at most are decided with a look before another is tried without. */
const LONGEST_REST = 64

interface KnownZone {
  readonly head: ZoneRow
  /** What is known of its names is of this time; a zone that was changed by somebody else gets another. */
  readonly since: number
}

/**
 * What this writer left zones as, so that it need not look at them again before it decides. Whether they are still so is judged by the
 * transaction that rests on it (store/as-known.ts): what is remembered here can be out of date and do no harm.
 */
export class ZoneMemory {
  private readonly zones = new Map<number, KnownZone>()
  private readonly names = new Map<string, { readonly since: number; readonly contents: NameContents }>()
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
    this.zones.delete(head.id)
    this.zones.set(head.id, { head, since: isContinued ? known.since : ++this.clock })
    shorten(this.zones, MOST_ZONES)
  }

  /** `contents` undefined: nothing is there. */
  keepName(zoneId: number, name: Name, contents: NameContents | undefined): void {
    const zone = this.zones.get(zoneId)
    if (zone === undefined) return
    const key = keyOf(zoneId, name)
    this.names.delete(key)
    this.names.set(key, { since: zone.since, contents: copied(contents) })
    shorten(this.names, MOST_NAMES)
  }

  /** Whether a batch of these zones could rest on what was remembered: each time that it could not makes it worth less to try. */
  tried(zoneIds: Iterable<number>, held: boolean): void {
    for (const zoneId of zoneIds)
      if (held) this.doubts.delete(zoneId)
      else {
        const misses = (this.doubts.get(zoneId)?.misses ?? 0) + 1
        this.doubts.set(zoneId, { misses, rest: Math.min(LONGEST_REST, 2 ** misses - 2) })
        shorten(this.doubts, MOST_ZONES)
      }
  }
}

const NOTHING: NameContents = new Map()

/** In memory of its own: values are parts of messages, which may be parts of what was read at once. */
function copied(contents: NameContents | undefined): NameContents {
  if (contents === undefined) return NOTHING
  return new Map(
    [...contents].map(([type, rrset]) => [
      type,
      { ...rrset, rdata: rrset.rdata.map((value) => Buffer.from(value)) },
    ]),
  )
}

const keyOf = (zoneId: number, name: Name): string => `${zoneId} ${name}`

function shorten(map: Map<unknown, unknown>, most: number): void {
  for (const [oldest] of map) {
    if (map.size <= most) return
    map.delete(oldest)
  }
}
