import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import type { Outcome } from '../../services/zone-writer/admin/failure.ts'
import { importZone } from '../../services/zone-writer/admin/import-zone.ts'
import { exportZone } from '../../services/zone-writer/admin/read-zones.ts'
import { type DbTransaction, inTransaction } from '../../services/zone-writer/store/admin-zones.ts'
import { applyChanges, compareStaged } from '../../services/zone-writer/store/changed-rrsets.ts'
import { eventsAfter } from '../../services/zone-writer/store/events.ts'
import { saveRRsets } from '../../services/zone-writer/store/rrsets.ts'
import { groupStaged, openStaging } from '../../services/zone-writer/store/staged-records.ts'
import { lockZones } from '../../services/zone-writer/store/zones.ts'
import { Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { chainEvent, hashHolds, NO_HASH } from '../../shared/events/event-codec.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'
import { administration, listOf, NOBODY } from './fixture.ts'

const head = (serial: number) =>
  `$TTL 300\n@ SOA ns1 host ${serial} 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n`

describe('importing a zone file into a zone', () => {
  let context: Awaited<ReturnType<typeof administration>>
  before(async () => {
    context = await administration()
  })
  after(() => context.close())

  const create = async (name: string, file: string) =>
    value(await createZone(context.admin, { name, file: [file], allowUpdate: [], ...NOBODY })).id
  const replace = async (name: string, file: string) =>
    value(await importZone(context.admin, { name, file: [file], ...NOBODY }))
  const exported = async (name: string) => await listOf(value(await exportZone(context.db, name)))

  /** P6: all events, after checking that they are chained and fold to exactly what is stored. */
  async function history(id: number, name: string) {
    const events = await eventsAfter(context.db, id, 0, 1_000)
    const folded = new ZoneContents(nameOf(name))
    let hash = NO_HASH
    for (const event of events) {
      assert.deepEqual(hex(event.previousHash), hex(hash))
      assert.ok(hashHolds(event), `hash of event ${event.seq}`)
      hash = event.hash
      if (event.diff.length === 0) continue
      const diff = decodeDiff(event.diff)
      assert.ok(diff.ok)
      folded.apply(diff.value)
    }
    assert.deepEqual(comparable(folded.rrsets()), comparable(await stored(id)))
    const [zone] = await inTransaction(context.db, (trx) => lockZones(trx, [id]))
    assert.equal(zone!.seq, events.length)
    assert.equal(zone!.serial, events.at(-1)!.serialAfter)
    assert.equal(hex(zone!.hash), hex(hash))
    return events
  }

  async function stored(id: number): Promise<RRset[]> {
    const rows = await context.db.selectFrom('rrset').selectAll().where('zone_id', '=', id).execute()
    return rows.map((row) => ({
      name: nameGiven(row.owner_as_given),
      type: row.type,
      ttl: row.ttl,
      rdata: row.rdata,
    }))
  }

  function changes(event: { diff: Uint8Array }): { removed: string[]; added: string[] } {
    const diff = decodeDiff(event.diff)
    assert.ok(diff.ok)
    return { removed: diff.value.removed.map(recordToText), added: diff.value.added.map(recordToText) }
  }

  it('of any size looks at each RRset but once, though the statistics do not know of the zone yet', async () => {
    await create('known.example.', head(1) + hosts(500))
    await sql`analyze rrset`.execute(context.db)
    const id = await create('just-come.example.', head(1) + hosts(2_000))
    const name = nameOf('h1.just-come.example.')
    await rolledBack(async (trx) => {
      await openStaging(trx)
      await groupStaged(trx)
      await compareStaged(trx, id)
      await applyChanges(trx, id)
      assert.ok((await rowsRead(trx, 'changed_rrset')) < 20_000)
    })
    await rolledBack(async (trx) => {
      const before = await rowsRead(trx, 'rrset')
      await saveRRsets(trx, id, new ZoneContents(nameOf('just-come.example.')), [{ name, type: Type.A }])
      assert.ok((await rowsRead(trx, 'rrset')) < before + 100)
    })
  })

  const hosts = (count: number) => Array.from({ length: count }, (_, n) => `h${n} A 192.0.2.1\n`).join('')

  async function rolledBack(work: (trx: DbTransaction) => Promise<void>): Promise<void> {
    const done = new Error('done')
    const ended = inTransaction(context.db, async (trx) => {
      await work(trx)
      throw done
    })
    await assert.rejects(ended, done)
  }

  /** By the statements of this transaction so far, and by those before it that its connection has not reported yet. */
  async function rowsRead(trx: DbTransaction, table: string): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint as count
      from pg_stat_xact_all_tables where relname = ${table}`.execute(trx)
    return rows[0]!.count
  }

  it('is one event of kind import that holds only what differs, and folds to what is stored (P6)', async () => {
    const id = await create(
      'diff.test',
      `${head(1)}a A 192.0.2.1\na A 192.0.2.2\na A 192.0.2.3\ngone TXT x\nsame MX 10 Mail\n`,
    )
    const result = await replace(
      'diff.test',
      `${head(2)}same MX 10 mail\nA A 192.0.2.9\nA A 192.0.2.3\nA A 192.0.2.1\nnew TXT y\n`,
    )
    assert.deepEqual([result.serialBefore, result.serial, result.removed, result.added], [1, 2, 2, 2])
    const events = await history(id, 'diff.test')
    assert.deepEqual(
      events.map(({ kind, reason }) => `${kind} ${reason}`),
      ['create applied', 'import applied'],
    )
    assert.deepEqual(changes(events[1]!), {
      removed: ['a.diff.test. 300 IN A 192.0.2.2', 'gone.diff.test. 300 IN TXT "x"'],
      added: ['a.diff.test. 300 IN A 192.0.2.9', 'new.diff.test. 300 IN TXT "y"'],
    })
    assert.deepEqual(context.published.at(-1)?.seq, 2)
  })

  it('replaces sets whose TTL changes, and gives an owner the case of the set that is new', async () => {
    const id = await create('ttl.test', `${head(1)}a 60 A 192.0.2.1\nb A 192.0.2.1\n`)
    await replace('ttl.test', `${head(2)}A 61 A 192.0.2.1\nB A 192.0.2.2\n`)
    assert.deepEqual((await exported('ttl.test')).slice(2, 4), [
      'A.ttl.test. 61 IN A 192.0.2.1',
      'B.ttl.test. 300 IN A 192.0.2.2',
    ])
    await history(id, 'ttl.test')
  })

  it('leaves order and case of what stays as they were', async () => {
    const id = await create('stays.test', `${head(1)}a A 192.0.2.2\na A 192.0.2.1\nm MX 1 Mail\n`)
    const before = comparable(await stored(id))
    const result = await replace('stays.test', `${head(1)}M MX 1 mail\nA A 192.0.2.1\nA A 192.0.2.2\n`)
    assert.deepEqual([result.serial, result.removed, result.added], [1, 0, 0])
    assert.deepEqual(comparable(await stored(id)), before)
    const events = await history(id, 'stays.test')
    assert.deepEqual([events[1]?.kind, events[1]?.reason, events[1]?.diff.length], ['import', 'unchanged', 0])
  })

  describe('RFC 1982, P7: the serial', () => {
    const cases: [title: string, stored: number, given: number, changed: boolean, after: number][] = [
      ['is that of the file where that is later', 5, 9, true, 9],
      ['is that of the file where that is later, even if nothing else changes', 5, 9, false, 9],
      ['is the next one where that of the file is the same', 5, 5, true, 6],
      ['is the next one where that of the file is earlier', 5, 4, true, 6],
      ['is the next one where the two have no order', 5, 5 + 2 ** 31, true, 6],
      ['wraps, and leaves 0 out', 2 ** 32 - 1, 2 ** 32 - 1, true, 1],
      ['is later over the wrap', 2 ** 32 - 1, 7, true, 7],
      ['stays where nothing changes', 5, 4, false, 5],
    ]
    for (const [at, [title, stored, given, changed, after]] of cases.entries())
      it(title, async () => {
        const name = `serial${at}.test`
        const id = await create(name, head(stored))
        const result = await replace(name, head(given) + (changed ? 'x A 192.0.2.7\n' : ''))
        assert.equal(result.serial, after)
        assert.equal(result.warnings.length, changed && after !== given ? 1 : 0)
        await history(id, name)
      })
    it('moves for another SOA alone', async () => {
      const id = await create('soa.test', head(5))
      assert.equal((await replace('soa.test', head(5).replace('host', 'Admin'))).serial, 6)
      await history(id, 'soa.test')
    })
  })

  it('changes nothing for a file with faults, and says them all', async () => {
    const id = await create('faulty.test', head(1))
    const refused = await importZone(context.admin, {
      name: 'faulty.test',
      file: ['$TTL 1\n@ NS ns1\nc CNAME d\nc A 192.0.2.1\nsub SOA a b 1 2 3 4 5\n'],
      ...NOBODY,
    })
    assert.ok(!refused.ok)
    assert.deepEqual(refused.details, [
      { message: 'there is no SOA record at faulty.test.' },
      { message: 'an SOA record may stand only at faulty.test., not at sub.faulty.test.', line: 5 },
      { message: 'c.faulty.test. has a CNAME record and also A', line: 4 },
    ])
    assert.equal((await history(id, 'faulty.test')).length, 1)
  })

  it('finds the change anew when an update came in between (P9)', async () => {
    const id = await create('race.test', head(1))
    const both = await Promise.all([
      replace('race.test', `${head(1)}a A 192.0.2.1\n`),
      replace('race.test', `${head(1)}b A 192.0.2.1\n`),
      replace('race.test', `${head(1)}c A 192.0.2.1\n`),
    ])
    assert.deepEqual(both.map(({ serial }) => serial).toSorted(), [2, 3, 4])
    assert.equal((await history(id, 'race.test')).length, 4)
    assert.equal((await exported('race.test')).length, 4)
  })

  it('does not hold up updates while a file comes in', async () => {
    const id = await create('slow.test', head(1))
    let locked = false
    const slow = async function* () {
      yield head(2)
      locked = await inTransaction(context.db, async (trx) => (await lockZones(trx, [id])).length === 1)
      yield 'a A 192.0.2.1\n'
    }
    value(await importZone(context.admin, { name: 'slow.test', file: slow(), ...NOBODY }))
    assert.ok(locked)
  })

  it('of 50,000 records begins and changes a zone; its events, too large to be held, are chained as all are (P6)', async () => {
    const lines = (from: number) =>
      Array.from({ length: 50_000 }, (_, at) => `h${at + from} A 10.0.${at >> 8}.${at & 255}\n`)
    const name = 'large.test'
    const file = function* (serial: number, from: number) {
      yield head(serial)
      yield* lines(from)
    }
    const created = await createZone(context.admin, { name, file: file(1, 0), allowUpdate: [], ...NOBODY })
    const { id, records } = value(created)
    assert.equal(records, 50_003)
    const result = value(await importZone(context.admin, { name, file: file(2, 100), ...NOBODY }))
    // a name that stays has another address now
    assert.deepEqual([result.removed, result.added, result.serial], [50_000, 50_000, 2])
    const [first, second, ...more] = await history(id, name)
    assert.deepEqual(more, [])
    for (const event of [first!, second!])
      assert.equal(hex(chainEvent(event, event.previousHash).hash), hex(event.hash))
    assert.ok(!context.published.some((event) => event.zoneId === id), 'announced by number, or by the sweep')
  })
})

function nameGiven(text: string): RRset['name'] {
  return text as RRset['name']
}

/** Byte for byte, the order of values in a set included. */
function comparable(rrsets: Iterable<RRset>): string[] {
  return [...rrsets]
    .map(({ name, type, ttl, rdata }) => [name, type, ttl, ...rdata.map(hex)].join(' '))
    .sort()
}

function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.message} ${JSON.stringify(outcome.details)}`)
  return outcome.value
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
