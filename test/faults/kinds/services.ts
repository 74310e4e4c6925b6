import type { Deployment } from '../deployment/deployment.ts'
import type { ServiceUnderFire } from '../deployment/service.ts'
import type { Random } from '../random.ts'
import type { Fault, FaultKind } from './fault.ts'

/** A module that sets the clock of a process apart, in ms, by this variable. */
const CLOCK = new URL('../clock.mjs', import.meta.url).href
const CLOCK_VARIABLE = 'CHAOS_CLOCK_OFFSET_MS'
const MOST_APART_MS = 400_000
/** By more than that a signature is not valid any more (RFC 8945: fudge). */
const FUDGE_MS = 300_000
/** Others have taken over by then, or a writer that was paused works again. */
const WRITER_AIM_MS = 3_000

function writer({ writers }: Deployment, random: Random): ServiceUnderFire {
  return random.pick(writers).service
}

async function startAgain(service: ServiceUnderFire): Promise<void> {
  service.start()
  await service.ready()
}

async function killed(
  service: ServiceUnderFire,
  random: Random,
  edgesHit: readonly number[],
): Promise<Fault> {
  await service.kill()
  return {
    what: service.name,
    lastsMs: random.between(200, 3_000),
    heal: () => startAgain(service),
    othersTakeOver: true,
    edgesHit,
  }
}

/** Long enough to be taken for dead at times, and to go on in the belief that nothing has happened. */
function paused(service: ServiceUnderFire, random: Random, edgesHit: readonly number[]): Fault {
  service.pause()
  return {
    what: service.name,
    lastsMs: random.between(100, 6_000),
    heal: async () => service.resume(),
    othersTakeOver: false, // Postgres keeps the locks of a process that is there
    edgesHit,
  }
}

/** In ms, before or behind: every other one so far that signatures are not valid. */
function clockOffset(random: Random): number {
  const apart = random.between(random.chance(0.5) ? FUDGE_MS : 0, MOST_APART_MS)
  return Math.round(random.chance(0.5) ? apart : -apart)
}

async function withOtherClock(
  service: ServiceUnderFire,
  random: Random,
  edgesHit: readonly number[],
): Promise<Fault> {
  const offset = clockOffset(random)
  await service.kill()
  service.start({ nodeOptions: ['--import', CLOCK], environment: { [CLOCK_VARIABLE]: String(offset) } })
  await service.ready()
  return {
    what: `${service.name} by ${Math.round(offset / 1_000)} s`,
    lastsMs: random.between(2_000, 5_000),
    heal: async () => {
      await service.kill()
      await startAgain(service)
    },
    othersTakeOver: false,
    edgesHit,
    clockMs: offset,
  }
}

export const SERVICE_FAULTS: readonly FaultKind[] = [
  {
    name: 'writer killed',
    weight: 4,
    aimMs: WRITER_AIM_MS,
    begin: async (deployment, random) => await killed(writer(deployment, random), random, []),
  },
  {
    name: 'writer paused',
    weight: 2,
    aimMs: WRITER_AIM_MS,
    begin: async (deployment, random) => paused(writer(deployment, random), random, []),
  },
  {
    name: 'edge killed',
    weight: 3,
    begin: async ({ edges }, random) => {
      const { service, index } = random.pick(edges)
      return await killed(service, random, [index])
    },
  },
  {
    name: 'edge paused',
    weight: 2,
    begin: async ({ edges }, random) => {
      const { service, index } = random.pick(edges)
      return paused(service, random, [index])
    },
  },
  {
    name: 'clock of an edge set apart',
    weight: 1,
    hits: 'answers with BADTIME',
    begin: async ({ edges }, random) => {
      const { service, index } = random.pick(edges)
      return await withOtherClock(service, random, [index])
    },
  },
  {
    name: 'clock of a writer set apart',
    weight: 1,
    hits: 'commands past their deadline',
    begin: async (deployment, random) => await withOtherClock(writer(deployment, random), random, []),
  },
]
