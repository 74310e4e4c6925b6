import { Rcode } from '../../shared/dns/codes.ts'
import type { CommandStory, EdgeStart, Habit } from './clients/stories.ts'
import type { FaultStory } from './fault-story.ts'

/** How long a client that re-sends waits for each answer, in ms. */
const WAIT_MS: Partial<Record<Habit, number>> = { nsupdate: 3_000, kea: 500 }

/** How clients of killed edges fared whose first re-send went to another edge. */
export interface FirstReSends {
  readonly sent: number
  /** Decided, and answered by that edge before the client sent once more or gave up. */
  readonly served: number
  readonly servfail: number
  /** No answer by then; datagrams that the bad weather lost or held up are among these. */
  readonly silent: number
}

/**
 * Of commands that were first sent to an edge that was dead, or that died before it answered, and that were sent again only after it
 * had died. Pure.
 */
export function firstReSends(
  commands: readonly CommandStory[],
  faults: readonly FaultStory[],
  edgeStarts: readonly EdgeStart[],
): FirstReSends {
  const deaths = faults
    .filter(({ kind, edge }) => kind === 'edge killed' && edge !== undefined)
    .map(({ edge, at }) => {
      const next = edgeStarts.filter((start) => start.edge === edge && start.at > at)
      return { edge, at, until: Math.min(...next.map((start) => start.at)) }
    })
  const fates = commands.flatMap((story) => {
    const [first, again] = story.sends
    if (first === undefined || again === undefined || first.edge === again.edge) return []
    const isHit = deaths.some(
      ({ edge, at, until }) => edge === first.edge && first.at < until && at < again.at,
    )
    return isHit ? (fateOf(story) ?? []) : []
  })
  const count = (fate: Fate) => fates.filter((one) => one === fate).length
  return { sent: fates.length, served: count('served'), servfail: count('servfail'), silent: count('silent') }
}

type Fate = 'served' | 'servfail' | 'silent'

/** Undefined where its client does not send again. */
function fateOf({ habit, sends, answers }: CommandStory): Fate | undefined {
  const waitMs = WAIT_MS[habit]
  if (waitMs === undefined) return undefined
  const again = sends[1]!
  const end = sends[2]?.at ?? again.at + waitMs
  const answer = answers.find(({ at, edge }) => edge === again.edge && at > again.at && at <= end)
  if (answer === undefined) return 'silent'
  return answer.rcode === Rcode.SERVFAIL ? 'servfail' : 'served'
}
