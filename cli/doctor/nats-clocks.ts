import { type JetStreamManager, type NatsConnection, RequestStrategy } from 'nats'
import { type ClockOffset, clockOffset } from '../../shared/clock-offset.ts'
import { CATALOG_BUCKET, COMMANDS_STREAM } from '../../shared/messaging/subjects.ts'
import type { Clock } from './judge-clocks.ts'

/** Every server of a cluster answers it, from 2.9 on, to any user that may ask; with its time, as all that servers tell of themselves. */
const PING = '$SYS.REQ.ACCOUNT.PING.STATZ'
/** Otherwise those to which nobody of this account is connected are silent. */
const EVERY_SERVER = JSON.stringify({ include_unused: true })
const LIMITS = { strategy: RequestStrategy.JitterTimer, maxWait: 1_000, jitter: 200 }

interface ServerSays {
  readonly server?: {
    readonly name?: string
    readonly id?: string
    readonly time?: string
    readonly ver?: string
  }
}

/** What all nats-servers tell; nothing where these credentials may not ask. */
export interface NatsServers {
  readonly clocks: readonly Clock[]
  readonly versions: readonly string[]
}

export async function askNatsServers(nats: NatsConnection): Promise<NatsServers> {
  const clocks: Clock[] = []
  const versions: string[] = []
  const askedAt = Date.now()
  try {
    for await (const message of await nats.requestMany(PING, EVERY_SERVER, LIMITS)) {
      const { server } = message.json<ServerSays>()
      if (server?.time !== undefined)
        clocks.push(natsClock(nameOf(server), clockOffset(Date.parse(server.time), askedAt)))
      if (server?.ver !== undefined) versions.push(server.ver)
    }
  } catch {
    // not permitted, or a server without system account: there is another way, which tells less
  }
  return { clocks, versions }
}

/** The clock of the server that leads a stream: of commands, or for an edge of the catalog. From 2.10 on they tell. */
export async function leaderClock(manager: JetStreamManager): Promise<Clock[]> {
  for (const stream of [COMMANDS_STREAM, `KV_${CATALOG_BUCKET}`])
    try {
      const askedAt = Date.now()
      const { ts, cluster } = await manager.streams.info(stream)
      if (ts === undefined) return []
      return [natsClock(cluster?.leader ?? '', clockOffset(Date.parse(ts), askedAt))]
    } catch {
      // the next is one that more may look at
    }
  return []
}

/** A server that was given no name calls itself by its id, 56 characters of which some tell it from others. */
function nameOf({ name = '', id }: NonNullable<ServerSays['server']>): string {
  return name === id ? name.slice(0, 8) : name
}

function natsClock(name: string, offset: ClockOffset): Clock {
  return { kind: 'nats-server', of: `nats-server ${name}`.trim(), ...offset }
}
