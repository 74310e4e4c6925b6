import type { Deployment } from '../deployment/deployment.ts'
import { postgresCommits } from '../deployment/postgres-commits.ts'
import type { Back, FaultKind } from './fault.ts'
import { linesOf } from './lines.ts'

/** Updates flow again so soon after Postgres commits. */
export const AIM_MS = 2_000

const NOTHING_TO_HEAL = async () => {}

export const postgresBack = (deployment: Deployment): Back => ({
  what: 'Postgres committed',
  isThere: () => postgresCommits(deployment),
})

export const POSTGRES_FAULTS: readonly FaultKind[] = [
  {
    name: 'Postgres stopped at once and restarted',
    weight: 2,
    aimMs: AIM_MS,
    begin: async (deployment, random) => {
      const { postgres } = deployment
      await postgres.stopAtOnce()
      return {
        what: 'primary',
        lastsMs: random.between(100, 3_000),
        heal: () => postgres.restart(),
        othersTakeOver: false,
        back: postgresBack(deployment),
        edgesHit: [],
      }
    },
  },
  {
    name: 'a backend of Postgres killed',
    weight: 2,
    aimMs: AIM_MS,
    begin: async (deployment) => {
      const { postgres } = deployment
      await postgres.killBackend()
      return {
        what: 'primary',
        lastsMs: 0,
        heal: NOTHING_TO_HEAL,
        othersTakeOver: false,
        back: postgresBack(deployment),
        edgesHit: [],
      }
    },
  },
  {
    name: 'Postgres paused',
    weight: 1,
    aimMs: AIM_MS,
    begin: async (deployment, random) => {
      const { postgres } = deployment
      await postgres.pause()
      return {
        what: 'primary',
        lastsMs: random.between(200, 6_000),
        heal: () => postgres.resume(),
        othersTakeOver: false,
        back: postgresBack(deployment),
        edgesHit: [],
      }
    },
  },
  {
    name: 'standby promoted',
    weight: 1,
    aimMs: AIM_MS,
    isPossible: ({ postgres }) => postgres.hasStandby,
    begin: async (deployment) => {
      const { postgres } = deployment
      for (const line of linesOf(deployment)) line.die()
      await postgres.failOver()
      return {
        what: 'primary lost',
        lastsMs: 0,
        heal: async () => {
          for (const line of linesOf(deployment)) {
            line.target = postgres.port
            line.calm()
          }
        },
        afterwards: () => postgres.addStandby(),
        othersTakeOver: false,
        back: postgresBack(deployment),
        edgesHit: [],
      }
    },
  },
]
