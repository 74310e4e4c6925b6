import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { compactZone } from '../../services/zone-writer/admin/compact-zone.ts'
import { zoneTimeline } from '../../services/zone-writer/admin/read-timeline.ts'
import { hex } from '../../services/zone-writer/history/verify/chain.ts'
import { signingKey } from '../../services/zone-writer/history/verify/checkpoint.ts'
import { type DbTransaction, findZoneById } from '../../services/zone-writer/store/admin-zones.ts'
import { forgetDerived } from '../../services/zone-writer/store/compaction.ts'
import { lockProgress } from '../../services/zone-writer/store/history-progress.ts'
import { storedZone } from '../../services/zone-writer/store/verification.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { historyOf } from '../support/history.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { administrationAt, oldHistory } from './random-history.ts'

const ZONE = 'example.com'
const OLD_EVENTS = 40

/** A writer of the release before keeps the index and knows nothing of counts: it runs beside this one while a system is upgraded. */
describe('the counts of events by minutes and hours are those of the events', () => {
  let system: TestSystem
  let api: AdminApi
  let zoneId: number
  const signer = signingKey(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )

  before(async () => {
    system = await TestSystem.prepare()
    zoneId = await oldHistory(system, OLD_EVENTS, 3, 5)
    api = system.api(await system.writer({ ZONELOG_VERIFY_SHARE: '0' }))
    await change(4)
  })
  after(() => system?.close())

  async function change(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      // half of them change nothing
      const values = [`192.0.2.${1 + (n >> 1)}`]
      await api.post(`/v1/zones/${ZONE}/changes`, {
        changes: [{ action: 'replace', name: 'a', type: 'A', ttl: 60, values }],
      })
    }
  }

  /** All of them by hours, and those of the half hour that it begins with by minutes; `most` are counted one by one. */
  async function counted(most?: number) {
    const whole = await sums({ buckets: 1 }, most)
    const since = (await historyOf(system, zoneId))[0]!.decidedAt
    return { whole, beginning: await sums({ since, until: since + 1_800_000, buckets: 1 }, most) }
  }
  async function sums(wanted: Parameters<typeof zoneTimeline>[2], most?: number) {
    const found = await zoneTimeline(system.db, ZONE, wanted, Date.now(), most)
    assert.ok(found.ok)
    const { counts, cut } = found.value
    const sum = (kind: 'applied' | 'unchanged' | 'refused') =>
      counts.reduce((total, each) => total + each[kind], 0)
    return { applied: sum('applied'), unchanged: sum('unchanged'), refused: sum('refused'), cut }
  }
  async function becomeRight(): Promise<void> {
    const expected = await counted()
    const { applied, unchanged, refused } = expected.whole
    assert.equal(applied + unchanged + refused, (await historyOf(system, zoneId)).length)
    // the follower rests for a multiple of what each step took
    const isKept = async () => isDeepStrictEqual(await counted(1), expected)
    await until('what is kept says the same', isKept, 90_000)
  }

  /** Replaces the events up to one by a snapshot. */
  async function compact(upTo: number): Promise<void> {
    await until(
      'its events are on NATS',
      async () => (await storedZone(system.db, zoneId))!.publishedSeq >= upTo,
    )
    const { hash } = (await historyOf(system, zoneId)).find(({ seq }) => seq === upTo)!
    const by = { by: 'system', source: { address: '', port: 0 } } as const
    const request = { upTo, hash: hex(hash), exported: 'elsewhere', ...by }
    let last: object | undefined
    const admin = administrationAt(system, Date.now)
    for await (const step of compactZone(admin, (await findZoneById(system.db, zoneId))!, request, signer))
      last = step
    assert.equal((last as { ok?: boolean }).ok, true, JSON.stringify(last))
  }
  const inTransaction = (work: (trx: DbTransaction) => Promise<void>) => system.db.transaction().execute(work)

  it('behind the commits', becomeRight)

  it('after a history before this release, and after an old writer has moved the index', async () => {
    await inTransaction(async (trx) => {
      await lockProgress(trx, zoneId)
      await change(6)
      await sql`
        update history_progress set seq = (select seq from zone where id = ${zoneId}) where zone_id = ${zoneId}`.execute(
        trx,
      )
    })
    await becomeRight()
    await inTransaction(async (trx) => {
      await trx.deleteFrom('event_count').where('zone_id', '=', zoneId).execute()
      await sql`
        update history_progress set counted_from = default, counted_seq = default where zone_id = ${zoneId}`.execute(
        trx,
      )
    })
    await becomeRight()
  })

  it('after all is derived anew, also by who does not know the counts', async () => {
    await inTransaction((trx) => forgetDerived(trx, zoneId))
    await becomeRight()
    await inTransaction(async (trx) => {
      for (const table of ['rrset_state', 'name_asked', 'zone_snapshot_part', 'history_progress'] as const)
        await trx.deleteFrom(table).where('zone_id', '=', zoneId).execute()
    })
    await becomeRight()
  })

  it('after a compaction within a minute and an hour, at once', async () => {
    await compact(10)
    assert.deepEqual(await counted(1), await counted())
    await becomeRight()
  })

  it('after a compaction by an old writer', async () => {
    const before = await system.db
      .selectFrom('event_count')
      .selectAll()
      .where('zone_id', '=', zoneId)
      .execute()
    const { countedFrom, countedSeq } = await inTransactionOf(lockProgress)
    await compact(20)
    // as it leaves them
    await inTransaction(async (trx) => {
      await lockProgress(trx, zoneId)
      await trx.deleteFrom('event_count').where('zone_id', '=', zoneId).execute()
      await trx.insertInto('event_count').values(before).execute()
      await trx
        .updateTable('history_progress')
        .set({ counted_from: countedFrom, counted_seq: countedSeq })
        .where('zone_id', '=', zoneId)
        .execute()
    })
    await becomeRight()
  })

  it('and of all events when one compaction leaves nothing that was counted', async () => {
    await change(4)
    await inTransaction((trx) => forgetDerived(trx, zoneId))
    await compact(30)
    await becomeRight()
  })

  async function inTransactionOf<T>(work: (trx: DbTransaction, zoneId: number) => Promise<T>): Promise<T> {
    return await system.db.transaction().execute((trx) => work(trx, zoneId))
  }
})
