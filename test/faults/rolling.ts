import { Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import { STOP_LIMIT_MS } from '../../shared/time-limits.ts'
import type { Evidence } from './checker/evidence.ts'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'
import type { ServiceUnderFire } from './deployment/service.ts'
import type { FaultStory } from './fault-story.ts'
import type { RecoveryProbe } from './recovery.ts'

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
    const step = async (kind: string, what: string, restart: () => Promise<void>) => {
      const at = chronicle.now()
      await restart()
      const recoveredMs = await probe.recovered(all)
      stories.push({ kind, what, at, recoveredMs, over: chronicle.now() })
      this.say(`${(at / 1_000).toFixed(1)} s: ${kind} (${what})`)
    }
    for (const { service } of edges) await step('edge restarted', service.name, () => this.restart(service))
    for (const { service } of writers)
      await step('writer restarted', service.name, () => this.restart(service))
    for (const node of cluster.nodes)
      await step('NATS server restarted', node.name, async () => {
        await node.stop()
        await node.start()
        await cluster.healthy()
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

/** What a rolling restart must not show: an error that is no decision, or an nsupdate that was never answered. */
export function disturbances({ commands }: Pick<Evidence, 'commands'>): string[] {
  const refused = commands.flatMap(({ id, answers }) =>
    answers
      .filter(({ rcode }) => REFUSALS.has(rcode))
      .map(
        ({ at, edge, rcode }) => `${at.toFixed(0)} ms: edge-${edge} answered ${rcodeToText(rcode)} to ${id}`,
      ),
  )
  const lost = commands
    .filter(({ habit, answers }) => habit === 'nsupdate' && answers.length === 0)
    .map(({ id }) => `${id} was never answered`)
  return [...refused, ...lost]
}
