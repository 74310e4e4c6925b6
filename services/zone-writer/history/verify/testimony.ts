import { hex } from './chain.ts'
import { readCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { type Fault, fault } from './fault.ts'

/** What signed checkpoints say of one zone: the hash of each event that they name. */
export interface Testimony {
  readonly hashes: ReadonlyMap<number, string>
  /** The highest event that a checkpoint names; 0 where there is none. */
  readonly last: number
  readonly faults: readonly Fault[]
}

/** Believes the checkpoints of this zone that were signed with that key; the others are faults. */
export function testimonyOf(
  checkpoints: readonly SignedCheckpoint[],
  publicKey: string,
  zoneId: number,
): Testimony {
  const hashes = new Map<number, string>()
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
    const known = hashes.get(said.seq)
    if (known !== undefined && known !== hex(said.hash))
      faults.push(
        fault(
          said.seq,
          'checkpoint',
          'two signed checkpoints contradict each other: history was rewritten between them',
        ),
      )
    else hashes.set(said.seq, hex(said.hash))
  }
  return { hashes, last: Math.max(0, ...hashes.keys()), faults }
}
