import { checkAnswers } from './answers.ts'
import { checkCopies } from './copies.ts'
import { byCommand, decidedEvents } from './decided.ts'
import type { Evidence, Violation } from './evidence.ts'
import { checkOrder } from './order.ts'
import { checkReads } from './reads.ts'
import { replay } from './replay.ts'
import { checkSignatures } from './signatures.ts'

/** Every promise that the evidence shows to be broken. Pure. */
export function check(evidence: Evidence): Violation[] {
  const { zones, commands, reads, edgeStarts, unverified, commandTtlMs } = evidence
  const decided = decidedEvents(evidence)
  const events = byCommand(decided)
  const replayed = zones.map((zone) => ({ zone, ...replay(zone, commandTtlMs) }))
  const versions = new Map(replayed.map(({ zone, versions }) => [zone.name, versions]))
  return [
    ...checkAnswers(commands, events, edgeStarts),
    ...checkSignatures(unverified, commands),
    ...checkOrder(commands, decided),
    ...replayed.flatMap(({ violations }) => violations),
    ...replayed.flatMap(({ zone, contents }) => checkCopies(zone, contents)),
    ...checkReads(reads, events, versions),
  ]
}
