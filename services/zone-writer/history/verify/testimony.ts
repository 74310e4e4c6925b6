import { type ChainEnd, hex } from './chain.ts'
import { readCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { type Fault, fault } from './fault.ts'

/** What must be found after an event. The hash of an event covers its serial; what a snapshot carries over covers none. */
export interface Testified {
  readonly hash: string
  readonly serial: number
}

export type TestifiedEvents = ReadonlyMap<number, Testified>

/** What signed checkpoints say of one zone, by the event that they name. */
export interface Testimony {
  readonly events: TestifiedEvents
  /** The highest event that a checkpoint names; 0 where there is none. */
  readonly last: number
  readonly faults: readonly Fault[]
}

/** What is wrong with the end of a chain by what is testified of that event; undefined when nothing. */
export function contradiction(
  { seq, serial, hash }: ChainEnd,
  testified: TestifiedEvents,
): Fault | undefined {
  const said = testified.get(seq)
  if (said === undefined) return undefined
  if (said.hash !== hex(hash))
    return fault(
      seq,
      'hash',
      `a signed checkpoint testifies to the hash ${said.hash}: history was rewritten up to here`,
    )
  if (said.serial === serial) return undefined
  return fault(
    seq,
    'serialAfter',
    `a signed checkpoint testifies to serial ${said.serial}, here it is ${serial}`,
  )
}

/** Believes the checkpoints of this zone that were signed with those keys; the others are faults. */
export function testimonyOf(
  checkpoints: readonly SignedCheckpoint[],
  publicKey: string,
  zoneId: number,
): Testimony {
  const events = new Map<number, Testified>()
  const faults: Fault[] = []
  for (const signed of checkpoints) {
    const said = readCheckpoint(signed, publicKey)
    if (said === 'not-signed') {
      const about = /^event (\d+)$/m.exec(signed.statement)?.[1]
      const seq = about === undefined ? undefined : Number(about)
      faults.push(fault(seq, 'checkpoint', `a checkpoint is not signed with ${publicKey}`))
      continue
    }
    if (said.zoneId !== zoneId) {
      faults.push(
        fault(
          said.seq,
          'checkpoint',
          `a checkpoint is of zone ${said.zoneId} (${said.zone}), not of this one`,
        ),
      )
      continue
    }
    const known = events.get(said.seq)
    const { serial } = said
    const hash = hex(said.hash)
    if (known !== undefined && (known.hash !== hash || known.serial !== serial))
      faults.push(
        fault(
          said.seq,
          'checkpoint',
          'two signed checkpoints contradict each other: history was rewritten between them',
        ),
      )
    else events.set(said.seq, { hash, serial })
  }
  return { events, last: highest(events), faults }
}

/** The highest event that is testified to; 0 where there is none. */
export function highest(events: TestifiedEvents): number {
  let last = 0
  for (const seq of events.keys()) last = Math.max(last, seq)
  return last
}
