import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { compactZone } from '../../services/zone-writer/admin/compact-zone.ts'
import { exportHistory } from '../../services/zone-writer/admin/export-history.ts'
import { rebuildInto } from '../../services/zone-writer/admin/rebuild-into.ts'
import { checkRebuild } from '../../services/zone-writer/admin/rebuild-zone.ts'
import { ZoneWatch } from '../../services/zone-writer/history/background/zone-watch.ts'
import { makeCheckpoint } from '../../services/zone-writer/history/checkpoints.ts'
import { compactionText } from '../../services/zone-writer/history/compact/statement.ts'
import { HistoryFold } from '../../services/zone-writer/history/rebuild/fold-history.ts'
import { type ChainEnd, hashedLinkFaults, hex } from '../../services/zone-writer/history/verify/chain.ts'
import {
  type SignedCheckpoint,
  type SigningKey,
  signingKey,
} from '../../services/zone-writer/history/verify/checkpoint.ts'
import { contradiction } from '../../services/zone-writer/history/verify/testimony.ts'
import { verifyFile } from '../../services/zone-writer/history/verify/verify-file.ts'
import { type Verification, verifyIn } from '../../services/zone-writer/history/verify/verify-zone.ts'
import {
  type DbTransaction,
  findZoneById,
  inTransaction,
  inUndoneTransaction,
} from '../../services/zone-writer/store/admin-zones.ts'
import { claimCompaction } from '../../services/zone-writer/store/compaction.ts'
import { eventsAfter, insertEvents } from '../../services/zone-writer/store/events.ts'
import { openFold } from '../../services/zone-writer/store/folded-rrsets.ts'
import { type EventPage, storedEvents } from '../../services/zone-writer/store/stored-events.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { chainEvent } from '../../shared/events/event-codec.ts'
import type { EventKind } from '../../shared/events/zone-event.ts'
import { encodeDiff } from '../../shared/zone-diff.ts'
import { fold } from '../support/history.ts'
import { APEX } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'
import { administrationAt, randomHistory } from './random-history.ts'

/** What a superuser of Postgres may do to a history, and that it is found (docs/history.md). */

const UPDATES = 80
const FIRST_OCTET = `case when octet_length($) > 0 then set_byte($, 0, (get_byte($, 0) + 1) % 256) else '\\x00'::bytea end`

const tables = await columnsOf(await TestSystem.prepare())

/** Columns of `zone` that follow from its history. The others are settings and bookkeeping, which no event tells of. */
const ZONE_COLUMNS = ['id', 'name', 'seq', 'serial', 'hash', 'deleted_at', 'record_count']

describe('P6 a history that was tampered with', () => {
  let system: TestSystem
  let zoneId: number
  let key: SigningKey
  let target: number
  let kept: SignedCheckpoint

  before(async () => {
    system = tables.system
    const writer = await system.writer()
    zoneId = (await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    await writer.close()
    key = signingKey(
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    // whatever the writer signed, with its own key, is not what this test is about
    await sql`delete from checkpoint`.execute(system.db)
    await randomHistory(system, zoneId, UPDATES / 2, 11)
    const { statement, signature } = (await makeCheckpoint(system.db, key, zoneId, Date.now()))!
    kept = { statement, signature }
    await randomHistory(system, zoneId, UPDATES / 2, 12)
    const events = await eventsAfter(system.db, zoneId, 0, 1_000)
    target = events.find(
      ({ seq, reason, kind }) => seq > 10 && reason === 'applied' && kind === 'update',
    )!.seq
  })
  after(() => system?.close())

  const verification = async (
    trx: DbTransaction,
    publicKey = key.public,
    checkpoints: SignedCheckpoint[] = [],
  ): Promise<Verification> => {
    let found: Verification | undefined
    for await (const step of verifyIn(trx, { id: zoneId, name: APEX }, { publicKey, checkpoints }))
      if ('schema' in step) found = step
    return found!
  }

  /** What verification finds after a change that is then taken back. */
  const afterwards = async (
    tamper: (trx: DbTransaction) => Promise<unknown>,
    publicKey?: string,
    checkpoints?: SignedCheckpoint[],
  ): Promise<Verification> => {
    const trx = await system.db.startTransaction().execute()
    try {
      // a superuser is bound by no foreign key
      await sql`set local session_replication_role = replica`.execute(trx)
      await tamper(trx)
      return await verification(trx, publicKey, checkpoints)
    } finally {
      await trx.rollback().execute()
    }
  }
  const isFound = (found: Verification, seq?: number) => {
    assert.equal(found.ok, false)
    if (seq !== undefined) assert.equal(found.faults[0]?.seq, seq, JSON.stringify(found.faults))
  }

  it('is whole before', async () => {
    const found = await afterwards(async () => {})
    assert.deepEqual(found.faults, [])
    assert.equal(found.events, UPDATES + 1)
    assert.equal(found.checkpoints, 1)
    assert.ok(found.redecided > UPDATES / 3, `${found.redecided} decided again`)
  })

  for (const { name, type } of tables.zone_event)
    for (const change of changesOf(type))
      it(`is found when ${name} of an event is changed by ${change}`, async () => {
        const found = await afterwards((trx) =>
          sql`update zone_event set ${sql.id(name)} = ${sql.raw(change.replaceAll('$', `"${name}"`))}
              where zone_id = ${zoneId} and seq = ${target}`.execute(trx),
        )
        isFound(found)
        const first = found.faults[0]!.seq!
        assert.ok([target, target + 1].includes(first), JSON.stringify(found.faults))
      })

  for (const { name, type } of tables.rrset)
    for (const change of changesOf(type))
      it(`is found when ${name} of an RRset is changed by ${change}`, async () =>
        isFound(
          await afterwards((trx) =>
            sql`update rrset set ${sql.id(name)} = ${sql.raw(change.replaceAll('$', `"${name}"`))}
                where zone_id = ${zoneId} and owner = ${APEX} and type = 2`.execute(trx),
          ),
        ))

  for (const { name, type } of tables.zone.filter((column) => ZONE_COLUMNS.includes(column.name)))
    for (const change of changesOf(type))
      it(`is found when ${name} of the zone is changed by ${change}`, async () =>
        isFound(
          await afterwards(async (trx) => {
            if (name === 'id') await sql`alter table zone alter column id drop identity`.execute(trx)
            await sql`update zone set ${sql.id(name)} = ${sql.raw(change.replaceAll('$', `"${name}"`))} where id = ${zoneId}`.execute(
              trx,
            )
          }),
        ))

  for (const { name, type } of tables.checkpoint)
    for (const change of changesOf(type)) {
      // how a checkpoint is found, and whether it was announced: what it says is in its statement
      if (['zone_id', 'seq', 'published'].includes(name)) continue
      it(`is found when ${name} of a checkpoint is changed by ${change}`, async () =>
        isFound(
          await afterwards((trx) =>
            sql`update checkpoint set ${sql.id(name)} = ${sql.raw(change.replaceAll('$', `"${name}"`))}`.execute(
              trx,
            ),
          ),
        ))
    }

  it('is found when an event is deleted, and it is named', async () => {
    const remove = (seq: number) => (trx: DbTransaction) =>
      sql`delete from zone_event where zone_id = ${zoneId} and seq = ${seq}`.execute(trx)
    isFound(await afterwards(remove(target)), target + 1)
    isFound(await afterwards(remove(1)), 2)
    isFound(await afterwards(remove(UPDATES + 1)))
  })

  it('is found when an event is inserted: a copy at the end, or one between two', async () => {
    const copy = (from: number, to: number) => (trx: DbTransaction) =>
      sql`
        insert into zone_event
        select (jsonb_populate_record(e, jsonb_build_object('seq', ${to}::bigint, 'command_id', gen_random_uuid()))).*
        from zone_event e where zone_id = ${zoneId} and seq = ${from}`.execute(trx)
    isFound(await afterwards(copy(target, UPDATES + 2)), UPDATES + 2)
    const between = async (trx: DbTransaction) => {
      await sql`update zone_event set seq = seq + 1000 where zone_id = ${zoneId} and seq > ${target}`.execute(
        trx,
      )
      await sql`update zone_event set seq = seq - 999 where zone_id = ${zoneId} and seq > 1000`.execute(trx)
      await copy(target, target + 1)(trx)
    }
    isFound(await afterwards(between), target + 1)
  })

  it('is found when two events change places', async () => {
    const swap = async (trx: DbTransaction) => {
      for (const [from, to] of [
        [target, 0],
        [target + 1, target],
        [0, target + 1],
      ])
        await sql`update zone_event set seq = ${to} where zone_id = ${zoneId} and seq = ${from}`.execute(trx)
    }
    isFound(await afterwards(swap), target)
  })

  it('is found when it is cut, also when nothing is left', async () => {
    isFound(
      await afterwards((trx) =>
        sql`delete from zone_event where zone_id = ${zoneId} and seq > ${target}`.execute(trx),
      ),
    )
    isFound(await afterwards((trx) => sql`delete from zone_event where zone_id = ${zoneId}`.execute(trx)))
    isFound(await afterwards((trx) => sql`delete from rrset where zone_id = ${zoneId}`.execute(trx)))
    isFound(await afterwards((trx) => sql`delete from zone where id = ${zoneId}`.execute(trx)))
  })

  /** Changes what an event says and makes every hash from there on right again, the zone's too. */
  const rewrite = (from: number) => async (trx: DbTransaction) => {
    const events = await eventsAfter(trx, zoneId, from - 1, 1_000)
    let previous = events[0]!.previousHash
    for (const event of events) {
      const address = event.seq === from ? '198.51.100.66' : event.source.address
      const chained = chainEvent({ ...event, source: { ...event.source, address } }, previous)
      await sql`
        update zone_event set source_address = ${address}, previous_hash = ${Buffer.from(chained.previousHash)}, hash = ${Buffer.from(chained.hash)}
        where zone_id = ${zoneId} and seq = ${event.seq}`.execute(trx)
      previous = chained.hash
    }
    await sql`update zone set hash = ${Buffer.from(previous)} where id = ${zoneId}`.execute(trx)
  }

  it('is found by a checkpoint when it is rewritten from some event on with hashes that fit', async () => {
    const found = await afterwards(rewrite(target))
    isFound(found, UPDATES / 2 + 1)
    assert.match(found.faults[0]!.message, /signed checkpoint testifies to the hash .* history was rewritten/)
  })

  it('is found by a checkpoint that was kept elsewhere when those of the database are gone, or made anew', async () => {
    const forger = signingKey(
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    const cover = async (trx: DbTransaction) => {
      await rewrite(target)(trx)
      await sql`delete from checkpoint`.execute(trx)
    }
    // nothing in this database tells any more
    assert.equal((await afterwards(cover)).ok, true)
    isFound(await afterwards(cover, key.public, [kept]), UPDATES / 2 + 1)
    const replace = async (trx: DbTransaction) => {
      await cover(trx)
      await makeCheckpoint(trx, forger, zoneId, Date.now())
    }
    assert.equal((await afterwards(replace, forger.public)).ok, true)
    isFound(await afterwards(replace))
  })

  it('is found when an event does what its kind may not do, whatever its hash', () => {
    const name = nameOf('example.com')
    const soa = (serial: number) => {
      const rdata = Buffer.concat([Buffer.of(0, 0), Buffer.alloc(20)])
      rdata.writeUInt32BE(serial, 2)
      return { name, type: Type.SOA, class: Class.IN, ttl: 60, rdata }
    }
    const diff = encodeDiff({ oldSoa: soa(5), removed: [], newSoa: soa(6), added: [] })
    const anew = encodeDiff({ oldSoa: undefined, removed: [], newSoa: soa(6), added: [] })
    const chain = { seq: 3, serial: 5, hash: Buffer.alloc(32, 3) }
    const event = {
      ...({ zoneId: 1, seq: 4, kind: 'update', serialBefore: 5, serialAfter: 6, diff } as const),
      ...{ previousHash: chain.hash, hash: Buffer.alloc(32, 4) },
    }
    const fields = (changed: Partial<typeof event> | { kind: EventKind }, from: ChainEnd = chain) =>
      hashedLinkFaults(from, 1, { ...event, ...changed }, true).map(({ field }) => field)
    assert.deepEqual(fields({}), [])
    for (const kind of ['alarm', 'compact', 'rebuild', 'delete'] as const)
      assert.deepEqual(fields({ kind }), ['diff'], kind)
    assert.deepEqual(fields({ kind: 'create' }), ['kind'])
    assert.deepEqual(fields({ diff: anew }), ['diff'])
    assert.deepEqual(fields({ serialAfter: 4 as 6 }), ['serialAfter'])
    assert.deepEqual(fields({}, { ...chain, isOver: true }), ['kind'])
  })

  it('is found by a checkpoint when it says another serial than its hash covers', () => {
    const end = { seq: 7, serial: 8, hash: Buffer.alloc(32) }
    const testified = (serial: number) => new Map([[7, { hash: hex(end.hash), serial }]])
    assert.equal(contradiction(end, testified(8)), undefined)
    assert.match(contradiction(end, testified(9))!.message, /testifies to serial 9, here it is 8/)
  })

  it('is found by a checkpoint when it is cut without a trace', async () => {
    const cut = async (trx: DbTransaction) => {
      const last = UPDATES / 2 - 5
      await sql`delete from zone_event where zone_id = ${zoneId} and seq > ${last}`.execute(trx)
      await sql`
        update zone set seq = e.seq, serial = e.serial_after, hash = e.hash from zone_event e
        where zone.id = ${zoneId} and e.zone_id = ${zoneId} and e.seq = ${last}`.execute(trx)
    }
    const found = await afterwards(cut)
    isFound(found, UPDATES / 2 + 1)
    assert.match(found.faults[0]!.message, /a checkpoint testifies to event 41, the history ends at/)
  })

  describe('and is followed page by page', () => {
    const followed = async (trx: DbTransaction, page: EventPage): Promise<HistoryFold> => {
      await openFold(trx)
      const fold = new HistoryFold(trx, zoneId, APEX, {}, undefined, page)
      for await (const _ of fold.follow());
      return fold
    }
    const many = 1_000_000

    it('ends the same, wherever pages end', async () => {
      const { hash } = (await eventsAfter(system.db, zoneId, UPDATES, 1))[0]!
      for (const events of [1, 7, UPDATES, UPDATES + 1, UPDATES + 2])
        for (const octets of [1, 500, many])
          await inUndoneTransaction(system.db, async (trx) => {
            const { fault, end } = await followed(trx, { events, octets })
            assert.equal(fault, undefined, JSON.stringify(fault))
            assert.deepEqual([end.seq, hex(end.hash)], [UPDATES + 1, hex(hash)])
          })
    })

    const PAGE = 10
    for (const [where, seq] of [
      ['first', PAGE + 1],
      ['last', 2 * PAGE],
      ['in the middle', PAGE + 5],
    ] as const) {
      const findsIn = async (
        tamper: (trx: DbTransaction) => Promise<unknown>,
        last: number,
        [found, field]: readonly [number, string],
      ) =>
        inUndoneTransaction(system.db, async (trx) => {
          await tamper(trx)
          const { fault, end } = await followed(trx, { events: PAGE, octets: many })
          assert.deepEqual([fault?.seq, fault?.field, end.seq], [found, field, last])
        })

      it(`an event that is ${where} of its page is found when it was changed`, () =>
        findsIn(
          (trx) =>
            sql`update zone_event set detail = detail || 'x' where zone_id = ${zoneId} and seq = ${seq}`.execute(
              trx,
            ),
          seq - 1,
          [seq, 'hash'],
        ))
      it(`an event that is ${where} of its page is missed`, () =>
        findsIn(
          (trx) => sql`delete from zone_event where zone_id = ${zoneId} and seq = ${seq}`.execute(trx),
          seq - 1,
          [seq + 1, 'seq'],
        ))
      it(`an event that is ${where} of its page is found when another was put in its place, with a hash that fits`, () =>
        findsIn(
          async (trx) => {
            const [event] = await eventsAfter(trx, zoneId, seq - 1, 1)
            const { hash } = chainEvent({ ...event!, detail: 'another' }, event!.previousHash)
            await sql`
              update zone_event set detail = 'another', hash = ${Buffer.from(hash)}
              where zone_id = ${zoneId} and seq = ${seq}`.execute(trx)
          },
          seq,
          [seq + 1, 'previousHash'],
        ))
    }
  })

  it('its events come out of Postgres the same in binary form as in text', async () => {
    await inUndoneTransaction(system.db, async (trx) => {
      const change = (values: RawBuilder<unknown>) =>
        sql`update zone_event set ${values} where zone_id = ${zoneId} and seq = ${target}`.execute(trx)
      await change(sql`detail = 'ü € 😀', rule = '', serial_after = 4294967295, source_port = 65535`)
      await change(sql`decided_at = '1969-12-31 23:59:59.001+00', edge_id = repeat('é', 200)`)
      const read: unknown[] = []
      for await (const rows of storedEvents(trx, zoneId))
        for (const row of rows) read.push('event' in row ? row.event : row)
      assert.deepEqual(read, await eventsAfter(trx, zoneId, 0, 1_000))
      await change(sql`queued_at = 'infinity'`)
      const { value: page } = await storedEvents(trx, zoneId, target - 1).next()
      assert.deepEqual(Object.keys(page![0]!), ['seq', 'unreadable'])
    })
  })

  describe('and was compacted before', () => {
    const who = { by: 'system', source: { address: '', port: 0 } } as const
    const forger = signingKey(
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    let watch: ZoneWatch

    /** The outcome of a compaction up to the event that is so many before the end. */
    const compaction = async (beforeEnd: number) => {
      const later = administrationAt(system, () => Date.now() + 90 * 24 * 60 * 60_000)
      const { seq, kind, hash, previousHash } = (await eventsAfter(system.db, zoneId, 0, 1_000)).at(
        -beforeEnd,
      )!
      const request = {
        ...who,
        upTo: seq,
        hash: hex(kind === 'snapshot' ? previousHash : hash),
        exported: 'a file',
      }
      const steps: { ok?: boolean; message?: string }[] = []
      for await (const step of compactZone(later, (await findZoneById(system.db, zoneId))!, request, key))
        steps.push(step as object)
      return steps.at(-1)!
    }

    before(async () => {
      await sql`update zone set published_seq = seq where id = ${zoneId}`.execute(system.db)
      const done = await compaction(10)
      assert.equal(done.ok, true, JSON.stringify(done))
      await randomHistory(system, zoneId, 10, 13)
      const { statement, signature } = (await makeCheckpoint(system.db, key, zoneId, Date.now()))!
      kept = { statement, signature }
      watch = new ZoneWatch(zoneId, key.public)
      assert.equal((await watch.look(system.db))!.problem, undefined)
    })

    it('is whole before', async () => {
      const found = await afterwards(async () => {})
      assert.deepEqual(found.faults, [])
      assert.ok(found.begins!.vouchedBy! > found.begins!.seq)
    })

    it('is compacted again by one at a time, and not what others have still to read', async () => {
      assert.match((await compaction(2)).message!, /from \d+ on are not yet on NATS/)
      const { length } = await eventsAfter(system.db, zoneId, 0, 1_000)
      assert.match((await compaction(length)).message!, /is a snapshot already/)
      await inTransaction(system.db, async (trx) => {
        assert.ok(await claimCompaction(trx, zoneId))
        assert.match((await compaction(2)).message!, /Another compaction of example\.com\. is under way/)
      })
    })

    it('is found when the snapshot is changed, its own hash made to fit', async () => {
      const change = async (trx: DbTransaction) => {
        const [snapshot] = await eventsAfter(trx, zoneId, 0, 1)
        const changed = chainEvent({ ...snapshot!, identity: 'key:mallory.' }, snapshot!.previousHash)
        await sql`
          update zone_event set identity = 'key:mallory.', hash = ${Buffer.from(changed.hash)}
          where zone_id = ${zoneId} and seq = ${snapshot!.seq}`.execute(trx)
      }
      assert.match((await afterwards(change)).faults[0]!.message, /begins with another snapshot/)
    })

    it('is found when another snapshot is put in its place, and an event that says that it is right', async () => {
      const found = await afterwards((trx) => forgeCompaction(trx, zoneId, forger), key.public, [kept])
      assert.match(found.faults[0]!.message, /of the snapshot .* is not signed with ed25519:/)
      // whoever believes the forger's key is told nothing
      const believed = (trx: DbTransaction) => sql`delete from checkpoint`.execute(trx)
      const misled = await afterwards(async (trx) => {
        await forgeCompaction(trx, zoneId, forger)
        await believed(trx)
      }, forger.public)
      assert.deepEqual(misled.faults, [])
    })

    it('is found in its export, in the background, and where it is to be rebuilt', async () => {
      await inTransaction(system.db, (trx) => forgeCompaction(trx, zoneId, forger))
      const lines = await exportHistory(system.db, 'example.com', key.public)
      assert.ok(lines.ok)
      const { faults } = await verifyFile(lines.value, key.public)
      assert.match(faults[0]!.message, /is not signed with/)

      const look = await watch.look(system.db)
      assert.match(look!.problem!.detail, /^the snapshot that it begins with holds other contents/)
      await sql`delete from zone_verified`.execute(system.db)
      const first = await new ZoneWatch(zoneId, key.public).look(system.db)
      assert.match(first!.problem!.detail, /is not signed with/)

      const admin = administrationAt(system, Date.now)
      const zone = { ...(await findZoneById(system.db, zoneId))!, deletedAt: undefined }
      for await (const step of checkRebuild(admin, zone, key.public))
        if ('schema' in step) assert.match(step.faults[0]!.message, /is not signed with/)
      const steps: { code?: string }[] = []
      for await (const step of rebuildInto(admin, zone, 'copy.example.org', who, key.public))
        steps.push(step as object)
      assert.equal(steps.at(-1)!.code, 'history-broken')
    })
  })
})

/**
 * Replaces a whole history by a snapshot of other contents, with the genuine hash before them, and a last event that testifies to it.
 * Whatever checkpoint names the last genuine event goes on matching.
 */
async function forgeCompaction(trx: DbTransaction, zoneId: number, signer: SigningKey): Promise<void> {
  const events = await eventsAfter(trx, zoneId, 0, 1_000)
  const last = { ...events.at(-1)!, message: new Uint8Array(), serialBefore: events.at(-1)!.serialAfter }
  const records = [...fold(events).rrsets()].flatMap(({ rdata, ...set }) =>
    rdata.map((one) => ({ ...set, class: Class.IN, rdata: one })),
  )
  const isSoa = ({ type }: { type: number }) => type === Type.SOA
  const name = nameOf('mallory.example.com')
  const planted = { name, type: Type.A, class: Class.IN, ttl: 60, rdata: Buffer.of(192, 0, 2, 66) }
  const diff = encodeDiff({
    oldSoa: undefined,
    newSoa: records.find(isSoa)!,
    removed: [],
    added: [...records.filter((record) => !isSoa(record)), planted],
  })
  const snapshot = chainEvent({ ...last, kind: 'snapshot', commandId: randomUUID(), diff }, last.hash)
  const detail = compactionText(
    signer,
    { zoneId, zone: APEX },
    { upTo: last.seq, hash: hex(last.hash), serial: last.serialAfter, snapshot: hex(snapshot.hash) },
  )
  const plain = { ...last, seq: last.seq + 1, diff: new Uint8Array(), commandId: randomUUID() }
  const compact = chainEvent({ ...plain, kind: 'compact', detail }, last.hash)
  await sql`delete from zone_event where zone_id = ${zoneId}`.execute(trx)
  await insertEvents(trx, [snapshot, compact])
  await sql`
    update zone set seq = ${compact.seq}, hash = ${Buffer.from(compact.hash)}, record_count = record_count + 1
    where id = ${zoneId}`.execute(trx)
  await sql`
    insert into rrset (zone_id, owner, type, owner_as_given, ttl, rdata)
    values (${zoneId}, ${name}, 1, ${name}, 60, array[decode('c0000242', 'hex')])`.execute(trx)
}

interface Column {
  readonly name: string
  readonly type: string
}

async function columnsOf(system: TestSystem) {
  const of = async (table: string): Promise<Column[]> => {
    const { rows } = await sql<Column>`
      select column_name as name, udt_name as type from information_schema.columns
      where table_name = ${table} order by ordinal_position`.execute(system.db)
    return rows
  }
  return {
    system,
    zone_event: await of('zone_event'),
    rrset: await of('rrset'),
    zone: await of('zone'),
    checkpoint: await of('checkpoint'),
  }
}

/** SQL for values next to the stored one, `$`. */
function changesOf(type: string): string[] {
  switch (type) {
    case 'int8':
    case 'int4':
      return ['$ + 1000']
    case 'text':
      return ["$ || 'x'", "overlay($ || ' ' placing 'q' from 1 for 1)"]
    case 'bytea':
      return [`coalesce($, '') || '\\x00'::bytea`, FIRST_OCTET]
    case '_bytea':
      return ["$ || '\\x00'::bytea", 'array[set_byte($[1], 1, (get_byte($[1], 1) + 1) % 256)]']
    case 'uuid':
      return ['gen_random_uuid()']
    case 'timestamptz':
      return [
        "coalesce($, now()) + interval '1 millisecond'",
        "coalesce($, now()) + interval '1 microsecond'",
      ]
    case 'bool':
      return ['not $']
    default:
      throw new Error(`a column of type ${type}: say how to change it`)
  }
}
