import { type Name, nameOf } from '../../shared/dns/name.ts'
import { shown } from '../clients/contest.ts'
import { Dice, type RandomUpdate, RandomUpdates } from '../clients/random-updates.ts'
import { newId } from '../support/dns-client.ts'
import { type AgreedDifference, onlyOrderDiffers } from './differences.ts'
import { comparable, type Oracle, type Reply, SideBySide } from './side-by-side.ts'

// The same octets go to zonelog and to another server; rcode and serial afterwards must be the same after each message, and the
// whole zone after every so many.

export const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 4294967200 3600 600 86400 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.53
ns2 A 192.0.2.54
a A 192.0.2.1
a TXT "one"
c CNAME a
cut NS ns.other.example.
`
/** Rcode and serial are compared after each message, so a difference shows at once unless both change, each otherwise. */
const WHOLE_ZONE_EVERY = 20
/** Enough to see what is wrong. */
const MOST_FAILURES = 50
export const ORDER = 'a prerequisite is looked at before the update section'

export interface RaceOptions {
  readonly seed: number
  readonly messages: number
  /** At a time; messages of one zone follow each other. */
  readonly zones: number
  readonly agreed: readonly AgreedDifference[]
  /** Those of the records that messages add. */
  readonly ttls?: readonly number[]
  /** Messages that the other server cannot stand. */
  readonly spared?: (message: RandomUpdate, zone: Name) => boolean
  /** After how many messages whole zones are compared. */
  readonly every?: number
  readonly startOracle: (zones: readonly Name[], zoneFile: string) => Promise<Oracle>
}

export interface RaceReport {
  readonly messages: number
  readonly rcodes: ReadonlyMap<string, number>
  /** How often each agreed difference was met. */
  readonly differences: ReadonlyMap<string, number>
  /** Those that are not agreed: the messages in full, with the seed of their zone and the records that differ. */
  readonly failures: readonly string[]
}

interface Tally extends RaceReport {
  messages: number
  readonly rcodes: Map<string, number>
  readonly differences: Map<string, number>
  readonly failures: string[]
}

/** After a difference, agreed or not, both are made the same again and go on. */
export async function race(options: RaceOptions): Promise<RaceReport> {
  const names = Array.from({ length: options.zones }, (_, index) => nameOf(`diff${index}.example.`))
  const sides = await SideBySide.start(names, ZONE_FILE, options.startOracle)
  const tally: Tally = { messages: 0, rcodes: new Map(), differences: new Map(), failures: [] }
  const share = Math.ceil(options.messages / options.zones)
  const lanes = names.map((zone, index) => new Lane(sides, zone, options.seed + index, options, tally))
  const ends = await Promise.allSettled(lanes.map((lane) => lane.run(share)))
  await sides.close()
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return tally
}

/** One zone's messages, one after another. */
class Lane {
  private readonly sides: SideBySide
  private readonly zone: Name
  private readonly seed: number
  private readonly options: RaceOptions
  private readonly tally: Tally
  /** Messages since both zones were seen to be the same. */
  private recent: string[] = []

  constructor(sides: SideBySide, zone: Name, seed: number, options: RaceOptions, tally: Tally) {
    this.sides = sides
    this.zone = zone
    this.seed = seed
    this.options = options
    this.tally = tally
  }

  async run(messages: number): Promise<void> {
    const updates = new RandomUpdates(new Dice(this.seed), this.zone, this.options.ttls)
    const every = this.options.every ?? WHOLE_ZONE_EVERY
    let serial: number = await this.sides.serial(this.zone)
    for (let index = 1; index <= messages && this.tally.failures.length < MOST_FAILURES; index++) {
      const message = updates.next(newId(), serial)
      if (this.options.spared?.(message, this.zone)) continue
      serial = await this.judge(message, index % every === 0 || index === messages, index)
    }
  }

  /** The serial afterwards. */
  private async judge(message: RandomUpdate, wholeZone: boolean, index: number): Promise<number> {
    const { agreed } = this.options
    const replies = await this.sides.ask(this.zone, message.bytes)
    const [ours, theirs] = replies
    this.tally.messages++
    count(this.tally.rcodes, ours.rcode)
    this.recent.push(account(`seed ${this.seed}, message ${index}`, message, replies))
    const excuses = agreed.filter((difference) => difference.applies(message, this.zone))
    const same = ours.rcode === theirs.rcode && ours.serial === theirs.serial
    if (same && excuses.length === 0 && !wholeZone) return ours.serial
    const differing = await this.differing()
    if (!same || differing.length > 0) {
      const rcodes = { ours: ours.rcode, theirs: theirs.rcode }
      const excuse = excuses.find(({ types }) => types === undefined || concernsOnly(types, differing))
      if (excuse !== undefined) count(this.tally.differences, excuse.title)
      else if (differing.length === 0 && onlyOrderDiffers(rcodes, message, this.zone))
        count(this.tally.differences, ORDER)
      else this.tally.failures.push([...this.recent, ...differing].join('\n'))
    }
    this.recent = []
    if (ours.serial === theirs.serial && differing.length === 0) return ours.serial
    await this.sides.align(this.zone)
    return await this.sides.serial(this.zone)
  }

  /** Records that only one of the two has. */
  private async differing(): Promise<string[]> {
    const zones = await this.sides.contents(this.zone)
    const [ours, theirs] = zones.map((records) => new Set(records.map(comparable))) as [
      Set<string>,
      Set<string>,
    ]
    return [
      ...[...ours.difference(theirs)].map((line) => `  only ours: ${line}`),
      ...[...theirs.difference(ours)].map((line) => `  only theirs: ${line}`),
    ]
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Apart from the SOA. */
function concernsOnly(types: readonly string[], differing: readonly string[]): boolean {
  return differing.every((line) => [...types, 'SOA'].includes(/ IN (\S+)/.exec(line)?.[1] ?? ''))
}

function account(
  title: string,
  { prerequisites, updates }: RandomUpdate,
  [ours, theirs]: readonly [Reply, Reply],
): string {
  return [
    title,
    ...prerequisites.map((record) => `  prerequisite ${shown(record)}`),
    ...updates.map((record) => `  update ${shown(record)}`),
    `  ours ${ours.rcode}, serial ${ours.serial}; theirs ${theirs.rcode}, serial ${theirs.serial}`,
  ].join('\n')
}
