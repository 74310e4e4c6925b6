import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { COMMAND_TTL_MS } from '../../shared/time-limits.ts'
import { check } from './checker/check.ts'
import type { Evidence, Violation } from './checker/evidence.ts'
import { Load } from './clients/load.ts'
import { Chronicle } from './clients/stories.ts'
import { collect } from './collect.ts'
import { Deployment, type DeploymentOptions } from './deployment/deployment.ts'
import type { FaultStory } from './fault-story.ts'
import { ALL_FAULTS, type Burnt, type FireOptions, underFire } from './fire.ts'
import { Follower, follow } from './follower.ts'
import type { FaultKind } from './kinds/fault.ts'
import { changeWeather } from './kinds/network.ts'
import { Random } from './random.ts'
import { RecoveryProbe } from './recovery.ts'
import { type Counted, type Report, reportOf } from './report.ts'
import { followStored } from './stored-commands.ts'

export interface ChaosOptions extends Partial<Omit<DeploymentOptions, 'seed'>> {
  readonly seed: number
  readonly seconds: number
  readonly clients: number
  /** Mean time between an answer and a client's next update, in ms. */
  readonly thinkMs: number
  readonly kinds?: readonly FaultKind[]
  /** Mean time between a recovery and the next fault, in ms. */
  readonly pauseMs?: number
  /** After so many faults there is none for a while; never where left out. */
  readonly calmEvery?: number
  /** How long a command may wait to be decided. */
  readonly commandTtlMs?: number
  readonly say: (line: string) => void
  /** What happens instead of faults and bad weather; it is over when that is. */
  readonly script?: (
    deployment: Deployment,
    chronicle: Chronicle,
    probe: RecoveryProbe,
  ) => Promise<FaultStory[]>
  /** Where the logs of all processes are kept. */
  readonly logs?: string
}

/** A deployment under load and fire for so long; then everything is put right, collected and checked. */
export async function runChaos(options: ChaosOptions): Promise<{ report: Report; evidence: Evidence }> {
  const { seed, seconds, say, commandTtlMs = COMMAND_TTL_MS } = options
  const deployment = await Deployment.start({
    edges: 3,
    writers: 3,
    natsNodes: 3,
    zones: 6,
    standby: true,
    ...options,
    environment: { ZONELOG_COMMAND_TTL_MS: String(commandTtlMs), ...options.environment },
  })
  try {
    say(`the deployment is up in ${deployment.folder}`)
    const chronicle = new Chronicle()
    for (const { service, index } of deployment.edges)
      service.onStart = () => chronicle.edgeStarts.push({ edge: index, at: chronicle.now() })
    const stored = await followStored(deployment, chronicle)
    const { faults, failure, followers } = await burn(deployment, chronicle, options)
    const run = { seed, commandTtlMs, faults, stored }
    const evidence = await collect(deployment, chronicle, followers, run)
    const violations: Violation[] = check(evidence)
    return {
      report: reportOf(evidence, faults, seconds, violations, counted(deployment, followers, failure)),
      evidence,
    }
  } finally {
    if (options.logs !== undefined) await keepLogs(deployment.folder, options.logs)
    await deployment.close()
  }
}

function counted(
  { edges, writers, cluster }: Deployment,
  followers: readonly Follower[],
  failure: string | undefined,
): Counted {
  return {
    ...(failure === undefined ? {} : { failure }),
    weather: sums(edges.map(({ proxy }) => proxy.counts)),
    natsStartedAgain: cluster.startedAgain,
    failedStarts: [...edges, ...writers].flatMap(({ service }) => service.failedStarts),
    transfers: sums(followers.map(({ counts }) => counts)),
  }
}

/** By name. */
function sums<T extends Record<string, number>>(all: readonly T[]): T {
  const names = Object.keys(all[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, all.reduce((sum, one) => sum + one[name]!, 0)])) as T
}

async function burnAtRandom(
  deployment: Deployment,
  chronicle: Chronicle,
  probe: RecoveryProbe,
  fire: FireOptions,
  seed: number,
): Promise<Burnt> {
  let isOver = false
  const weather = changeWeather(deployment, Random.of(seed, 'weather'), () => isOver)
  const burnt = await underFire(deployment, chronicle, probe, fire)
  isOver = true
  await weather
  return burnt
}

/** Of the folder and those in it; deeper ones are the servers' own, and change while they are read. */
async function keepLogs(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const folders = (await readdir(from, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  for (const folder of [from, ...folders.map(({ name }) => join(from, name))])
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile() && entry.name.endsWith('.log'))
        await cp(join(folder, entry.name), join(to, entry.name))
}

async function burn(deployment: Deployment, chronicle: Chronicle, options: ChaosOptions) {
  const { seed, seconds, clients, thinkMs, kinds = ALL_FAULTS, pauseMs = 450, calmEvery, say } = options
  let end = performance.now() + seconds * 1_000
  const isOver = () => performance.now() > end
  const followers = deployment.zones.map(({ name }) => new Follower(name))
  const probe = await RecoveryProbe.open(deployment, chronicle, seed)
  const load = await Load.start(deployment, chronicle, { clients, thinkMs, seed })
  const following = follow(followers, deployment, Random.of(seed, 'follower'), isOver)
  const burnt = await (options.script === undefined
    ? burnAtRandom(
        deployment,
        chronicle,
        probe,
        {
          ...{ kinds, random: Random.of(seed, 'faults'), isOver, pauseMs, say },
          ...(calmEvery === undefined ? {} : { calmEvery }),
        },
        seed,
      )
    : options.script(deployment, chronicle, probe).then((faults): Burnt => ({ faults })))
  end = 0
  await following
  await load.stop()
  probe.close()
  return { ...burnt, followers }
}
