import type { Deployment } from '../deployment/deployment.ts'
import type { Random } from '../random.ts'
import type { Fault, FaultKind } from './fault.ts'

const NOTHING_TO_HEAL = async () => {}

function lines({ writers }: Deployment) {
  return writers.map(({ line }) => line)
}

/** Something done to the lines between writers and Postgres that is over by itself. */
function onLines(
  name: string,
  weight: number,
  act: (deployment: Deployment, random: Random) => void,
): FaultKind {
  return {
    name,
    weight,
    begin: async (deployment, random): Promise<Fault> => {
      act(deployment, random)
      return {
        what: 'lines of all writers',
        lastsMs: random.between(300, 1_500),
        heal: async () => {
          for (const line of lines(deployment)) line.calm()
        },
        othersTakeOver: false,
        edgesHit: [],
      }
    },
  }
}

export const POSTGRES_FAULTS: readonly FaultKind[] = [
  {
    name: 'Postgres stopped at once and restarted',
    weight: 2,
    begin: async ({ postgres }, random) => {
      await postgres.stopAtOnce()
      return {
        what: 'primary',
        lastsMs: random.between(100, 3_000),
        heal: () => postgres.restart(),
        othersTakeOver: false,
        edgesHit: [],
      }
    },
  },
  {
    name: 'a backend of Postgres killed',
    weight: 2,
    begin: async ({ postgres }) => {
      await postgres.killBackend()
      return { what: 'primary', lastsMs: 200, heal: NOTHING_TO_HEAL, othersTakeOver: false, edgesHit: [] }
    },
  },
  {
    name: 'Postgres paused',
    weight: 1,
    begin: async ({ postgres }, random) => {
      await postgres.pause()
      return {
        what: 'primary',
        lastsMs: random.between(200, 6_000),
        heal: () => postgres.resume(),
        othersTakeOver: false,
        edgesHit: [],
      }
    },
  },
  {
    name: 'standby promoted',
    weight: 1,
    isPossible: ({ postgres }) => postgres.hasStandby,
    begin: async (deployment) => {
      const { postgres } = deployment
      for (const line of lines(deployment)) line.die()
      await postgres.failOver()
      return {
        what: 'primary lost',
        lastsMs: 0,
        heal: async () => {
          for (const line of lines(deployment)) {
            line.target = postgres.port
            line.calm()
          }
        },
        afterwards: () => postgres.addStandby(),
        othersTakeOver: false,
        edgesHit: [],
      }
    },
  },
  onLines('connection cut after COMMIT was sent', 4, (deployment, random) => {
    for (const line of lines(deployment)) line.cutAfterCommits(1 + random.below(3))
  }),
  onLines('connection stalled after COMMIT was sent', 2, (deployment, random) => {
    for (const line of lines(deployment))
      line.stallAfterCommits(1 + random.below(2), random.between(500, 5_000))
  }),
  onLines('connections to Postgres cut', 2, (deployment, random) => random.pick(lines(deployment)).cut()),
]
