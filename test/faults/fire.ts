import { setTimeout as delay } from 'node:timers/promises'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'
import { DISK_FAULTS } from './kinds/disk.ts'
import type { Fault, FaultKind } from './kinds/fault.ts'
import { NATS_FAULTS } from './kinds/nats.ts'
import { POSTGRES_FAULTS } from './kinds/postgres.ts'
import { SERVICE_FAULTS } from './kinds/services.ts'
import type { Random } from './random.ts'
import type { RecoveryProbe } from './recovery.ts'

export const ALL_FAULTS: readonly FaultKind[] = [
  ...SERVICE_FAULTS,
  ...NATS_FAULTS,
  ...POSTGRES_FAULTS,
  ...DISK_FAULTS,
]

/** A fault as it went, in ms since the run began. */
export interface FaultStory {
  readonly kind: string
  readonly what: string
  readonly at: number
  /** From the moment that others could take over, or that it was put right; undefined: never. */
  readonly recoveredMs: number | undefined
  /** From then until what was lost was there again, where others decide how long that takes. */
  readonly backMs?: number | undefined
}

export interface FireOptions {
  readonly kinds: readonly FaultKind[]
  readonly random: Random
  readonly isOver: () => boolean
  /** Mean time between a recovery and the next fault, in ms. */
  readonly pauseMs: number
  readonly say: (line: string) => void
}

/** One fault after another, until it is over. Everything is put right before it returns. */
export async function underFire(
  deployment: Deployment,
  chronicle: Chronicle,
  probe: RecoveryProbe,
  { kinds, random, isOver, pauseMs, say }: FireOptions,
): Promise<FaultStory[]> {
  const stories: FaultStory[] = []
  while (!isOver()) {
    const kind = draw(kinds, deployment, random)
    const at = chronicle.now()
    const fault = await kind.begin(deployment, random)
    const times = await endured(fault, deployment, probe)
    await fault.afterwards?.()
    stories.push({ kind: kind.name, what: fault.what, at, ...times })
    say(`${(at / 1_000).toFixed(1)} s: ${kind.name} (${fault.what}), ${recovery(times)}`)
    await delay(random.between(0.2 * pauseMs, 1.8 * pauseMs))
  }
  return stories
}

type Times = Pick<FaultStory, 'recoveredMs' | 'backMs'>

function recovery({ recoveredMs, backMs }: Times): string {
  if (recoveredMs === undefined) return 'NOT RECOVERED'
  const back = backMs === undefined ? '' : `, NATS had its leaders after ${(backMs / 1_000).toFixed(2)} s`
  return `recovered in ${(recoveredMs / 1_000).toFixed(2)} s${back}`
}

function draw(kinds: readonly FaultKind[], deployment: Deployment, random: Random): FaultKind {
  const possible = kinds.filter(({ isPossible }) => isPossible?.(deployment) ?? true)
  const total = possible.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.between(0, total)
  for (const kind of possible) {
    left -= kind.weight
    if (left < 0) return kind
  }
  return possible.at(-1)!
}

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
  const back = fault.isBack?.().then(() => performance.now() - since)
  const [recoveredMs, backMs] = await Promise.all([probe.recovered(edges), back])
  return { recoveredMs, backMs }
}
