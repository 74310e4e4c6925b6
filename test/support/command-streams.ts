import type { NatsConnection } from 'nats'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { TestSystem } from './system.ts'

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

  async close(): Promise<void> {
    await this.nats.close()
    await this.system.close()
  }
}
