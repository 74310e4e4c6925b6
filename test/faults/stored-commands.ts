import type { MsgHdrs, NatsConnection } from 'nats'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { COMMANDS_STREAM } from '../../shared/messaging/subjects.ts'
import { until } from '../support/until.ts'
import type { StoredCommand } from './checker/evidence.ts'
import { shortFingerprint } from './checker/stored.ts'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment } from './deployment/deployment.ts'

const COPIES = 'chaos.stored.>'

/**
 * Makes the streams, and has the one of commands publish the headers of each once it is stored (with replicas: by most of them), before any service
 * has begun: nats-server before 2.10 takes that of a new stream only.
 */
export async function publishStored(nats: NatsConnection, replicas: number): Promise<void> {
  await oncePlaced(() => ensureStreams(nats, replicas))
  const { streams } = await nats.jetstreamManager()
  const { config } = await streams.info(COMMANDS_STREAM)
  await streams.delete(COMMANDS_STREAM)
  const copied = { ...config, republish: { src: '>', dest: COPIES, headers_only: true } }
  await oncePlaced(() => streams.add(copied))
}

/** Servers of a cluster that has just begun may not know each other's room yet. */
async function oncePlaced(make: () => Promise<unknown>): Promise<void> {
  await until(
    'NATS has a place for streams',
    () =>
      make().then(
        () => true,
        (error) => {
          if (!/no suitable peers/.test(String(error))) throw error
          return false
        },
      ),
    60_000,
  )
}

/**
 * Which commands are in the stream: JetStream itself says so. Who subscribed to the commands' own subjects instead would keep edges from hearing that
 * no stream takes them. Some are missed while a server of NATS is away.
 */
export async function followStored(
  { nats }: Deployment,
  chronicle: Chronicle,
): Promise<readonly StoredCommand[]> {
  const stored: StoredCommand[] = []
  nats.subscribe(COPIES, {
    callback: (error, { headers }) => {
      const command = error === null ? readHeaders(headers, chronicle.now()) : undefined
      if (command !== undefined) stored.push(command)
    },
  })
  await nats.flush()
  return stored
}

/** Fields as shared/messaging/command-codec.ts writes them; nothing more than is looked at, for there are many. */
function readHeaders(headers: MsgHdrs | undefined, at: number): StoredCommand | undefined {
  const [, zoneId, , fingerprint, edge] = headers?.get('Zonelog-Command').split(' ', 5) ?? []
  const id = headers?.get('Nats-Msg-Id') ?? ''
  if (fingerprint === undefined || edge === undefined || id === '') return undefined
  return {
    // a copy, since a part of a text keeps all of it in memory
    id: Buffer.from(id).toString('latin1'),
    zoneId: Number(zoneId),
    edge: Number(edge.slice('edge-'.length)),
    fingerprint: shortFingerprint(Buffer.from(fingerprint, 'hex')),
    at,
  }
}
