import { Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import { STOP_LIMIT_MS } from '../../shared/time-limits.ts'
import type { Evidence, FaultPeriod } from './checker/evidence.ts'
import type { Chronicle, CommandStory, Habit, Sending } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'
import { streamsCurrent } from './deployment/nats-leaders.ts'
import type { ServiceUnderFire } from './deployment/service.ts'
import type { FaultStory } from './fault-story.ts'
import type { RecoveryProbe } from './recovery.ts'

/** How long senders wait for an answer to the last copy before they give up, in ms; nobody waits for the probe's. */
const PATIENCE_MS: Readonly<Record<Habit, number>> = {
  nsupdate: 3_000,
  kea: 500,
  acme: 2_000,
  terraform: 2_000,
  probe: Number.POSITIVE_INFINITY,
}
/** An answer that has come is written down a little later. */
const SLACK_MS = 100

const REFUSALS: ReadonlySet<number> = new Set([Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTAUTH])

/** Everything is restarted in order, one after another, as an operator does it for a new version. */
export class RollingRestart {
  /** Services that did not end with status 0 within the limit. */
  readonly badEndings: string[] = []
  private readonly say: (line: string) => void

  constructor(say: (line: string) => void) {
    this.say = say
  }

  async run(deployment: Deployment, chronicle: Chronicle, probe: RecoveryProbe): Promise<FaultStory[]> {
    const { edges, writers, cluster, postgres } = deployment
    const all = edges.map(({ index }) => index)
    const stories: FaultStory[] = []
    const step = async (kind: string, what: string, restart: () => Promise<void>, edge?: number) => {
      const at = chronicle.now()
      await restart()
      const recoveredMs = await probe.recovered(all)
      stories.push({ kind, what, at, recoveredMs, over: chronicle.now(), edge })
      this.say(`${(at / 1_000).toFixed(1)} s: ${kind} (${what})`)
    }
    for (const { service, index } of edges)
      await step('edge restarted', service.name, () => this.restart(service), index)
    for (const { service } of writers)
      await step('writer restarted', service.name, () => this.restart(service))
    for (const node of cluster.nodes)
      await step('NATS server restarted', node.name, async () => {
        await node.stopInOrder()
        await node.start()
        await cluster.healthy()
        await streamsCurrent(deployment)
      })
    await step('Postgres restarted', 'primary', async () => {
      await postgres.stopInOrder()
      await postgres.restart()
    })
    return stories
  }

  private async restart(service: ServiceUnderFire): Promise<void> {
    const { status, ms } = await service.stop()
    if (status !== 0 || ms > STOP_LIMIT_MS)
      this.badEndings.push(`${service.name} ended with ${status} after ${ms.toFixed(0)} ms`)
    service.start()
    await service.ready()
  }
}

/**
 * What a rolling restart must not show: an error that is no decision, or an update without an answer. nsupdate asks so long that it must have one;
 * of others, who give up sooner, those count that had asked an edge which was there.
 */
export function disturbances({ commands, faults }: Pick<Evidence, 'commands' | 'faults'>): string[] {
  const restarts = faults.filter(({ edge }) => edge !== undefined)
  const refused = commands.flatMap(({ id, answers }) =>
    answers
      .filter(({ rcode }) => REFUSALS.has(rcode))
      .map(
        ({ at, edge, rcode }) => `${at.toFixed(0)} ms: edge-${edge} answered ${rcodeToText(rcode)} to ${id}`,
      ),
  )
  const lost = commands
    .filter((story) => isLost(story, restarts))
    .map(({ id, habit, sends, answers }) => {
      const when = `${sends[0]!.at.toFixed(0)} ms: ${id} of ${habit}`
      return answers.length === 0 ? `${when} was never answered` : `${when} was answered when nobody waited`
    })
  return [...refused, ...lost]
}

/** Its sender gave up, though it need not have. */
function isLost({ habit, sends, answers }: CommandStory, restarts: readonly FaultPeriod[]): boolean {
  const last = sends.at(-1)
  if (last === undefined) return false
  const end = last.at + PATIENCE_MS[habit] + SLACK_MS
  if (answers.some(({ at }) => at <= end)) return false
  return habit === 'nsupdate' || sends.some((sending) => wasThere(sending, PATIENCE_MS[habit], restarts))
}

/** The edge was not restarted while the sender waited. */
function wasThere({ edge, at }: Sending, waitMs: number, restarts: readonly FaultPeriod[]): boolean {
  return !restarts.some(
    (restart) =>
      restart.edge === edge && at <= (restart.over ?? Number.POSITIVE_INFINITY) && at + waitMs >= restart.at,
  )
}
