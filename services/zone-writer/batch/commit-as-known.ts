import type { Name } from '../../../shared/dns/name.ts'
import { RESEND_LOOK_BACK_MS } from '../../../shared/time-limits.ts'
import type { Period } from '../../../shared/tracing/tracing.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import type { PublishedRanges } from '../publish/published-ranges.ts'
import { isAsKnown, judgingKnown } from '../store/as-known.ts'
import { BatchTransaction, type CommitPool } from '../store/batch-transaction.ts'
import type { Wanted } from '../store/recorded.ts'
import { onlyAsKnown, type Statement } from '../store/statement.ts'
import { namesInUse } from './batch-names.ts'
import type { CommittedBatch } from './commit-batch.ts'
import { type DecidedBatch, decideBatch, type LockedZone } from './decide-batch.ts'
import type { ReadCommand } from './read-commands.ts'
import { lastEvents, recordPlaces, storing } from './storing.ts'
import type { ZoneMemory } from './zone-memory.ts'

type Names = ReadonlyMap<number, ReadonlySet<Name>>

export interface KnownBatch {
  readonly memory: ZoneMemory
  readonly published: PublishedRanges | undefined
  readonly now: () => number
  /** Throws where something else has locked a zone. */
  readonly atOnce: boolean
}

/**
 * Decides a batch on what is remembered of its zones, without a look, and commits it in one round trip, if all is as it was remembered: the
 * transaction judges that itself, under the zones' locks. Undefined where it is not, or too little is remembered: nothing was done.
 */
export async function commitAsKnown(
  pool: CommitPool,
  batch: KnownBatch,
  commands: readonly ReadCommand[],
  names: Names,
): Promise<CommittedBatch | undefined> {
  const { memory, published } = batch
  const recalled = recall(memory, commands, names)
  if (recalled === undefined) return undefined
  const made: { attempt?: Attempt | undefined } = {}
  const results = await BatchTransaction.alone(pool, () => {
    made.attempt = decideOn(recalled, commands, batch)
    return made.attempt?.statements
  })
  if (made.attempt === undefined || results === undefined) return undefined
  const isHeld = results !== 'in-the-way' && isAsKnown(results)
  memory.tried(names.keys(), isHeld)
  if (!isHeld) return undefined
  const { result, decided } = made.attempt
  recordPlaces(published, results.at(-1))
  remember(memory, recalled.zones, result, names)
  return { ...result, decided, left: [] }
}

interface Attempt {
  readonly result: DecidedBatch
  readonly decided: Period
  readonly statements: readonly Statement[]
}

/** Undefined where there is nothing to commit, or something that needs a look. */
function decideOn(
  { zones, absent }: Recalled,
  commands: readonly ReadCommand[],
  { published, now, atOnce }: KnownBatch,
): Attempt | undefined {
  const from = performance.now()
  const time = now()
  const result = decideBatch(zones, [], commands, time)
  const decided = { from, to: performance.now() }
  if (result.events.length === 0 || result.resent.length > 0) return undefined
  const judging = judgingKnown({
    zones: [...zones.values()].map(({ head }) => head),
    wanted: wantedOf(commands),
    absent,
    holdsMs: untilDeadline(commands, time),
    atOnce,
  })
  return {
    result,
    decided,
    statements: [...judging, ...storing(zones, result, commands, published).map(onlyAsKnown)],
  }
}

const LONG_MS = 3_600_000

/** Of those commands that were not too late when they were decided. */
function untilDeadline(commands: readonly ReadCommand[], now: number): number {
  return commands.reduce(
    (least, { command: { deadline } }) => (now > deadline ? least : Math.min(least, deadline - now)),
    LONG_MS,
  )
}

interface Recalled {
  readonly zones: ReadonlyMap<number, LockedZone>
  readonly absent: readonly { readonly zoneId: number; readonly name: Name }[]
}

/** The zones as they were left. Names that are not remembered are taken for unused, unless somebody seems to know better. */
function recall(memory: ZoneMemory, commands: readonly ReadCommand[], names: Names): Recalled | undefined {
  const zones = new Map<number, LockedZone>()
  const absent: { zoneId: number; name: Name }[] = []
  const inUse = namesInUse(commands)
  for (const [zoneId, wanted] of names) {
    const head = memory.headOf(zoneId)
    if (head === undefined) return undefined
    const contents = new ZoneContents(head.name)
    for (const name of wanted) {
      const known = memory.at(zoneId, name)
      if (known !== undefined) for (const rrset of known.values()) contents.put(rrset)
      else if (name === head.name || inUse.get(zoneId)?.has(name)) return undefined
      else absent.push({ zoneId, name })
    }
    zones.set(zoneId, { head, contents })
  }
  return { zones, absent }
}

/** After the commit: how the batch left its zones. Those that are looked at all the same are not remembered. */
export function remember(
  memory: ZoneMemory,
  zones: ReadonlyMap<number, LockedZone>,
  result: DecidedBatch,
  names: Names,
): void {
  const last = lastEvents(result)
  for (const [zoneId, { head, contents, leases }] of zones) {
    if (head.deleted || leases !== undefined) continue
    const event = last.get(zoneId)
    const recordCount = result.recordCounts.get(zoneId)!
    const moved = event && { seq: event.seq, serial: event.serialAfter, hash: event.hash, recordCount }
    memory.keep(head, { ...head, ...moved })
    for (const name of names.get(zoneId) ?? []) memory.keepName(zoneId, name, contents.at(name))
  }
}

/** By what the commands of a batch may be known already. */
export function wantedOf(commands: readonly ReadCommand[]): Wanted {
  return {
    commandIds: commands.map(({ command }) => command.id),
    fingerprints: commands.map(({ command }) => command.fingerprint),
    since: Math.min(...commands.map(({ queuedAt }) => queuedAt)) - RESEND_LOOK_BACK_MS,
    signedDigests: commands.flatMap(({ mark }) => (mark === undefined ? [] : [mark.digest])),
  }
}
