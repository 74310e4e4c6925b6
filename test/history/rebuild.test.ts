import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { defaultFile } from '../../cli/commands/compact.ts'
import { planCompaction } from '../../services/zone-writer/admin/compact-plan.ts'
import { compactZone } from '../../services/zone-writer/admin/compact-zone.ts'
import { ZoneWatch } from '../../services/zone-writer/history/background/zone-watch.ts'
import { HistoryFold } from '../../services/zone-writer/history/rebuild/fold-history.ts'
import { movedName } from '../../services/zone-writer/history/rebuild/moved-name.ts'
import { type SigningKey, signingKey } from '../../services/zone-writer/history/verify/checkpoint.ts'
import { findZoneById, inTransaction } from '../../services/zone-writer/store/admin-zones.ts'
import { forgetDerived } from '../../services/zone-writer/store/compaction.ts'
import { foldedRRsets, openFold } from '../../services/zone-writer/store/folded-rrsets.ts'
import { readExtent, readPage } from '../../services/zone-writer/store/read-history.ts'
import { readSteps } from '../../services/zone-writer/store/read-zone.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { chainEvent } from '../../shared/events/event-codec.ts'
import { isFailure, runCli } from '../cli/run-cli.ts'
import { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { fold, historyIsWhole, historyOf } from '../support/history.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { APEX } from '../support/spec.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { administrationAt, oldHistory } from './random-history.ts'

const OLD_EVENTS = 60

describe('P6 a zone is what its events say: rebuild and compact', () => {
  let system: TestSystem
  let environment: Record<string, string>
  let edge: RunningEdge
  let client: DnsClient
  let zoneId: number
  let signer: SigningKey
  let settings: Record<string, string>
  const folder = temporaryFolder('rebuild')
  const file = join(folder, 'old.jsonl.gz')

  before(async () => {
    system = await TestSystem.prepare()
    zoneId = await oldHistory(system, OLD_EVENTS, 10, 5)
    const keyFile = join(folder, 'checkpoint.pem')
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await writeFile(keyFile, pem, { mode: 0o600 })
    signer = signingKey(pem)
    settings = { ZONELOG_CHECKPOINT_KEY_FILE: keyFile, ZONELOG_VERIFY_SHARE: '0' }
    const writer = await system.writer(settings)
    edge = await system.edge()
    const api = system.api(writer)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    client = await DnsClient.to(edge.port)
    await allOnNats()
  })
  after(async () => {
    client?.close()
    await system?.close()
  })

  const allOnNats = () =>
    until('all events are on NATS', async () => {
      const { rows } = await sql`select from zone where id = ${zoneId} and published_seq < seq`.execute(
        system.db,
      )
      return rows.length === 0
    })
  const run = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.equal(status, 0, out + err)
    return out
  }
  const refused = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.ok(isFailure(status), out + err)
    return out + err
  }
  const add = async (name: string, address: string): Promise<void> =>
    until('the edge takes the update', async () => {
      const rcode = await client.rcode(update({ updates: [addA(name, address, 300)] }))
      return rcode === 'NOERROR'
    })

  it('the fold in Postgres, with hardly anything held, is the fold in memory, octet for octet', async () => {
    const events = await historyOf(system, zoneId)
    await inTransaction(system.db, async (trx) => {
      await openFold(trx)
      const steps = { held: 3, largeOctets: 200, piece: 2 }
      const folded = new HistoryFold(trx, zoneId, APEX, {}, steps)
      for await (const _ of folded.follow());
      assert.equal(folded.fault, undefined)
      const rrsets: RRset[] = []
      for await (const some of foldedRRsets(trx)) rrsets.push(...some)
      assert.deepEqual(texts(rrsets), texts([...fold(events).rrsets()]))
    })
  })

  describe('rebuild', () => {
    it('finds what was planted and changes nothing; --replace puts it right, and the edge answers rightly', async () => {
      await add('www.example.com.', '192.0.2.1')
      await add('gone.example.com.', '192.0.2.2')
      assert.match(await run('rebuild', 'example.com'), /is what its \d+ events add up to: serial \d+/)
      await sql`update rrset set rdata = array[decode('c0000263', 'hex')] where owner = 'www.example.com.'`.execute(
        system.db,
      )
      await sql`delete from rrset where owner = 'gone.example.com.'`.execute(system.db)
      await sql`insert into rrset values (${zoneId}, 'mallory.example.com.', 1, 'mallory.example.com.', 5, array[decode('01020304', 'hex')])`.execute(
        system.db,
      )
      await sql`update zone set record_count = 7 where id = ${zoneId}`.execute(system.db)
      const other = await system.edge()
      const misled = await DnsClient.to(other.port)
      await until('an edge serves what was planted', async () =>
        (await misled.query('www.example.com.', 'A')).includes('192.0.2.99'),
      )
      const before = await historyOf(system, zoneId)
      const found = await refused('rebuild', 'example.com')
      assert.match(found, /^zone\.record_count: stored is 7/m)
      assert.match(found, /^www\.example\.com\. A: its RDATA differs$/m)
      assert.match(found, /^gone\.example\.com\. A: is missing$/m)
      assert.match(found, /^mallory\.example\.com\. A: is stored, history has no such RRset$/m)
      assert.equal((await historyOf(system, zoneId)).length, before.length)

      const report = JSON.parse(await run('rebuild', 'example.com', '--replace', '--json'))
      assert.deepEqual([report.differing, report.putRightBy], [3, before.length + 1])
      const events = await historyIsWhole(system, zoneId)
      assert.deepEqual(
        [events.at(-1)!.kind, events.at(-1)!.detail],
        ['rebuild', 'put right from history: 3 stored RRsets, zone.record_count'],
      )
      await until('the edge serves what history says', async () =>
        (await misled.query('www.example.com.', 'A')).includes('192.0.2.1'),
      )
      misled.close()
      await other.close()
      assert.match(await run('verify', 'example.com'), /^ok/)
    })

    it('--replace of a zone that is right changes nothing', async () => {
      const before = (await historyOf(system, zoneId)).length
      await run('rebuild', 'example.com', '--replace')
      assert.equal((await historyOf(system, zoneId)).length, before)
    })

    it('refuses to rebuild from a history that lacks events at its end, or that was changed', async () => {
      const at = await system.db
        .selectFrom('zone')
        .select(['seq', 'hash'])
        .where('id', '=', zoneId)
        .executeTakeFirstOrThrow()
      const seq = (value: number) =>
        sql`update zone set seq = ${value} where id = ${zoneId}`.execute(system.db)
      await seq(at.seq + 1)
      assert.match(await refused('rebuild', 'example.com', '--replace'), /events are missing/)
      await seq(at.seq)
      const detail = (text: string) =>
        sql`update zone_event set detail = ${text} where zone_id = ${zoneId} and seq = 2`.execute(system.db)
      const { detail: was } = (await historyOf(system, zoneId))[1]!
      await detail('another')
      assert.match(
        await refused('rebuild', 'example.com', '--replace'),
        /event 2, hash: .*Nothing was changed/s,
      )
      await detail(was)
      await run('rebuild', 'example.com')
    })

    it('--into makes a new zone of it below another name', async () => {
      await run('rebuild', 'example.com', '--into', 'Copy.example.org')
      const [from, to] = [
        await run('zone', 'export', 'example.com'),
        await run('zone', 'export', 'copy.example.org'),
      ]
      const owners = (text: string) => text.replaceAll(/^(\S*)example\.com\./gm, '$1Copy.example.org.')
      assert.deepEqual(sorted(to), sorted(owners(from)))
      assert.match(
        await refused('rebuild', 'example.com', '--into', 'copy.example.org'),
        /There is a zone copy/,
      )
      const created = JSON.parse(await run('log', 'copy.example.org', '--json'))
      assert.match(
        created.detail,
        new RegExp(`^created from the history of example.com@${zoneId}, event \\d+, serial`),
      )
    })

    it('a deleted zone can be asked for its history, and be brought back', async () => {
      const was = await run('zone', 'export', 'copy.example.org')
      await run('zone', 'delete', 'copy.example.org', '--yes')
      assert.match(
        await refused('log', 'copy.example.org'),
        /its history is kept: name it copy\.example\.org@\d+/,
      )
      assert.match(await run('log', 'copy.example.org', '--deleted'), /NOERROR delete/)
      assert.match(await run('zone', 'list', '--deleted'), /copy\.example\.org@\d+/)
      assert.match(await run('verify', 'copy.example.org', '--deleted'), /^ok/)
      assert.deepEqual(sorted(await run('zone', 'export', 'copy.example.org', '--deleted')), sorted(was))
      await run('history', 'export', 'copy.example.org', join(folder, 'deleted.gz'), '--deleted')
      await run('rebuild', 'copy.example.org', '--into', 'copy.example.org')
      assert.equal(await run('zone', 'export', 'copy.example.org'), was)
      await run('zone', 'delete', 'copy.example.org', '--yes')
      assert.match(
        await refused('log', 'copy.example.org', '--deleted'),
        /2 zones copy\.example\.org were deleted/,
      )
      await run('rebuild', '--file', join(folder, 'deleted.gz'), '--into', 'copy.example.org')
      assert.equal(await run('zone', 'export', 'copy.example.org'), was)
    })
  })

  describe('compact', () => {
    it('refuses what is too young, and a file that exists', async () => {
      assert.match(await refused('compact', 'example.com', '--keep', '23h'), /keep 1d at least/)
      assert.match(await run('compact', 'example.com', '--keep', '400d'), /no event is older than 400d/)
      await writeFile(file, 'mine')
      assert.match(
        await refused('compact', 'example.com', '--keep', '5d', '--export', file),
        /nothing was overwritten/,
      )
      assert.equal((await historyOf(system, zoneId))[0]!.seq, 1)
    })

    it('refuses to forget an event whose message could be replayed, however it was signed', async () => {
      const digest = Buffer.from('a signature of years')
      await system.db
        .insertInto('resent_signature')
        .values({ signed_digest: digest, zone_id: zoneId, seq: 3, expires_at: new Date(Date.now() + 1e9) })
        .execute()
      const found = await refused(
        'compact',
        'example.com',
        '--keep',
        '5d',
        '--export',
        join(folder, 'replay.gz'),
      )
      assert.match(
        found,
        /A signature of event 3 of example\.com\. is still valid.* With --keep 11d the event stays/,
      )
      await system.db.deleteFrom('resent_signature').where('signed_digest', '=', digest).execute()
    })

    it('a writer that is killed in the middle leaves the whole history', async () => {
      const before = await historyOf(system, zoneId)
      const port = await freePort()
      const process = await new ServiceProcess('writer', {
        ...system.environment,
        ...settings,
        ZONELOG_API_LISTEN: `127.0.0.1:${port}`,
      }).ready(port)
      const second = AdminApi.withTokenFile(`http://127.0.0.1:${port}`, join(system.dataDir, 'api-token'))
      const name = join(folder, 'killed.jsonl.gz')
      await inTransaction(system.db, async (trx) => {
        // the compaction has deleted and waits for the zone
        await sql`select from zone where id = ${zoneId} for update`.execute(trx)
        const ended = runCli(['compact', 'example.com', '--keep', '5d', '--export', name], {
          ZONELOG_API_URL: second.url,
          ZONELOG_API_TOKEN: second.token,
        })
        await until('it waits', async () => {
          const { rows } = await sql`
            select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%for update%'`.execute(
            system.db,
          )
          return rows.length > 0 && existsSync(name)
        })
        await process.kill()
        assert.ok(isFailure((await ended).status))
      })
      assert.deepEqual(await historyIsWhole(system, zoneId), before)
    })

    it('puts a snapshot in the place of old events; the chain, the past since then and the edges go on', async () => {
      const events = await historyOf(system, zoneId)
      const last = OLD_EVENTS + 1
      const later = [`#${last}`, `#${last + 1}`, `#${events.length}`]
      const exports = () =>
        Promise.all(later.map((at) => run('zone', 'export', 'example.com', '--event', at)))
      const past = await exports()
      const watch = new ZoneWatch(zoneId, signer.public)
      assert.equal((await watch.look(system.db))?.problem, undefined)
      const plan = await run('compact', 'example.com', '--keep', '5d', '--dry-run')
      assert.match(plan, new RegExp(`events 1 to ${last} \\(${last}, .* would be replaced by a snapshot`))
      const exported = join(folder, 'exported.jsonl.gz')
      const done = JSON.parse(
        await run('compact', 'example.com', '--keep', '5d', '--export', exported, '--json'),
      )
      assert.deepEqual([done.upTo, done.seq], [last, events.length + 1])

      const [snapshot, ...kept] = await historyOf(system, zoneId)
      assert.deepEqual([snapshot!.kind, snapshot!.seq], ['snapshot', last])
      assert.deepEqual(snapshot!.previousHash, events[last - 1]!.hash)
      assert.deepEqual(kept.slice(0, -1), events.slice(last))
      const verified = await run('verify', 'example.com')
      assert.match(verified, new RegExp(`it begins with a snapshot of event ${last}, serial \\d+, `))
      assert.match(verified, /event \d+ testifies to the snapshot, and the checkpoint at event \d+ to that/)
      assert.deepEqual(await exports(), past)
      // what is derived from the events can be made anew from the snapshot on
      await inTransaction(system.db, (trx) => forgetDerived(trx, zoneId))
      assert.deepEqual(await exports(), past)
      for (let look = 0; look < 2; look++) assert.equal((await watch.look(system.db))?.problem, undefined)
      // what edges and secondaries that are further behind are told
      assert.equal(await readSteps(system.db, zoneId, last - 1, 1_000_000), 'prefer-snapshot')
      const extent = { zoneId, upTo: events.length }
      assert.equal(
        await readExtent(system.db, { ...extent, serial: events[0]!.serialAfter }),
        'unknown-serial',
      )
      const since = await readExtent(system.db, { ...extent, serial: snapshot!.serialAfter })
      assert.ok(typeof since === 'object' && since.after === last && since.changes > 0)
      const page = { zoneId, from: { seq: 5, offset: 0 }, upTo: events.length }
      assert.equal(await readPage(system.db, page, 1_000_000), 'behind')
      assert.match(
        await refused('zone', 'export', 'example.com', '--event', '5'),
        new RegExp(
          `goes from event #${last}, .* events from 1 to ${last} are in exported\\.jsonl\\.gz \\(SHA-256`,
        ),
      )
      assert.match(await run('log', 'example.com', '--all'), /NOERROR snapshot/)
      await run('blame', 'example.com')
      assert.match(await refused('undo', 'example.com', String(last), '--yes'), /is a snapshot/)
      assert.match(
        await refused('undo', 'example.com', '5', '--yes'),
        new RegExp(`has no event #5; its events are ${last} to .* 1 to ${last} are in exported\\.jsonl\\.gz`),
      )
      await add('after.example.com.', '192.0.2.3')
      assert.deepEqual(await client.query('after.example.com.', 'A'), ['192.0.2.3'])
      await run('rebuild', 'example.com')

      await run('rebuild', '--file', exported, '--into', 'old.example.org')
      const key = (await run('verify', '--print-key')).trim()
      assert.match(await run('verify', '--file', exported, '--public-key', key), /^ok/)
      const again = join(folder, 'again.jsonl.gz')
      await run('history', 'export', 'example.com', again)
      assert.match(await run('verify', '--file', again, '--public-key', key), /begins with a snapshot/)
      await run('rebuild', '--file', again, '--into', 'again.example.org')
    })

    it('a history can be compacted again, long after', async () => {
      const later = administrationAt(system, () => Date.now() + 90 * 24 * 60 * 60_000)
      await allOnNats()
      const plan = await planCompaction(system.db, 'example.com', '30d', later.now())
      assert.ok(plan.ok && 'upTo' in plan.value)
      const { upTo, hash } = plan.value
      const zone = (await findZoneById(system.db, zoneId))!
      const request = {
        upTo,
        hash,
        exported: 'elsewhere',
        by: 'system',
        source: { address: '', port: 0 },
      } as const
      const steps: object[] = []
      for await (const step of compactZone(later, zone, request, signer)) steps.push(step)
      assert.equal((steps.at(-1) as { ok?: boolean }).ok, true, JSON.stringify(steps.at(-1)))
      const events = await historyOf(system, zoneId)
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['snapshot', 'compact'],
      )
      assert.match(await run('verify', 'example.com'), /^ok {2}example\.com\. {2}2 events are whole/)
      await run('rebuild', 'example.com')
    })

    it('verify finds a snapshot that was changed, its own hash made to fit', async () => {
      const [{ hash: _, ...snapshot }] = (await historyOf(system, zoneId)) as [
        Awaited<ReturnType<typeof historyOf>>[0],
      ]
      const changed = chainEvent({ ...snapshot, detail: 'another' }, snapshot.previousHash)
      await sql`
        update zone_event set detail = 'another', hash = ${Buffer.from(changed.hash)}
        where zone_id = ${zoneId} and seq = ${snapshot.seq}`.execute(system.db)
      const look = await new ZoneWatch(zoneId, signer.public).look(system.db)
      assert.match(look!.problem!.detail, /says that the history begins with another snapshot/)
      assert.match(
        await refused('verify', 'example.com'),
        /says that the history begins with another snapshot/,
      )
      for (const argv of [['--replace'], ['--into', 'forged.example.org']])
        assert.match(await refused('rebuild', 'example.com', ...argv), /begins with another snapshot/)
    })
  })
})

describe('the file that a compaction exports to', () => {
  for (const [zone, file] of [
    ['example.com.', './example.com-events-to-7.jsonl.gz'],
    ['0/25.2.0.192.in-addr.arpa.', './0_25.2.0.192.in-addr.arpa-events-to-7.jsonl.gz'],
    ['-x.$(id).example.', './-x.__id_.example-events-to-7.jsonl.gz'],
    ['.', './root-events-to-7.jsonl.gz'],
  ] as const)
    it(`of ${zone} is ${file}`, () => assert.equal(defaultFile({ zone, upTo: 7 }), file))
})

describe('owners that are moved below another apex', () => {
  for (const [name, from, to, moved] of [
    ['www.Example.com.', 'example.com.', 'copy.example.org.', 'www.copy.example.org.'],
    ['example.com.', 'example.com.', 'copy.', 'copy.'],
    ['www.example.com.', '.', 'copy.', 'www.example.com.copy.'],
    ['.', '.', 'copy.', 'copy.'],
    ['a.b.copy.', 'copy.', '.', 'a.b.'],
    ['copy.', 'copy.', '.', '.'],
  ] as const)
    it(`${name} of ${from} is ${moved} of ${to}`, () => assert.equal(movedName(name, from, to), moved))
})

function texts(rrsets: readonly RRset[]): string[] {
  return rrsets
    .map(({ name, type, ttl, rdata }) =>
      [name, type, ttl, ...rdata.map((one) => Buffer.from(one).toString('hex'))].join(' '),
    )
    .sort()
}

function sorted(text: string): string[] {
  return text.trim().split('\n').sort()
}
