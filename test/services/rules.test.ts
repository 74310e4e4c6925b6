import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { replaceRules } from '../../services/zone-writer/store/rules.ts'
import { lockZones } from '../../services/zone-writer/store/zones.ts'
import { zoneEntryKey } from '../../shared/catalog.ts'
import { silentLogger } from '../../shared/log.ts'
import { closeNats, connectNats } from '../../shared/messaging/connect.ts'
import { CATALOG_BUCKET } from '../../shared/messaging/subjects.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, keyOf, signed, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const WAITERS = sql<{ count: number }>`
  select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`

describe('update rules that change while updates come in', () => {
  let system: TestSystem
  let api: AdminApi
  let clients: DnsClient[]
  let zoneId: number
  let key: ReturnType<typeof keyOf>

  before(async () => {
    const started = await TestSystem.start()
    system = started.system
    api = started.api
    const second = await system.edge()
    clients = await Promise.all([started.edge, second].map(({ port }) => DnsClient.to(port)))
    key = keyOf(await api.createKey('demo'))
    zoneId = (await api.createZone('example.com')).id
  })
  after(async () => {
    for (const client of clients ?? []) client.close()
    await system?.close()
  })

  let count = 0
  const ask = (client: DnsClient, name = 'www.example.com.') =>
    client.rcode(signed(update({ updates: [addA(name, `192.0.2.${++count}`)] }), key))
  const change = (rules: string[]) => api.put('/v1/zones/example.com/rules', { rules })
  const bothSay = async (rcode: string, name?: string) =>
    await until(`both edges say ${rcode}`, async () => {
      const rcodes = await Promise.all(clients.map((client) => ask(client, name)))
      return rcodes.every((each) => each === rcode)
    })
  const newest = async () => (await historyIsWhole(system, zoneId)).at(-1)!

  it('are in force on every edge: nobody, a key, its names, nobody again', async () => {
    await bothSay('REFUSED')
    await change(['grant demo name www A'])
    await bothSay('NOERROR')
    const before = (await newest()).seq
    await bothSay('REFUSED', 'other.example.com.')
    const { seq, reason, detail } = await newest()
    assert.equal(reason, 'not-permitted')
    assert.match(
      detail,
      /no rule of 1 matched; the nearest was rule 1 'grant demo name www A', which fails because/,
    )
    // the edges let the key in, so that a writer judged the records
    assert.ok(seq > before)
    await change([])
    await bothSay('REFUSED')
  })

  it('decide in the transaction that holds the zone, also when they changed while an update waited for it', async () => {
    await change(['grant demo name www A', 'grant demo name late A'])
    await bothSay('NOERROR')
    let waiting: Promise<string> | undefined
    await system.db.transaction().execute(async (trx) => {
      await lockZones(trx, [zoneId])
      const list = {
        at: new Date(),
        by: 'system',
        change: 'replaced',
        detail: '',
        rules: ['grant demo name late A'],
      }
      await replaceRules(trx, zoneId, list)
      waiting = ask(clients[0]!)
      await until('the writer waits for the zone', async () => {
        const { rows } = await WAITERS.execute(system.db)
        return rows[0]!.count > 0
      })
    })
    assert.equal(await waiting, 'REFUSED')
    assert.match(
      (await newest()).detail,
      /'grant demo name late A', which fails because www\.example\.com\. is not/,
    )
  })

  describe('a limit of updates for each identity', () => {
    const set = (count: number) =>
      api.patch('/v1/zones/example.com', { settings: { maxUpdatesPerIdentity: { count, seconds: 86_400 } } })
    const fresh = (name = 'www.example.com.') =>
      signed(update({ updates: [addA(name, `192.0.2.${++count}`)] }), key)
    const newestSeq = async () => (await newest()).seq
    let accepted: Uint8Array
    let refused: Uint8Array

    before(async () => {
      await change(['grant demo name www A', 'grant * name any A'])
      await bothSay('NOERROR')
      await set(2)
      // nobody has sent anything to the second edge under the limit
      await until('the second edge knows the limit', async () => (await ask(clients[1]!)) === 'REFUSED')
    })

    it('refuses what is over it before it is a command', async () => {
      await until('the first edge knows the limit', async () => {
        accepted = fresh()
        if ((await clients[0]!.rcode(accepted)) === 'REFUSED') return true
        return false
      })
      const seq = await newestSeq()
      refused = fresh()
      assert.equal(await clients[0]!.rcode(refused), 'REFUSED')
      assert.equal(await newestSeq(), seq)
    })
    it("is each identity's own", async () => {
      const unsigned = () => update({ updates: [addA('any.example.com.', `192.0.2.${++count}`)] })
      const first = unsigned()
      assert.deepEqual(
        [await clients[0]!.rcode(first), await clients[0]!.rcode(first)],
        ['NOERROR', 'NOERROR'],
      )
      // the re-send was not counted: one is left
      assert.deepEqual(
        [await clients[0]!.rcode(unsigned()), await clients[0]!.rcode(unsigned())],
        ['NOERROR', 'REFUSED'],
      )
    })
    it('is audited with its reason', async () =>
      await until('the audit has it', async () => {
        const { refusals } = await api.get('/v1/refusals')
        return refusals.some(
          ({ reason, claimedKey }: { reason: string; claimedKey: string }) =>
            reason === 'rate-limited' && claimedKey === 'demo.',
        )
      }))
    it('what was refused stays refused, when there is room again as well (P3)', async () => {
      await set(0)
      await bothSay('NOERROR')
      assert.equal(await clients[0]!.rcode(refused), 'REFUSED')
    })
  })

  it('of a newer program than the edge stop updates there, and queries go on', async () => {
    await change(['grant demo name www A'])
    await bothSay('NOERROR')
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const bucket = await nats.jetstream().views.kv(CATALOG_BUCKET, { bindOnly: true })
    const entry = await bucket.get(zoneEntryKey(zoneId))
    const newer = { ...entry!.json<object>(), rules: ['grant demo name www A if-the-moon-is-full'] }
    await bucket.put(zoneEntryKey(zoneId), JSON.stringify(newer))
    await bothSay('SERVFAIL')
    assert.ok((await clients[0]!.query('www.example.com.', 'A')).length > 0)
    await closeNats(nats)
  })
})
