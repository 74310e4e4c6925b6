import { sign } from 'node:crypto'
import type { Name } from '../../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { hex } from '../verify/chain.ts'
import { isSignedBy, type SigningKey } from '../verify/checkpoint.ts'

/** What a `compact` event says in its detail, so that the chain covers it: which snapshot stands for which events. */
export interface CompactionStatement {
  /** The last event that was replaced, and its hash, which the snapshot carries over. */
  readonly upTo: number
  readonly hash: string
  readonly serial: number
  /** The hash of the snapshot itself, contents included. */
  readonly snapshot: string
}

/** Whose history is compacted. */
export interface CompactedZone {
  readonly zoneId: number
  readonly zone: Name
}

/**
 * The statement with its signature. Who can write to the database can chain an event to any history; that the events added up to this
 * snapshot is worth something only when the holder of the key says so.
 */
export function compactionText(key: SigningKey, of: CompactedZone, said: CompactionStatement): string {
  const signature = sign(null, Buffer.from(signedText(of, said), 'utf8'), key.private)
  const { upTo, hash, serial, snapshot } = said
  return `the events up to ${upTo} with the hash ${hash} are replaced by the snapshot with serial ${serial} and the hash ${snapshot}; signed ${signature.toString('base64')}`
}

/** One fact a line, in this order. The snapshot's hash covers the contents and all else that it says. */
function signedText({ zoneId, zone }: CompactedZone, said: CompactionStatement): string {
  return [
    'zonelog compaction 1',
    `zone ${zoneId} ${zone}`,
    `event ${said.upTo}`,
    `serial ${said.serial}`,
    `hash ${said.hash}`,
    `snapshot ${said.snapshot}`,
    '',
  ].join('\n')
}

const SIGNED =
  /^the events up to (\d+) with the hash ([0-9a-f]{64}) are replaced by the snapshot with serial (\d+) and the hash ([0-9a-f]{64}); signed (\S+)$/
/** As events said it before statements were signed. */
const UNSIGNED =
  /^the events up to (\d+) with the hash ([0-9a-f]{64}) are replaced by the snapshot with the hash ([0-9a-f]{64})$/

type ReadStatement = Omit<CompactionStatement, 'serial'> & {
  readonly signed: { readonly serial: number; readonly signature: Uint8Array } | undefined
}

/** Undefined for an event that is not one of {@link compactionText}. */
function readCompaction({ kind, detail }: Pick<ZoneEvent, 'kind' | 'detail'>): ReadStatement | undefined {
  if (kind !== 'compact') return undefined
  const [, upTo, hash, serial, snapshot, signature] = SIGNED.exec(detail) ?? []
  if (signature !== undefined) {
    const signed = { serial: Number(serial), signature: Buffer.from(signature, 'base64') }
    return { upTo: Number(upTo), hash: hash!, snapshot: snapshot!, signed }
  }
  const old = UNSIGNED.exec(detail)
  return old === null
    ? undefined
    : { upTo: Number(old[1]), hash: old[2]!, snapshot: old[3]!, signed: undefined }
}

/** Where a history begins that was compacted. */
export interface SnapshotBeginning {
  readonly seq: number
  readonly serial: number
  /** When the last event that it stands for was decided; ISO 8601. */
  readonly time: string
  /** The hash of the last event that it stands for, and its own. */
  readonly hash: string
  readonly snapshot: string
}

/** What a witness looks at. */
export type WitnessedEvent = Pick<
  ZoneEvent,
  'seq' | 'kind' | 'detail' | 'serialAfter' | 'decidedAt' | 'previousHash' | 'hash'
>

function snapshotBeginning(event: WitnessedEvent): SnapshotBeginning {
  return {
    seq: event.seq,
    serial: event.serialAfter,
    time: new Date(event.decidedAt).toISOString(),
    hash: hex(event.previousHash),
    snapshot: hex(event.hash),
  }
}

/**
 * Whether a later event of the chain testifies to the snapshot that a history begins with, with a signature of a key that is believed.
 * Without keys only what is said is compared: that finds what broke, not what was forged.
 */
export class SnapshotWitness {
  private readonly of: CompactedZone
  private readonly publicKeys: string | undefined
  private begins: SnapshotBeginning | undefined
  private witness: number | undefined

  constructor(of: CompactedZone, publicKeys: string | undefined) {
    this.of = of
    this.publicKeys = publicKeys
  }

  get beginning(): SnapshotBeginning | undefined {
    return this.begins
  }

  /** The event that testifies; undefined while none was met. */
  get vouchedBy(): number | undefined {
    return this.witness
  }

  /** Each event in order; a sentence when it contradicts the snapshot. */
  take(event: WitnessedEvent): string | undefined {
    if (event.kind === 'snapshot') {
      this.begins = snapshotBeginning(event)
      this.witness = undefined
    }
    const said = this.begins === undefined ? undefined : readCompaction(event)
    if (said === undefined || said.upTo !== this.begins!.seq) return undefined
    const { hash, snapshot, signed } = said
    const { serial } = this.begins!
    const isSame = hash === this.begins!.hash && snapshot === this.begins!.snapshot
    if (!isSame || (signed !== undefined && signed.serial !== serial))
      return `event ${event.seq} says that the history begins with another snapshot`
    if (this.publicKeys !== undefined) {
      const text = signedText(this.of, { upTo: said.upTo, hash, serial, snapshot })
      if (signed === undefined || !isSignedBy(text, signed.signature, this.publicKeys))
        return `what event ${event.seq} says of the snapshot that the history begins with is not signed with ${this.publicKeys}`
    }
    this.witness = event.seq
    return undefined
  }

  /** At the end of the history: a sentence when nothing testifies to the snapshot it begins with. */
  atEnd(): string | undefined {
    if (this.begins === undefined || this.witness !== undefined) return undefined
    return 'no later event of the chain testifies to the snapshot that the history begins with'
  }
}
