import {
  CATALOG_BUCKET,
  CHECKPOINTS_STREAM,
  COMMANDS_STREAM,
  EVENTS_STREAM,
  KEY_USAGE_STREAM,
  REFUSALS_STREAM,
} from '../../shared/messaging/subjects.ts'
import type { Finding } from './finding.ts'

export const STREAMS = [
  COMMANDS_STREAM,
  EVENTS_STREAM,
  CHECKPOINTS_STREAM,
  REFUSALS_STREAM,
  KEY_USAGE_STREAM,
  `KV_${CATALOG_BUCKET}`,
] as const

/** What is known of one stream. */
export interface StreamFacts {
  readonly name: string
  readonly replicas: number
  readonly storage: 'file' | 'memory'
  readonly bytes: number
  /** -1: as many as there is room for. */
  readonly maxBytes: number
  readonly messages: number
  /** Replicas that are not up to date; undefined on a single server. */
  readonly laggards?: readonly string[]
  readonly hasLeader: boolean
}

const area = 'NATS'
/** Of a full stream, commands are refused with SERVFAIL. */
const NEARLY_FULL = 0.8
/** More commands than a busy system has under way. */
const MANY_WAITING = 1_000

export function judgeStreams(
  found: readonly StreamFacts[],
  missing: readonly string[],
  replicas: number,
): Finding[] {
  const findings = [...missing.map(missingStream), ...found.flatMap((stream) => judge(stream, replicas))]
  if (findings.length > 0) return findings
  return [
    {
      area,
      verdict: 'ok',
      found: `${found.length} streams on disk, ${replicas} replica(s) each, none nearly full`,
    },
  ]
}

function missingStream(name: string): Finding {
  return {
    area,
    verdict: 'wrong',
    found: `there is no stream ${name}`,
    mend: 'start a writer: it makes the streams',
  }
}

function judge(stream: StreamFacts, wanted: number): Finding[] {
  const { name, replicas, storage, bytes, maxBytes, messages, laggards = [], hasLeader } = stream
  const findings: Finding[] = []
  const wrong = (verdict: 'wrong' | 'warning', found: string, mend: string) =>
    findings.push({ area, verdict, found, mend })
  if (!hasLeader)
    wrong(
      'wrong',
      `the stream ${name} has no leader`,
      'most of its servers must run: start those that do not',
    )
  if (storage !== 'file')
    wrong(
      'wrong',
      `the stream ${name} is kept in memory`,
      'make it anew with file storage: a restart of NATS empties it',
    )
  if (replicas < wanted)
    wrong(
      'wrong',
      `the stream ${name} has ${replicas} replica(s), ZONELOG_NATS_REPLICAS asks for ${wanted}`,
      `nats stream edit ${name} --replicas ${wanted}`,
    )
  if (laggards.length > 0)
    wrong(
      'warning',
      `${laggards.join(', ')} is behind with ${name}`,
      'see whether that server runs, and its disk',
    )
  const isRing = name === EVENTS_STREAM || name === CHECKPOINTS_STREAM
  if (!isRing && maxBytes > 0 && bytes > NEARLY_FULL * maxBytes)
    wrong(
      'wrong',
      `the stream ${name} is nearly full`,
      'see why writers do not take from it: their log, zonelog status',
    )
  if (name === COMMANDS_STREAM && messages > MANY_WAITING)
    wrong(
      'warning',
      `${messages} updates wait to be decided`,
      'see whether writers run and reach Postgres: zonelog status',
    )
  return findings
}
