import { type DecidedEvent, isExpired } from './decided.ts'
import type { Evidence, FaultPeriod, StoredCommand, Violation } from './evidence.ts'

/** A command is decided before its deadline, unless there is nobody to do it: what happens to NATS until then may lose it. */
const BEFORE_NATS_FAULT_MS = 15_000
/** Servers that were away still catch up for a while. */
const AFTER_NATS_FAULT_MS = 15_000

/**
 * Every command that was in the stream has an event, its own or that of the command which it is a re-send of (P5). Nothing is said of those
 * that were stored around a fault of NATS, which may have lost them again: {@link lostCommands} counts them.
 */
export function checkStored(evidence: Evidence, decided: readonly DecidedEvent[]): Violation[] {
  const names = new Map(evidence.zones.map(({ id, name }) => [id, name]))
  return lostCommands(evidence, decided)
    .filter(({ at }) => !isAroundNatsFault(at, evidence.faults))
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

function isAroundNatsFault(at: number, faults: readonly FaultPeriod[]): boolean {
  return faults.some(
    ({ kind, at: from, over = Number.POSITIVE_INFINITY }) =>
      /NATS|stream/.test(kind) && at >= from - BEFORE_NATS_FAULT_MS && at <= over + AFTER_NATS_FAULT_MS,
  )
}
