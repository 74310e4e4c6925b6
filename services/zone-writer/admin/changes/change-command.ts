import { createHash, randomInt } from 'node:crypto'
import { newCommandId } from '../../../../shared/command-id.ts'
import type { Identity, Source, UpdateCommand } from '../../../../shared/commands.ts'
import { Class, Opcode, Type } from '../../../../shared/dns/codes.ts'
import { encodeMessage } from '../../../../shared/dns/message-encode.ts'
import type { ZoneSummary } from '../../store/admin-zones.ts'
import { done, failure, type Outcome } from '../failure.ts'
import type { AskedRecords } from './asked-changes.ts'

export interface ChangeSender {
  readonly by: Identity
  readonly source: Source
  readonly writerId: string
  /** What was asked for, whole. */
  readonly asked: unknown
  /** Gives what is sent again its first outcome; a command of its own each time without. */
  readonly idempotencyKey: string | undefined
  readonly now: number
  /** How long it may wait to be decided, in ms. */
  readonly ttlMs: number
}

/** The changes as one UPDATE message of RFC 2136: what an event of the API holds is what a client would have sent. */
export function changeMessage(
  apex: ZoneSummary['name'],
  { prerequisites, updates }: AskedRecords,
  id: number,
): Outcome<Uint8Array> {
  try {
    return done(
      encodeMessage({
        id,
        opcode: Opcode.UPDATE,
        questions: [{ name: apex, type: Type.SOA, class: Class.IN }],
        answers: prerequisites,
        authorities: updates,
      }),
    )
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return failure(
      'too-large',
      'The changes are more than one message of 64 KiB holds; make several of them, or import a zone file.',
    )
  }
}

export function changeCommand(
  zone: ZoneSummary,
  records: AskedRecords,
  sender: ChangeSender,
): Outcome<UpdateCommand> {
  const { by, source, writerId, asked, idempotencyKey, now, ttlMs } = sender
  const message = changeMessage(zone.name, records, idempotencyKey === undefined ? randomInt(0x1_0000) : 0)
  if (!message.ok) return message
  // a key is of its token and zone; the address does not count, because who tries again may do so through another
  const id =
    idempotencyKey === undefined ? newCommandId(now) : idOfKey(`${by}\n${zone.id}\n${idempotencyKey}`)
  return done({
    id,
    zoneId: zone.id,
    zone: zone.name,
    fingerprint: createHash('sha256')
      .update(`${by}\n${id}\n${JSON.stringify(asked)}`)
      .digest(),
    edgeId: writerId,
    identity: by,
    source,
    transport: 'api',
    receivedAt: now,
    deadline: now + ttlMs,
    message: message.value,
  })
}

/** UUIDv8 (RFC 9562 §5.8): made of a hash. */
function idOfKey(text: string): string {
  const bytes = createHash('sha256').update(`zonelog idempotency key\n${text}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
