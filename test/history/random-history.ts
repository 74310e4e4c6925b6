import type { AdminContext } from '../../services/zone-writer/admin/context.ts'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { masterKeyPlaces } from '../api/fixture.ts'
import { Dice, RandomUpdates } from '../clients/random-updates.ts'
import { commandOf } from '../support/command.ts'
import type { TestSystem } from '../support/system.ts'

const DAY_MS = 24 * 60 * 60_000

/** The administration of a system with another clock; edges hear nothing of what it does. */
export function administrationAt({ db }: Pick<TestSystem, 'db'>, now: () => number): AdminContext {
  return {
    db,
    log: silentLogger(),
    masterKeys: MasterKeys.read(masterKeyPlaces()),
    publisher: { publish: async () => {}, publishNotice: async () => {} },
    catalog: {
      zoneChanged: async () => {},
      keyChanged: async () => {},
      updateTokenChanged: async () => {},
      everythingChanged: async () => {},
    },
    writerId: 'writer-of-another-time',
    now,
  }
}

/** Creates the zone example.com as it would have been days ago, with so many random updates of then. */
export async function oldHistory(
  system: TestSystem,
  count: number,
  days: number,
  seed: number,
): Promise<number> {
  const now = () => Date.now() - days * DAY_MS
  const created = await createZone(administrationAt(system, now), {
    name: 'example.com',
    allowUpdate: ['127.0.0.0/8'],
    by: 'system',
    source: { address: '', port: 0 },
  })
  if (!created.ok) throw new Error(created.message)
  await randomHistory(system, created.value.id, count, seed, now)
  return created.value.id
}

/** Gives the zone example.com so many random updates, most of them sound, in commits of several. */
export async function randomHistory(
  system: TestSystem,
  zoneId: number,
  count: number,
  seed: number,
  now: () => number = Date.now,
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
      queuedAt: now(),
    }))
    await commitBatch(system.commits, queue, now)
    done += size
  }
}
