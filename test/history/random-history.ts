import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { Dice, RandomUpdates } from '../clients/random-updates.ts'
import { commandOf } from '../support/command.ts'
import type { TestSystem } from '../support/system.ts'

/** Gives the zone example.com so many random updates, most of them sound, in commits of several. */
export async function randomHistory(
  system: TestSystem,
  zoneId: number,
  count: number,
  seed: number,
): Promise<void> {
  const dice = new Dice(seed)
  const updates = new RandomUpdates(dice, nameOf('example.com'))
  for (let done = 0; done < count; ) {
    const size = Math.min(count - done, 1 + dice.below(10))
    const next = (id: number): Uint8Array => {
      const { bytes } = updates.next(id, dice.below(1_000))
      // an edge answers what it cannot read by itself
      return decodeMessage(bytes).ok ? bytes : next(id)
    }
    const queue = Array.from({ length: size }, (_, index) => ({
      command: commandOf(zoneId, next(done + index), {
        source: { address: dice.of(['127.0.0.1', '127.0.0.2', '192.0.2.7']), port: 1 + dice.below(60_000) },
      }),
      queuedAt: Date.now(),
    }))
    await commitBatch(system.db, queue, Date.now)
    done += size
  }
}
