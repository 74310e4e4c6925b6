import { UnreadablePayload } from '../../../../shared/events/binary.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { type HistoryLine, readHistoryLine } from '../export-file.ts'
import { type ChainEnd, hex } from './chain.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import { type Fault, fault } from './fault.ts'
import { HistoryCheck } from './history-check.ts'
import { contradiction, testimonyOf } from './testimony.ts'
import type { Verification } from './verify-zone.ts'

/**
 * Verifies an exported history with nothing but the file and a public key: the chain, the fold, the decisions, and its checkpoints.
 * Throws UnreadablePayload where the file is none. `onEvent` hears where the chain is after each event.
 */
export async function verifyFile(
  lines: AsyncIterable<string>,
  publicKey: string,
  onEvent: (end: ChainEnd) => void = () => {},
): Promise<Verification> {
  return (await readVerified(lines, publicKey, onEvent)).found
}

/** What a history file holds, and the zone that its events add up to. */
export interface VerifiedFile {
  readonly found: Verification
  readonly zoneId: number
  readonly contents: ZoneContents
}

/** As {@link verifyFile}; without a key nothing is asked of its checkpoints. */
export async function readVerified(
  lines: AsyncIterable<string>,
  publicKey: string | undefined,
  onEvent: (end: ChainEnd) => void = () => {},
): Promise<VerifiedFile> {
  let head: Extract<HistoryLine, { kind: 'head' }> | undefined
  let check: HistoryCheck | undefined
  let checkpoints = 0
  let lastCheckpoint = 0
  let faults: Fault[] = []
  let end: number | undefined
  for await (const text of lines) {
    if (text === '' || faults.length > 0) continue
    const line = read(text, check)
    if ('field' in line) faults = [line]
    else if (line.kind === 'head') {
      head = line
      check = new HistoryCheck(line.zoneId, line.zone, publicKey)
    } else if (check === undefined)
      throw new UnreadablePayload('its first line is not that of an exported history')
    else if (line.kind === 'checkpoint') {
      if (publicKey === undefined) continue
      faults = checkpointFaults(line.checkpoint, publicKey, head!.zoneId, check.end)
      checkpoints++
      lastCheckpoint = check.end.seq
    } else if (line.kind === 'end') end = line.seq
    else {
      faults = check.take(line.event)
      onEvent(check.end)
    }
  }
  if (head === undefined || check === undefined) throw new UnreadablePayload('it is empty')
  if (faults.length === 0) faults = [...check.missing(), ...endFaults(check, end)]
  const { seq, serial, hash } = check.end
  const found: Verification = {
    schema: 'zonelog.verification/1',
    zone: head.zone,
    ok: faults.length === 0,
    seq,
    serial,
    hash: hex(hash),
    ...check.counts,
    publicKey: publicKey ?? '',
    checkpoints,
    lastCheckpoint,
    rrsets: 0,
    faults,
  }
  return { found, zoneId: head.zoneId, contents: check.contents }
}

/** An event that does not read is the first one that is wrong. */
function read(text: string, check: HistoryCheck | undefined): HistoryLine | Fault {
  try {
    return readHistoryLine(text)
  } catch (error) {
    if (check === undefined || !(error instanceof UnreadablePayload)) throw error
    return fault(check.end.seq + 1, 'form', `the line after event ${check.end.seq}: ${error.message}`)
  }
}

/** In a file a checkpoint follows the event that it names, so that nothing needs to be held. */
function checkpointFaults(
  checkpoint: SignedCheckpoint,
  publicKeys: string,
  zoneId: number,
  end: ChainEnd,
): Fault[] {
  const { events, last, faults } = testimonyOf([checkpoint], publicKeys, zoneId)
  if (faults.length > 0) return [...faults]
  if (last !== end.seq)
    return [fault(last, 'checkpoint', `a checkpoint of event ${last} stands after event ${end.seq}`)]
  const found = contradiction(end, events)
  return found === undefined ? [] : [found]
}

function endFaults(check: HistoryCheck, end: number | undefined): Fault[] {
  if (end === check.end.seq) return []
  return [fault(check.end.seq, 'end', 'the file has no end: it was cut, or is not written to its end')]
}
