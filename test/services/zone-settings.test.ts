import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { down, up } from '../../migrations/2026-11-22b-zone-settings.ts'
import { advanceZones, lockZones } from '../../services/zone-writer/store/zones.ts'
import { compareSerial, type Serial } from '../../shared/dns/serial.ts'
import { DEFAULT_TRANSFERS } from '../../shared/transfers/transfer-settings.ts'
import { DEFAULT_SETTINGS, type ZoneSettings } from '../../shared/zone-settings.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { type RunningWriter, TestSystem } from '../support/system.ts'

const BY_DEFAULT = 3 // SOA, NS, and the address of the name server

describe('settings of a zone', () => {
  let system: TestSystem
  let writer: RunningWriter
  let api: AdminApi
  let client: DnsClient
  let zoneId: number

  before(async () => {
    const started = await TestSystem.start()
    ;({ system, writer, api } = started)
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    client = await DnsClient.to(started.edge.port)
  })
  after(async () => {
    client?.close()
    await system?.close()
  })

  async function patch(body: object, zone = 'example.com') {
    const answer = await api.fetch(`/v1/zones/${zone}`, {
      method: 'PATCH',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    return { status: answer.status, body: (await answer.json()) as { code?: string } }
  }
  const set = async (settings: Partial<ZoneSettings>) => {
    const answer = await patch({ settings })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const cli = (line: string) =>
    runCli(line.split(' '), { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token })
  const zone = () => api.get('/v1/zones/example.com')
  const add = (...names: string[]) =>
    client.rcode(update({ updates: names.map((name) => addA(`${name}.example.com.`, '192.0.2.1')) }))
  const remove = (name: string) =>
    client.rcode(update({ updates: [{ ...addA(`${name}.example.com.`, '192.0.2.1', 0), class: 254 }] }))

  /** What is kept is what there is. */
  async function countIs(expected: number): Promise<void> {
    const { rows } = await sql<{ kept: number; counted: number }>`
      select record_count as kept, (select sum(cardinality(rdata)) from rrset where zone_id = zone.id)::bigint as counted
      from zone where id = ${zoneId}`.execute(system.db)
    assert.deepEqual(rows, [{ kept: expected, counted: expected }])
  }

  describe('over the API', () => {
    it('a new zone has the defaults', async () => assert.deepEqual((await zone()).settings, DEFAULT_SETTINGS))
    it('changes what is given and keeps the rest; leaves no event and moves no serial', async () => {
      const { serial, seq } = await zone()
      await set({ maxTypesPerName: 7 })
      const answer = await set({ maxRecords: 1_000, maxRecordsPerRrset: 0 })
      const settings = {
        serialPolicy: 'increment',
        maxRecords: 1_000,
        maxRecordsPerRrset: 0,
        maxTypesPerName: 7,
        maxUpdatesPerIdentity: { count: 0, seconds: 60 },
        leases: { least: 0, longest: 0 },
      }
      assert.deepEqual(answer, { id: zoneId, name: 'example.com.', settings, transfers: DEFAULT_TRANSFERS })
      const after = await zone()
      assert.deepEqual([after.settings, after.serial, after.seq], [settings, serial, seq])
      await set(DEFAULT_SETTINGS)
    })
    it('refuses what it does not know, and changes nothing then', async () => {
      for (const body of [
        {},
        { settings: {} },
        { settings: { serialPolicy: 'random' } },
        { settings: { maxRecords: -1 } },
        { settings: { maxRecords: 2 ** 31 } },
        { settings: { maxRecords: 1.5 } },
        { settings: { maxRecords: 10, maxTypes: 3 } },
        { settings: { maxRecords: 10 }, name: 'example.net' },
      ]) {
        const answer = await patch(body)
        assert.deepEqual([answer.status, answer.body.code], [400, 'bad-request'], JSON.stringify(body))
      }
      assert.deepEqual((await zone()).settings, DEFAULT_SETTINGS)
    })
    it('says when there is no such zone', async () => {
      const answer = await patch({ settings: { maxRecords: 1 } }, 'exmaple.com')
      assert.deepEqual([answer.status, answer.body.code], [404, 'zone-not-found'])
    })
  })

  describe('on the command line', () => {
    it('zone set changes and shows them, zone show too', async () => {
      const { out, status } = await cli(
        'zone set example.com --serial-policy date --max-records 50 --max-types-per-name 0 --max-updates-per-identity 10/60s',
      )
      assert.equal(status, 0)
      const shown =
        /serial-policy +date\nmax-records +50\nmax-records-per-rrset +100\nmax-types-per-name +no limit\nmax-updates-per-identity +10\/1m\n/
      assert.match(out, shown)
      assert.match((await cli('zone show example.com')).out, shown)
      const json = JSON.parse(
        (await cli('zone set example.com --max-records 0 --max-updates-per-identity 0 --json')).out,
      )
      assert.deepEqual(json.settings, { ...DEFAULT_SETTINGS, serialPolicy: 'date', maxTypesPerName: 0 })
      await set(DEFAULT_SETTINGS)
    })
    it('says what is wrong', async () => {
      for (const [line, message] of [
        ['zone set example.com', /Say what to set/],
        ['zone set example.com --serial-policy daily', /one of increment, unixtime, date, not 'daily'/],
        ['zone set example.com --max-records many', /--max-records is a whole number .* not 'many'/],
        ['zone set example.com --max-records 2147483648', /up to 2147483647/],
        [
          'zone set example.com --max-updates-per-identity 10',
          /N\/PERIOD such as 10\/1m or 100\/h, or 0, not '10'/,
        ],
      ] as const) {
        const { status, err } = await cli(line)
        assert.equal(status, 2)
        assert.match(err, message)
      }
    })
  })

  describe('limits hold for updates', () => {
    it('one that would exceed a limit is refused as a whole, and its event says why', async () => {
      await set({ maxRecords: BY_DEFAULT + 2 })
      assert.equal(await add('a', 'b'), 'NOERROR')
      assert.equal(await add('c'), 'REFUSED')
      const events = await historyIsWhole(system, zoneId)
      const { section, reason, detail } = events.at(-1)!
      assert.deepEqual([section, reason], ['3.4.2', 'limit'])
      assert.equal(detail, 'the zone would have 6 records; it may have 5 (its setting max-records)')
      assert.equal(await remove('a'), 'NOERROR')
      assert.equal(await add('c'), 'NOERROR')
      await set({ maxRecords: 0 })
      assert.equal(await add('d'), 'NOERROR')
      await countIs(BY_DEFAULT + 3)
    })
    it('under many updates at once no more get in than may', async () => {
      await set({ maxRecords: BY_DEFAULT + 3 + 10 })
      const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => add(`many-${index}`)))
      assert.equal(answers.filter((rcode) => rcode === 'NOERROR').length, 10)
      assert.equal(answers.filter((rcode) => rcode === 'REFUSED').length, 20)
      await countIs(BY_DEFAULT + 3 + 10)
    })
    it('a limit that was lowered beneath what is there lets the zone shrink', async () => {
      await set({ maxRecords: 1 })
      assert.deepEqual([await remove('d'), await add('d')], ['NOERROR', 'REFUSED'])
      await set({ maxRecords: 0 })
      await countIs(BY_DEFAULT + 3 + 9)
    })
  })

  const file = (lines: string[]) =>
    ['@ 300 SOA ns1 host 5 3600 600 86400 60', '@ 300 NS ns1', ...lines, ''].join('\n')
  async function importZone(lines: string[], name = 'example.com'): Promise<void> {
    const answer = await api.fetch(`/v1/zones/${name}/contents`, {
      method: 'PUT',
      body: file(lines),
      headers: { 'content-type': 'text/dns' },
    })
    assert.equal(answer.status, 200, await answer.text())
  }

  describe('the count of records', () => {
    it('follows an import, which no limit holds up', async () => {
      await set({ maxRecords: 5 })
      await importZone(
        Array.from({ length: 300 }, (_, index) => `www 300 A 192.0.${index >> 8}.${index & 255}`),
      )
      await countIs(302)
      assert.equal(await add('e'), 'REFUSED')
      await importZone(['ns1 300 A 192.0.2.1'])
      await countIs(3)
      assert.equal(await add('e'), 'NOERROR')
      await countIs(4)
    })
    it('is made anew where it is not known, and then kept', async () => {
      await sql`update zone set record_count = null where id = ${zoneId}`.execute(system.db)
      const [row] = await system.db.transaction().execute((trx) => lockZones(trx, [zoneId]))
      assert.equal(row!.recordCount, 4)
      assert.deepEqual([await add('f'), await add('g')], ['NOERROR', 'REFUSED'])
      await countIs(5)
    })
    it('is made anew by whoever moves a zone on without one', async () => {
      const last = (await historyIsWhole(system, zoneId)).at(-1)!
      await sql`update zone set record_count = 99 where id = ${zoneId}`.execute(system.db)
      await system.db.transaction().execute((trx) => advanceZones(trx, [{ from: last.seq, last }]))
      await countIs(5)
    })
  })

  describe('serial policies', () => {
    const serial = async () => (await zone()).serial as Serial
    const secondNow = () => Math.floor(Date.now() / 1_000)
    before(async () => await set({ ...DEFAULT_SETTINGS }))

    it('unixtime: the second in which the writer decided', async () => {
      await set({ serialPolicy: 'unixtime' })
      const before = secondNow()
      assert.equal(await add('unix'), 'NOERROR')
      const now = await serial()
      assert.ok(now >= before && now <= secondNow(), String(now))
    })
    it('date: the day, then a number more a change', async () => {
      await set({ serialPolicy: 'date' })
      const dayOf = () => Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''))
      const before = dayOf() * 100
      assert.equal(await add('day'), 'NOERROR')
      const first = await serial()
      assert.ok(first === before || first === dayOf() * 100)
      assert.equal(await add('again'), 'NOERROR')
      assert.equal(compareSerial(first, await serial()), -1)
    })
    it('back to unixtime the serial stands later than the clock, so it counts on', async () => {
      await set({ serialPolicy: 'unixtime' })
      const before = await serial()
      assert.equal(await add('later'), 'NOERROR')
      assert.equal(await serial(), before + 1)
    })
    it('an import whose serial is not later moves it in the same way', async () => {
      const name = 'imported.test'
      await api.createZone(name, { file: file(['ns1 300 A 192.0.2.1']) })
      await patch({ settings: { serialPolicy: 'unixtime' } }, name)
      const before = secondNow()
      await importZone(['ns1 300 A 192.0.2.2'], name)
      const { serial: now } = await api.get(`/v1/zones/${name}`)
      assert.ok(now >= before && now <= secondNow(), String(now))
    })
    it('history stays whole', async () => void (await historyIsWhole(system, zoneId)))
  })

  it('a writer that starts later knows them', async () => {
    await set({ maxRecordsPerRrset: 1 })
    await writer.close()
    await system.writer()
    const twice = [addA('two.example.com.', '192.0.2.1'), addA('two.example.com.', '192.0.2.2')]
    assert.equal(await client.rcode(update({ updates: twice })), 'REFUSED')
  })
})

it('the migration gives zones that are there the defaults, and counts their records', async () => {
  const system = await TestSystem.prepare()
  const { db } = system
  await down(db as Kysely<unknown>)
  await sql`
    with z as (insert into zone (name, seq, serial, hash) values ('full.test.', 1, 1, ''), ('empty.test.', 1, 1, '') returning id, name)
    insert into rrset
    select id, owner, 1, owner, 300, array['\\x01'::bytea, '\\x02'] from z, (values ('a.full.test.'), ('b.full.test.')) as owners (owner)
    where name = 'full.test.'`.execute(db)
  await up(db as Kysely<unknown>)
  const zones = await db
    .selectFrom('zone')
    .select(['name', 'record_count', 'serial_policy', 'max_records', 'max_records_per_rrset'])
    .orderBy('name')
    .execute()
  const settings = { serial_policy: 'increment', max_records: 0, max_records_per_rrset: 100 }
  assert.deepEqual(zones, [
    { name: 'empty.test.', record_count: 0, ...settings },
    { name: 'full.test.', record_count: 4, ...settings },
  ])
  await system.close()
})
