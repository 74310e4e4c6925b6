import type { TestContext } from 'node:test'
import type { NatsConnection } from 'nats'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { TestSystem } from './system.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** A system that has the streams, and no service that takes commands out of them. */
export class CommandStreams {
  readonly system: TestSystem
  readonly nats: NatsConnection

  private constructor(system: TestSystem, nats: NatsConnection) {
    this.system = system
    this.nats = nats
  }

  static async prepare(): Promise<CommandStreams> {
    const system = await TestSystem.prepare()
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    await ensureStreams(nats, 1)
    return new CommandStreams(system, nats)
  }

  /** A connection to NATS that can be meddled with, for as long as a test takes. */
  async farFrom(t: TestContext): Promise<{ far: NatsConnection; proxy: TcpProxy }> {
    const proxy = await TcpProxy.to(Number(new URL(this.system.nats.url).port))
    const far = await connectNats(proxy.reroute(this.system.nats.url), 'test', silentLogger())
    t.after(async () => {
      await far.close()
      proxy.close()
    })
    return { far, proxy }
  }

  async close(): Promise<void> {
    await this.nats.close()
    await this.system.close()
  }
}
