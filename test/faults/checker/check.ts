import { checkAnswers } from './answers.ts'
import { checkCauses } from './causes.ts'
import { checkCopies } from './copies.ts'
import { byCommand, decidedEvents } from './decided.ts'
import type { Evidence, Violation } from './evidence.ts'
import { checkOrder } from './order.ts'
import { checkReads } from './reads.ts'
import { replay } from './replay.ts'
import { checkSignatures } from './signatures.ts'
import { checkStored } from './stored.ts'

/** Every promise that the evidence shows to be broken. Pure. */
export function check(evidence: Evidence): Violation[] {
  const { zones, commandTtlMs } = evidence
  const decided = decidedEvents(evidence)
  const events = byCommand(decided)
  const replayed = zones.map((zone) => ({ zone, ...replay(zone, commandTtlMs) }))
  const versions = new Map(replayed.map(({ zone, versions }) => [zone.name, versions]))
  return [
    ...checkAnswers(evidence, events),
    ...checkStored(evidence, decided),
    ...checkCauses(evidence, decided),
    ...checkSignatures(evidence.unverified, evidence.commands),
    ...checkOrder(evidence.commands, decided),
    ...replayed.flatMap(({ violations }) => violations),
    ...replayed.flatMap(({ zone, contents }) => checkCopies(zone, contents)),
    ...checkReads(evidence, events, versions),
  ]
}
