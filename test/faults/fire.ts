import { setTimeout as delay } from 'node:timers/promises'
import { AFTER_FAULT_MS } from './checker/excuses.ts'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'
import type { FaultStory } from './fault-story.ts'
import { FaultBag } from './kinds/bag.ts'
import { DISK_FAULTS } from './kinds/disk.ts'
import type { Fault, FaultKind } from './kinds/fault.ts'
import { LINE_FAULTS } from './kinds/lines.ts'
import { NATS_FAULTS } from './kinds/nats.ts'
import { POSTGRES_FAULTS } from './kinds/postgres.ts'
import { SERVICE_FAULTS } from './kinds/services.ts'
import { Random } from './random.ts'
import type { RecoveryProbe } from './recovery.ts'

export const ALL_FAULTS: readonly FaultKind[] = [
  ...SERVICE_FAULTS,
  ...NATS_FAULTS,
  ...POSTGRES_FAULTS,
  ...LINE_FAULTS,
  ...DISK_FAULTS,
]

export interface FireOptions {
  readonly kinds: readonly FaultKind[]
  readonly random: Random
  readonly isOver: () => boolean
  /** Mean time between a recovery and the next fault, in ms. */
  readonly pauseMs: number
  /** After so many faults there is none for {@link CALM_MS}, and in the end where there were not so many; never where left out. */
  readonly calmEvery?: number
  readonly say: (line: string) => void
}

/** A ninth of the time of a long run. */
export const CALM_EVERY = 16
/** Some 10 s of it are beyond every excuse that an edge has for refusing updates, so that one which refuses for ever is seen. */
const CALM_MS = AFTER_FAULT_MS + 10_000

/** What it came to; `failure` where the harness itself failed, and ended before it was time. */
export interface Burnt {
  readonly faults: readonly FaultStory[]
  readonly failure?: string
}

/** One fault after another, until it is over. Everything is put right before it returns, and what was seen until a failure is not lost. */
export async function underFire(
  deployment: Deployment,
  chronicle: Chronicle,
  probe: RecoveryProbe,
  { kinds, random, isOver, pauseMs, calmEvery = Number.POSITIVE_INFINITY, say }: FireOptions,
): Promise<Burnt> {
  // apart from what faults draw: that may depend on what goes on
  const bag = new FaultBag(kinds, new Random(random.below(0x1_0000_0000)))
  const stories: FaultStory[] = []
  while (!isOver()) {
    const kind = bag.draw(({ isPossible }) => isPossible?.(deployment) ?? true)
    const at = chronicle.now()
    try {
      const story = await suffered(kind, { deployment, chronicle, probe, random })
      stories.push(story)
      say(`${(at / 1_000).toFixed(1)} s: ${kind.name} (${story.what}), ${recovery(story)}`)
    } catch (error) {
      const failure = `${kind.name} failed at ${at.toFixed(0)} ms, and the run ended: ${String((error as Error).stack)}`
      say(failure)
      // never over: what edges refuse from then on may be due to it
      const story = { kind: kind.name, what: 'the harness failed', at, recoveredMs: undefined }
      return { faults: [...stories, story], failure }
    }
    const pause = random.between(0.2 * pauseMs, 1.8 * pauseMs)
    await delay(stories.length % calmEvery === 0 ? CALM_MS : pause)
  }
  if (stories.length < calmEvery && calmEvery < Number.POSITIVE_INFINITY) await delay(CALM_MS)
  return { faults: stories }
}

interface Scene {
  readonly deployment: Deployment
  readonly chronicle: Chronicle
  readonly probe: RecoveryProbe
  readonly random: Random
}

async function suffered(
  { name, aimMs, hits = 'commands under way', begin }: FaultKind,
  { deployment, chronicle, probe, random }: Scene,
): Promise<FaultStory> {
  const at = chronicle.now()
  const fault = await begin(deployment, random)
  const times = await endured(fault, deployment, probe)
  const until = chronicle.now()
  const [edge, counted] = [fault.edgesHit[0], fault.counted?.()]
  await fault.afterwards?.()
  return {
    kind: name,
    what: fault.what,
    at,
    until,
    ...times,
    back: fault.back?.what,
    aimMs,
    edge,
    hits,
    counted,
    over: chronicle.now(),
    clockMs: fault.clockMs,
    mayLose: fault.mayLose,
  }
}

function recovery({ recoveredMs, backMs, back }: FaultStory): string {
  if (recoveredMs === undefined) return 'NOT RECOVERED'
  const others = backMs === undefined ? '' : `, ${back} after ${(backMs / 1_000).toFixed(2)} s`
  return `recovered in ${(recoveredMs / 1_000).toFixed(2)} s${others}`
}

type Times = Pick<FaultStory, 'recoveredMs' | 'backMs'>

async function endured(fault: Fault, deployment: Deployment, probe: RecoveryProbe): Promise<Times> {
  const all = deployment.edges.map(({ index }) => index)
  const healthy = all.filter((index) => !fault.edgesHit.includes(index))
  if (fault.othersTakeOver) {
    const [times] = await Promise.all([
      recovered(fault, healthy, probe),
      delay(fault.lastsMs).then(() => fault.heal()),
    ])
    return times
  }
  await delay(fault.lastsMs)
  await fault.heal()
  return await recovered(fault, all, probe)
}

async function recovered(fault: Fault, edges: readonly number[], probe: RecoveryProbe): Promise<Times> {
  const since = performance.now()
  const back = fault.back?.isThere().then(() => performance.now() - since)
  const [recoveredMs, backMs] = await Promise.all([probe.recovered(edges), back])
  return { recoveredMs, backMs }
}
