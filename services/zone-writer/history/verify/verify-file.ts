import { UnreadablePayload } from '../../../../shared/events/binary.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { type HistoryLine, readHistoryLine } from '../export-file.ts'
import { hex } from './chain.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import { type Fault, fault } from './fault.ts'
import { HistoryCheck } from './history-check.ts'
import { type Testimony, testimonyOf } from './testimony.ts'
import type { Verification } from './verify-zone.ts'

/**
 * Verifies an exported history with nothing but the file and a public key: the chain, the fold, the decisions, and its checkpoints.
 * Throws UnreadablePayload where the file is none. `onEvent` hears how far it is.
 */
export async function verifyFile(
  lines: AsyncIterable<string>,
  publicKey: string,
  onEvent: (seq: number) => void = () => {},
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
  onEvent: (seq: number) => void = () => {},
): Promise<VerifiedFile> {
  let head: Extract<HistoryLine, { kind: 'head' }> | undefined
  let check: HistoryCheck | undefined
  const checkpoints: SignedCheckpoint[] = []
  const hashes = new Map<number, string>()
  let faults: Fault[] = []
  let end: number | undefined
  for await (const text of lines) {
    if (text === '' || faults.length > 0) continue
    const line = read(text, check)
    if ('field' in line) faults = [line]
    else if (line.kind === 'head') {
      head = line
      check = new HistoryCheck(line.zoneId, line.zone)
    } else if (check === undefined)
      throw new UnreadablePayload('its first line is not that of an exported history')
    else if (line.kind === 'checkpoint') checkpoints.push(line.checkpoint)
    else if (line.kind === 'end') end = line.seq
    else {
      faults = check.take(line.event)
      hashes.set(line.event.seq, hex(check.end.hash))
      onEvent(line.event.seq)
    }
  }
  if (head === undefined || check === undefined) throw new UnreadablePayload('it is empty')
  const testimony = publicKey === undefined ? NO_TESTIMONY : testimonyOf(checkpoints, publicKey, head.zoneId)
  if (faults.length === 0)
    faults = [
      ...testimony.faults,
      ...checkpointFaults(testimony.hashes, hashes, check.counts.begins?.seq ?? 1),
      ...check.missing(),
      ...endFaults(check, end),
    ]
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
    checkpoints: testimony.hashes.size,
    lastCheckpoint: testimony.last,
    rrsets: 0,
    faults,
  }
  return { found, zoneId: head.zoneId, contents: check.contents }
}

const NO_TESTIMONY: Testimony = { hashes: new Map(), last: 0, faults: [] }

/** An event that does not read is the first one that is wrong. */
function read(text: string, check: HistoryCheck | undefined): HistoryLine | Fault {
  try {
    return readHistoryLine(text)
  } catch (error) {
    if (check === undefined || !(error instanceof UnreadablePayload)) throw error
    return fault(check.end.seq + 1, 'form', `the line after event ${check.end.seq}: ${error.message}`)
  }
}

function checkpointFaults(
  testified: ReadonlyMap<number, string>,
  hashes: ReadonlyMap<number, string>,
  first: number,
): Fault[] {
  return [...testified]
    .filter(([seq, hash]) => seq >= first && hashes.get(seq) !== hash)
    .map(([seq]) =>
      fault(seq, 'hash', `a signed checkpoint testifies to another event ${seq}: history was rewritten`),
    )
}

function endFaults(check: HistoryCheck, end: number | undefined): Fault[] {
  if (end === check.end.seq) return []
  return [fault(check.end.seq, 'end', 'the file has no end: it was cut, or is not written to its end')]
}
