import { COMMAND_ID } from '../command-id.ts'
import { BinaryReader, BinaryWriter, UnreadablePayload } from '../events/binary.ts'

/** What a writer tells the edge that sent a command. */
export interface Outcome {
  readonly commandId: string
  readonly zoneId: number
  /** The zone's newest event when the outcome was settled; an edge that answers serves this state or a later one (P4). */
  readonly seq: number
  /** The event that records this outcome: for a re-send that of the first. 0 where there is none, or none was told. */
  readonly eventSeq: number
  readonly rcode: number
  /** As in the event. `expired` was never applied, but must not be answered either: the client's re-send decides. */
  readonly reason: string
  readonly detail: string
}

/** Version 1 had no `eventSeq`. */
const OUTCOMES_VERSION = 2
const WITHOUT_EVENT = 1

/** One message for all of an edge's commands in a commit. */
export function encodeOutcomes(outcomes: readonly Outcome[]): Uint8Array {
  const writer = new BinaryWriter().byte(OUTCOMES_VERSION).uint32(outcomes.length)
  for (const { commandId, zoneId, seq, eventSeq, rcode, reason, detail } of outcomes)
    writer.text(commandId).uint64(zoneId).uint64(seq).uint64(eventSeq).uint32(rcode).text(reason).text(detail)
  return writer.finish()
}

/** Throws {@link UnreadablePayload} for an unknown version or a damaged payload. */
export function decodeOutcomes(payload: Uint8Array): Outcome[] {
  const reader = new BinaryReader(payload)
  const version = reader.byte()
  if (version !== OUTCOMES_VERSION && version !== WITHOUT_EVENT)
    throw new UnreadablePayload(`outcomes of version ${version}`)
  const outcomes = Array.from({ length: reader.uint32() }, () => ({
    commandId: reader.text(),
    zoneId: reader.uint64(),
    seq: reader.uint64(),
    eventSeq: version === WITHOUT_EVENT ? 0 : reader.uint64(),
    rcode: reader.uint32(),
    reason: reader.text(),
    detail: reader.text(),
  }))
  reader.end()
  return outcomes
}

const REQUEST_VERSION = 1
/** So many fit into a message, however long their sentences are. */
export const MOST_OUTCOMES = 100

/** Asks any writer what became of commands; the reply are the outcomes of those that are decided. */
export function encodeOutcomesRequest(commandIds: readonly string[]): Uint8Array {
  const writer = new BinaryWriter().byte(REQUEST_VERSION).uint32(commandIds.length)
  for (const id of commandIds) writer.text(id)
  return writer.finish()
}

/** Throws {@link UnreadablePayload} as {@link decodeOutcomes} does. */
export function decodeOutcomesRequest(payload: Uint8Array): string[] {
  const reader = new BinaryReader(payload)
  const version = reader.byte()
  const count = reader.uint32()
  if (version !== REQUEST_VERSION || count > MOST_OUTCOMES)
    throw new UnreadablePayload(`request of version ${version} for ${count} outcomes`)
  const ids = Array.from({ length: count }, () => reader.text())
  reader.end()
  if (!ids.every((id) => COMMAND_ID.test(id)))
    throw new UnreadablePayload('request for the outcome of what is no command')
  return ids
}
