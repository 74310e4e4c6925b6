import type { NatsConnection, StreamInfo } from 'nats'
import type { Config } from '../../shared/config.ts'
import { silentLogger } from '../../shared/log.ts'
import { closeNats, connectNats } from '../../shared/messaging/connect.ts'
import { findPeers, type PeerDetails } from '../../shared/messaging/presence.ts'
import { isNotFound } from '../../shared/messaging/streams.ts'
import type { Finding } from './finding.ts'
import type { Clock } from './judge-clocks.ts'
import { judgeClusterVersions } from './judge-cluster-versions.ts'
import { judgeStreams, STREAMS, type StreamFacts } from './judge-streams.ts'
import { askNatsServers, leaderClock } from './nats-clocks.ts'

const CONNECT_MS = 4_000
const area = 'NATS'

export interface NatsResult {
  readonly findings: readonly Finding[]
  /** Undefined when nobody could be asked. */
  readonly peers?: readonly PeerDetails[]
  readonly clocks: readonly Clock[]
}

/** The server, its streams, and all edges and writers that answer through it. */
export async function checkNats(config: Config, url: string): Promise<NatsResult> {
  const role = config.databaseUrl === undefined ? `edge.${config.edgeId}` : `writer.${config.writerId}`
  const options = { access: config.natsAccess, inboxOf: role, firstTryMs: CONNECT_MS }
  const nats = await connectNats(url, 'zonelog doctor', silentLogger(), options)
  try {
    const peers = (
      await Promise.all([findPeers(nats, 'edge'), findPeers(nats, 'writer').catch(() => [])])
    ).flat()
    const servers = await askNatsServers(nats)
    const { clocks, unasked } = await serverClocks(nats, servers.clocks)
    return {
      clocks,
      findings: [
        ...unasked,
        server(nats, config),
        ...versions(nats, servers.versions),
        ...(await streams(nats, config)),
        ...lag(peers),
        ...presence(peers),
      ],
      peers,
    }
  } finally {
    await closeNats(nats)
  }
}

/** Of all servers, or of the one that this is connected to where it may not ask them. */
function versions({ info }: NatsConnection, told: readonly string[]): Finding[] {
  if (info?.cluster === undefined) return []
  return judgeClusterVersions(told.length > 0 ? told : [info.version])
}

async function serverClocks(
  nats: NatsConnection,
  all: readonly Clock[],
): Promise<{ clocks: readonly Clock[]; unasked: Finding[] }> {
  if (all.length > 0) return { clocks: all, unasked: [] }
  const clocks = await leaderClock(await nats.jetstreamManager({ checkAPI: false }))
  if (clocks.length > 0 && nats.info?.cluster === undefined) return { clocks, unasked: [] }
  const found =
    clocks.length > 0
      ? 'of the clocks of NATS that of one server was looked at, which leads a stream'
      : 'the clocks of NATS were not looked at: these credentials may not ask for them'
  const mend = 'run this with the credentials of a writer, which may (deploy/nats/permissions.conf)'
  return { clocks, unasked: [{ area: 'clock', verdict: 'skipped', found, mend }] }
}

function server(nats: NatsConnection, { natsAccess, natsUrl = '' }: Config): Finding {
  const { version = '?', tls_required: tls = false } = nats.info ?? {}
  const isNear = natsUrl
    .split(',')
    .every((part) => /^(?:127\.|localhost$|\[::1\]$)/.test(new URL(part).hostname))
  if (tls || natsAccess.caFile !== undefined || isNear)
    return { area, verdict: 'ok', found: `version ${version}${tls ? ', over TLS' : ''}` }
  return {
    area,
    verdict: 'warning',
    found: `version ${version}: what is sent to it over the network is not encrypted`,
    mend: 'deploy/nats/nats-server.conf has TLS; ZONELOG_NATS_CA, docs/security.md',
  }
}

async function streams(nats: NatsConnection, { natsReplicas }: Config): Promise<Finding[]> {
  const found: StreamFacts[] = []
  const missing: string[] = []
  try {
    const manager = await nats.jetstreamManager()
    for (const name of STREAMS)
      try {
        found.push(factsOf(await manager.streams.info(name)))
      } catch (error) {
        if (!isNotFound(error)) throw error
        missing.push(name)
      }
  } catch (error) {
    if (!/permission/i.test(String(error))) throw error
    return [
      {
        area,
        verdict: 'skipped',
        found: 'these credentials may not look at the streams, as it should be for an edge',
      },
    ]
  }
  return judgeStreams(found, missing, natsReplicas)
}

function factsOf({ config, state, cluster }: StreamInfo): StreamFacts {
  return {
    name: config.name,
    replicas: config.num_replicas,
    storage: config.storage === 'file' ? 'file' : 'memory',
    bytes: state.bytes,
    maxBytes: config.max_bytes,
    messages: state.messages,
    laggards: (cluster?.replicas ?? []).filter(({ current }) => !current).map(({ name }) => name),
    hasLeader: cluster === undefined || cluster.leader !== undefined,
  }
}

function presence(peers: readonly PeerDetails[]): Finding[] {
  return (['edge', 'writer'] as const).map((role) => {
    const ids = peers.filter((peer) => peer.role === role).map(({ id }) => id)
    if (ids.length > 0) return { area: `${role}s`, verdict: 'ok', found: ids.join(', ') }
    const mend = `start one: zonelog ${role}, or zonelog start on a single machine`
    return { area: `${role}s`, verdict: 'wrong', found: `no ${role} answers on NATS`, mend }
  })
}

const MANY_SECONDS = 5

function lag(peers: readonly PeerDetails[]): Finding[] {
  return peers.flatMap(({ id, lag: behind }): Finding[] => {
    if (behind === undefined || behind.events === 0 || behind.seconds < MANY_SECONDS) return []
    const found = `${id} is ${behind.events} events behind for ${behind.seconds.toFixed(0)} s`
    return [
      {
        area: 'edges',
        verdict: 'warning',
        found,
        mend: 'see its log; it fetches what it lacks from the writers',
      },
    ]
  })
}
