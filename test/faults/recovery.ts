import { setTimeout as delay } from 'node:timers/promises'
import { Rcode } from '../../shared/dns/codes.ts'
import { FireClient } from './clients/fire-client.ts'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'
import { Random } from './random.ts'

const EVERY_MS = 100
const PROBE_WAIT_MS = 5_000
const LIMIT_MS = 60_000

/** Asks again and again whether updates succeed; its own updates are part of the story like all others. */
export class RecoveryProbe {
  private readonly client: FireClient
  private readonly chronicle: Chronicle

  private constructor(client: FireClient, chronicle: Chronicle) {
    this.client = client
    this.chronicle = chronicle
  }

  static async open(deployment: Deployment, chronicle: Chronicle, seed: number): Promise<RecoveryProbe> {
    const client = await FireClient.open({
      name: 'probe',
      edges: deployment.edges.map(({ port }) => ({ udpPort: port, tcpPort: port })),
      zones: deployment.zones.map(({ name }) => name),
      key: deployment.key!,
      random: Random.of(seed, 'probe'),
      chronicle,
    })
    return new RecoveryProbe(client, chronicle)
  }

  close(): void {
    this.client.close()
  }

  /** ms from now until an update of every zone has succeeded at some of these edges; undefined when that does not come. */
  async recovered(edges: readonly number[]): Promise<number | undefined> {
    const since = this.chronicle.now()
    const times = await Promise.all(
      this.client.zones.map((zone, index) => this.zoneRecovered(zone, edges[index % edges.length]!, since)),
    )
    return times.some((time) => time === undefined) ? undefined : Math.max(...(times as number[]))
  }

  private async zoneRecovered(zone: string, edge: number, since: number): Promise<number | undefined> {
    let recoveredAt: number | undefined
    const probes: Promise<void>[] = []
    while (recoveredAt === undefined && this.chronicle.now() - since < LIMIT_MS) {
      probes.push(
        this.probe(zone, edge).then((succeeded) => {
          if (succeeded) recoveredAt ??= this.chronicle.now() - since
        }),
      )
      await Promise.race([delay(EVERY_MS), Promise.all(probes)])
      if (recoveredAt === undefined) await delay(EVERY_MS / 2)
    }
    void Promise.all(probes)
    return recoveredAt
  }

  private async probe(zone: string, edge: number): Promise<boolean> {
    const request = this.client.request('probe', { zone, updates: [] })
    const told = await this.client.overUdp(request, request.unsigned, edge, PROBE_WAIT_MS)
    return told?.rcode === Rcode.NOERROR
  }
}
