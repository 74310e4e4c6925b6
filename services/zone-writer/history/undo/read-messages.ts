import { decodeMessage } from '../../../../shared/dns/message.ts'
import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../../shared/dns/record.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { messagesNumbered, type UndoScope, undoSpeakers } from '../../store/undone-events.ts'

/** What a message says of one name. */
export interface Said {
  /** In the order sent. */
  readonly asked: readonly ResourceRecord[]
  readonly prerequisites: boolean
}

const NOTHING: Said = { asked: [], prerequisites: false }

/** What a message says, name by name. */
export type SaidByName = ReadonlyMap<Name, Said>

/** An event that is kept, and what its message says. */
export interface UndoMessage {
  readonly owner: Buffer
  readonly seq: number
  readonly said: SaidByName
}

/** In the order of owner and event. A message that speaks of many names is read and decoded once, or as often as memory asks for. */
export async function* undoMessages(trx: DbTransaction, scope: UndoScope): AsyncGenerator<UndoMessage> {
  const kept = new KeptMessages()
  for await (const speakers of undoSpeakers(trx, scope)) {
    const missing = [...new Set(speakers.map(({ seq }) => seq))].filter((seq) => !kept.has(seq))
    if (missing.length > 0)
      for (const { seq, message } of await messagesNumbered(trx, scope.zoneId, missing))
        kept.add(seq, message)
    for (const { owner, seq } of speakers) yield { owner, seq, said: kept.take(seq) }
    kept.forgetOldest()
  }
}

/** What is said of a name. */
export function saidOf(said: SaidByName | undefined, name: Name): Said {
  return said?.get(name) ?? NOTHING
}

const MOST_KEPT_OCTETS = 8 << 20

/** Decoded messages; those that were taken last stay. */
export class KeptMessages {
  private readonly messages = new Map<number, { readonly said: SaidByName; readonly octets: number }>()
  private octets = 0
  private readonly most: number

  constructor(most = MOST_KEPT_OCTETS) {
    this.most = most
  }

  has(seq: number): boolean {
    return this.messages.has(seq)
  }

  add(seq: number, message: Uint8Array): void {
    this.messages.set(seq, { said: saidIn(message), octets: message.length })
    this.octets += message.length
  }

  take(seq: number): SaidByName {
    const message = this.messages.get(seq)
    if (message === undefined) return new Map()
    // a map keeps the order in which keys came
    this.messages.delete(seq)
    this.messages.set(seq, message)
    return message.said
  }

  forgetOldest(): void {
    for (const [seq, { octets }] of this.messages) {
      if (this.octets <= this.most) return
      this.messages.delete(seq)
      this.octets -= octets
    }
  }
}

function saidIn(octets: Uint8Array): SaidByName {
  const said = new Map<Name, { asked: ResourceRecord[]; prerequisites: boolean }>()
  const at = (record: ResourceRecord) => {
    const name = canonicalName(record.name)
    const known = said.get(name) ?? { asked: [], prerequisites: false }
    said.set(name, known)
    return known
  }
  const message = decodeMessage(octets)
  if (!message.ok) return said
  for (const record of message.value.authorities) at(record).asked.push(record)
  for (const record of message.value.answers) at(record).prerequisites = true
  return said
}
