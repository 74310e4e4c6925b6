import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { eventExportLine, readHistoryLine } from '../../services/zone-writer/history/export-file.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { chainEvent } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, keyOf, query, signed, update } from '../support/dns-client.ts'
import { historyOf } from '../support/history.ts'
import { createDatabase, type TestDatabase, temporaryFolder } from '../support/infrastructure.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** The disaster drill of docs/operations.md: Postgres is lost, NATS and the edges are not. */
describe('P2 and P6 an empty database is filled from what NATS holds', () => {
  let system: TestSystem
  let fresh: TestDatabase
  let writer: RunningWriter
  let edge: RunningEdge
  let api: AdminApi
  let client: DnsClient
  let zoneId: number
  let history: ZoneEvent[]
  let rest: { zones: unknown; keys: unknown }
  let publicKey: string
  const folder = temporaryFolder('from-stream')
  const exported = join(folder, 'large.jsonl.gz')
  const altered = join(folder, 'altered.jsonl.gz')

  before(async () => {
    system = await TestSystem.prepare()
    fresh = await createDatabase()
    writer = await system.writer()
    edge = await system.edge()
    api = system.api(writer)
    const key = keyOf(await api.createKey('drill'))
    zoneId = (
      await api.createZone('example.com', {
        allowUpdate: ['127.0.0.0/8', 'drill'],
        allowTransfer: ['127.0.0.0/8'],
      })
    ).id
    await api.createZone('gone.example')
    await api.delete('/v1/zones/gone.example')
    // larger than a message of NATS: only a notice of it is in the stream
    const value = `"${'x'.repeat(250)}" `.repeat(20)
    const hosts = Array.from({ length: 300 }, (_, host) => `h${host} TXT ${value}`)
    const text = `$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n${hosts.join('\n')}\n`
    await api.createZone('large.example', { file: text })
    client = await DnsClient.to(edge.port)
    await until('the edge takes updates', async () => {
      const message = signed(update({ updates: [addA('first.example.com.', '192.0.2.1')] }), key)
      return (await client.rcode(message)) === 'NOERROR'
    })
    assert.equal(await client.rcode(update({ updates: [addA('last.example.com.', '192.0.2.9')] })), 'NOERROR')
    await api.post('/v1/zones/example.com/checkpoints', {})
    await until('everything is in NATS', async () => {
      const { rows } = await sql`select from zone where published_seq < seq`.execute(system.db)
      const { rows: signedToo } = await sql`select from checkpoint where not published`.execute(system.db)
      return rows.length + signedToo.length === 0
    })
    await run(system.database.url, 'history', 'export', 'large.example', exported)
    await run(system.database.url, 'history', 'export', 'example.com', altered)
    publicKey = (await run(system.database.url, 'verify', '--print-key')).trim()
    history = await historyOf(system, zoneId)
    rest = await looked()
    await writer.close()
  })
  after(async () => {
    client?.close()
    await system?.close()
    await fresh?.drop()
  })

  async function looked() {
    const zones = (await api.get('/v1/zones')).zones.map(
      ({ id, name, serial, seq, records, rules }: Record<string, unknown>) => ({
        id,
        name,
        serial,
        seq,
        records,
        rules,
      }),
    )
    const keys = (await api.get('/v1/keys')).keys.map(({ name }: { name: string }) => name)
    return { zones, keys }
  }

  async function cli(databaseUrl: string, ...argv: string[]) {
    return await runCli(argv, {
      ...system.environment,
      ZONELOG_DATABASE_URL: databaseUrl,
      ZONELOG_API_URL: api.url,
      ZONELOG_API_TOKEN: api.token,
    })
  }

  async function run(databaseUrl: string, ...argv: string[]): Promise<string> {
    const { status, out, err } = await cli(databaseUrl, ...argv)
    assert.equal(status, 0, out + err)
    return out
  }

  it('a database that has zones is refused', async () => {
    const { status, err } = await cli(system.database.url, 'rebuild', '--from-stream')
    assert.equal(status, 1)
    assert.match(err, /has zones or keys already.*Nothing was written/s)
  })

  it('a writer does not start on an empty database: it would take the zones from the edges', async () => {
    await migrateToLatest(fresh.url)
    await assert.rejects(
      system.writer({ ZONELOG_DATABASE_URL: fresh.url }),
      /has no zones, but the edges of this NATS have 2: `zonelog rebuild --from-stream`/,
    )
  })

  it('says which events the stream does not hold, and writes nothing', async () => {
    const { status, out } = await cli(fresh.url, 'rebuild', '--from-stream')
    assert.equal(status, 1)
    assert.match(out, /^LACKING {2}large\.example\. \(id \d+\): events 1 are not in the stream$/m)
    assert.match(out, /Nothing was written\. Give what is missing with --file/)
  })

  it('refuses a file that says something else than the stream', async () => {
    const lines = gunzipSync(await readFile(altered))
      .toString('utf8')
      .trim()
      .split('\n')
    const changed = lines.map((text) => {
      const line = readHistoryLine(text)
      if (line.kind !== 'event' || line.event.seq !== 2) return text
      return eventExportLine(chainEvent({ ...line.event, detail: 'another' }, line.event.previousHash))
    })
    await writeFile(altered, gzipSync(`${changed.join('\n')}\n`))
    const { status, err } = await cli(fresh.url, 'rebuild', '--from-stream', '--file', altered)
    assert.equal(status, 1)
    assert.match(
      err,
      new RegExp(`disagree about event 2 of the zone with id ${zoneId}: .*Nothing was written`, 's'),
    )
  })

  it('with an exported history for that it restores zones, histories and keys', async () => {
    const argv = ['--from-stream', '--file', exported, '--public-key', publicKey]
    const out = await run(fresh.url, 'rebuild', ...argv)
    assert.match(out, /^3 zones \(1 of them deleted\) with \d+ events, 1 keys, \d+ checkpoints checked/)
  })

  it('a writer goes on with it: the same zones, rules and keys, event for event the same history', async () => {
    writer = await system.writer({
      ZONELOG_DATABASE_URL: fresh.url,
      ZONELOG_VERIFY_SHARE: '0',
      ZONELOG_CHECKPOINT_FORMER_KEYS: publicKey,
    })
    api = system.api(writer)
    assert.deepEqual(await looked(), rest)
    const events = (await api.get('/v1/zones/example.com/events?order=oldest')).events
    assert.deepEqual(
      events.map(({ hash }: { hash: string }) => hash),
      history.map(({ hash }) => Buffer.from(hash).toString('hex')),
    )
    for (const zone of ['example.com', 'large.example', 'gone.example'])
      await run(fresh.url, 'verify', zone, ...(zone === 'gone.example' ? ['--deleted'] : []))
    const verified = JSON.parse(await run(fresh.url, 'verify', 'example.com', '--json'))
    assert.ok(verified.checkpoints > 0, 'the checkpoints that were signed before are there, and believed')
    assert.notEqual((await run(fresh.url, 'verify', '--print-key')).trim(), publicKey)
  })

  it('a command that is redelivered, and a signed message that is replayed, get their first outcome and leave no second event', async () => {
    const recorded = history.find(({ identity }) => identity === 'key:drill.')!
    const { commandId, message, identity, fingerprint } = recorded
    const redelivered = commandOf(zoneId, message, { id: commandId, identity, fingerprint })
    const replayed = commandOf(zoneId, message, { identity: 'key:drill.' })
    const { pool, close } = connectDatabase(fresh.url, {
      name: 'test',
      size: 1,
      statementMs: 60_000,
      prepares: true,
    })
    for (const command of [redelivered, replayed]) {
      const { events, outcomes } = await commitBatch(pool, [{ command, queuedAt: Date.now() }], Date.now)
      assert.deepEqual(
        [events.length, outcomes.map(({ outcome }) => [outcome.rcode, outcome.eventSeq])],
        [0, [[0, recorded.seq]]],
      )
    }
    await close()
    assert.equal((await api.get('/v1/zones/example.com')).seq, history.length)
  })

  it('the edge, which never stopped, follows on', async () => {
    assert.deepEqual(await client.query('last.example.com.', 'A'), ['192.0.2.9'])
    await until('the edge takes updates', async () => {
      const message = update({ updates: [addA('next.example.com.', '192.0.2.10')] })
      return (await client.rcode(message)) === 'NOERROR'
    })
    assert.deepEqual(await client.query('next.example.com.', 'A'), ['192.0.2.10'])
    const created = await api.createZone('new.example')
    assert.ok(created.id > 3, 'no id is given twice')
    await until('the edge serves a new zone', async () => {
      const answer = await client.send(query('new.example.', 'SOA'))
      return answer?.answers.length === 1
    })
    await run(fresh.url, 'rebuild', 'example.com')
  })
})
