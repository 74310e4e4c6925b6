/** Names of everything in NATS. Payloads carry their own version. */

export const COMMANDS_STREAM = 'ZONELOG_COMMANDS'
export const EVENTS_STREAM = 'ZONELOG_EVENTS'
export const REFUSALS_STREAM = 'ZONELOG_REFUSALS'
export const KEY_USAGE_STREAM = 'ZONELOG_KEY_USAGE'
export const CHECKPOINTS_STREAM = 'ZONELOG_CHECKPOINTS'
export const CATALOG_BUCKET = 'zonelog-catalog'

export function commandSubject(partition: number): string {
  return `zonelog.commands.${partition}`
}

export const ALL_COMMANDS = 'zonelog.commands.*'
export const ALL_EVENTS = 'zonelog.events.*'
export const ALL_CHECKPOINTS = 'zonelog.checkpoints.*'
export const ALL_REFUSALS = 'zonelog.refusals.*'
export const ALL_KEY_USAGE = 'zonelog.key-usage.*'

export function eventSubject(zoneId: number): string {
  return `zonelog.events.${zoneId}`
}

/** The zone that a subject of events is of. */
export function zoneOfEventSubject(subject: string): number {
  return Number(subject.slice(subject.lastIndexOf('.') + 1))
}

/** Signed checkpoints of a zone's history, as lines of JSON. */
export function checkpointSubject(zoneId: number): string {
  return `zonelog.checkpoints.${zoneId}`
}

export function outcomeSubject(edgeId: string): string {
  return `zonelog.outcomes.${edgeId}`
}

export function refusalSubject(edgeId: string): string {
  return `zonelog.refusals.${edgeId}`
}

export function keyUsageSubject(edgeId: string): string {
  return `zonelog.key-usage.${edgeId}`
}

/** Every edge that holds a zone says what it holds of it. */
export const DIGEST_SERVICE = 'zonelog.edges.digest'

/** A writer tells an edge that what it holds of a zone is wrong. */
export function distrustSubject(edgeId: string): string {
  return `zonelog.edges.distrust.${edgeId}`
}

/** Request services that any writer answers. */
export const SNAPSHOT_SERVICE = 'zonelog.zone.snapshot'
export const DIFFS_SERVICE = 'zonelog.zone.diffs'
export const HEADS_SERVICE = 'zonelog.zone.heads'
export const APEX_SERVICE = 'zonelog.zone.apex'

/** Every edge and writer answers it: which master keys it has. */
export const MASTER_KEY_PROBE = 'zonelog.master-key.probe'
export const OUTCOMES_SERVICE = 'zonelog.zone.outcomes'
export const HISTORY_SERVICE = 'zonelog.zone.history'

/** Request service that any writer answers; see account-service.ts. */
export const ACCOUNT_SERVICE = 'zonelog.accounts.register'

/** Every edge hears, and tells the others, where clients of transfers stand. */
export const SIGHTINGS = 'zonelog.sightings'
/** Request service that every edge answers; see secondaries-service.ts. */
export const SECONDARIES_SERVICE = 'zonelog.secondaries'

/** Zones hash to a fixed number of partitions; ids are handed out one after another, so the remainder spreads them evenly. */
export function partitionOf(zoneId: number, partitions: number): number {
  return zoneId % partitions
}

export function consumerName(partition: number): string {
  return `writer-${partition}`
}

/** What the nats-servers of a cluster say when one of them becomes the leader of a partition's consumer. */
export function leaderSubject(partition: number): string {
  return `$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.${COMMANDS_STREAM}.${consumerName(partition)}`
}
