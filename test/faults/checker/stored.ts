import { type DecidedEvent, isExpired } from './decided.ts'
import type { Evidence, FaultPeriod, StoredCommand, Violation } from './evidence.ts'

/**
 * Every command that was in the stream has an event, its own or that of the command which it is a re-send of (P5). Nothing is said of those
 * that a fault may have taken out again (`mayLose` of test/faults/kinds): {@link lostCommands} counts them.
 */
export function checkStored(evidence: Evidence, decided: readonly DecidedEvent[]): Violation[] {
  const names = new Map(evidence.zones.map(({ id, name }) => [id, name]))
  return lostCommands(evidence, decided)
    .filter(({ at }) => !isAtRisk(at, evidence.faults))
    .map(({ id, zoneId, edge, at }) => ({
      promise: 'P5',
      what: 'in the stream, and there is no event',
      zone: names.get(zoneId) ?? `zone ${zoneId}`,
      story: [`${at.toFixed(0)} ms: the command ${id} of edge-${edge} was in the stream`],
    }))
}

/** Commands that were in the stream, and have left no event. */
export function lostCommands({ stored }: Evidence, decided: readonly DecidedEvent[]): StoredCommand[] {
  const ids = new Set(decided.map(({ event }) => event.commandId))
  const unknown = stored.filter(({ id }) => !ids.has(id))
  if (unknown.length === 0) return []
  // a re-send of what has expired is decided on its own
  const answered = decided.filter((event) => !isExpired(event))
  const fingerprints = new Set(answered.map(({ event }) => shortFingerprint(event.fingerprint)))
  return unknown.filter(({ fingerprint }) => !fingerprints.has(fingerprint))
}

export function shortFingerprint(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint.subarray(0, 16)).toString('latin1')
}

/** How many of the commands were stored when a fault might lose them, so that nothing is said of them. */
export function countAtRisk({ stored, faults }: Pick<Evidence, 'stored' | 'faults'>): number {
  const losing = faults.filter(({ mayLose }) => mayLose !== undefined)
  return stored.filter(({ at }) => isAtRisk(at, losing)).length
}

function isAtRisk(at: number, faults: readonly FaultPeriod[]): boolean {
  return faults.some(
    ({ mayLose, at: from, over = Number.POSITIVE_INFINITY }) =>
      mayLose !== undefined && at >= from - mayLose.beforeMs && at <= over + mayLose.afterMs,
  )
}
