import { setTimeout as delay } from 'node:timers/promises'
import type { Deployment } from '../deployment/deployment.ts'
import { Random } from '../random.ts'
import { FireClient } from './fire-client.ts'
import { acme, nsupdate, terraform } from './habits.ts'
import { kea } from './kea.ts'
import type { Chronicle } from './stories.ts'

/** Nobody asks at once again and again where nothing is taken: mean time, in ms. */
const AFTER_FAILURE_MS = 500

const HABITS = [nsupdate, nsupdate, kea, acme, terraform]

/** Many clients that send one update after another until they are told to stop. */
export class Load {
  private readonly clients: FireClient[] = []
  private isStopping = false
  private running: Promise<unknown> = Promise.resolve()

  static async start(
    deployment: Deployment,
    chronicle: Chronicle,
    options: { clients: number; thinkMs: number; seed: number },
  ): Promise<Load> {
    const load = new Load()
    const edges = deployment.edges.map(({ proxy, port }) => ({ udpPort: proxy.port, tcpPort: port }))
    const zones = deployment.zones.map(({ name }) => name)
    for (let index = 0; index < options.clients; index++) {
      const name = `c${index}`
      const random = Random.of(options.seed, name)
      load.clients.push(
        await FireClient.open({ name, edges, zones, key: deployment.key!, random, chronicle }),
      )
    }
    load.running = Promise.all(
      load.clients.map((client, index) => load.run(client, HABITS[index % HABITS.length]!, options.thinkMs)),
    )
    return load
  }

  /** Every update under way is seen to its end. */
  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
    await delay(2_000) // late answers are part of the story
    for (const client of this.clients) client.close()
  }

  private async run(
    client: FireClient,
    habit: (client: FireClient) => Promise<boolean>,
    thinkMs: number,
  ): Promise<void> {
    while (!this.isStopping) {
      const succeeded = await habit(client)
      await delay(client.random.between(0, 2 * (succeeded ? thinkMs : Math.max(thinkMs, AFTER_FAILURE_MS))))
    }
  }
}
