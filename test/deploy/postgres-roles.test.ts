import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { type RunningPostgres, stopPostgres } from '../../services/local/embedded-postgres.ts'
import { DurabilityWatch } from '../../services/zone-writer/durability-watch.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { migrateToLatest, pendingMigrations } from '../../shared/database/migrate.ts'
import type { Database } from '../../shared/database/schema.ts'
import { silentLogger } from '../../shared/log.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { TestAuthority } from '../support/certificates.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { testNats, testPostgres } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'
import { tlsPostgres } from '../support/tls-postgres.ts'
import { until } from '../support/until.ts'

const ROLES = readFileSync(new URL('../../deploy/postgres/roles.sql', import.meta.url), 'utf8')

describe('deploy/postgres/roles.sql, over TLS', () => {
  let authority: TestAuthority
  let server: RunningPostgres
  let system: TestSystem
  let api: AdminApi
  let client: DnsClient
  let zoneId: number

  before(async () => {
    const starting = testNats()
    authority = await TestAuthority.make()
    server = await tlsPostgres(authority)
    await as('', async (admin) => {
      await admin.query(ROLES)
      for (const role of ['owner', 'writer', 'auditor'])
        await admin.query(`alter role zonelog_${role} password '${role}-word'`)
    })
    await migrateToLatest(urlOf('owner'))
    await as('', (admin) => admin.query(ROLES))
    const drop = () => stopPostgres(server.child)
    system = await TestSystem.prepare({ database: { url: urlOf('writer'), drop }, nats: await starting })
    api = system.api(await system.writer({}, { settingsLookedAtMs: 50 }))
    client = await DnsClient.to((await system.edge()).port)
  })
  after(async () => {
    client?.close()
    await system?.close()
  })

  /** Of a role, or of the superuser. */
  function urlOf(role: string, ca = authority.ca): string {
    const url = new URL(server.url)
    if (role !== '') [url.username, url.password] = [`zonelog_${role}`, `${role}-word`]
    url.searchParams.set('sslmode', 'verify-full')
    url.searchParams.set('sslrootcert', ca)
    return url.href
  }
  async function as<T>(role: string, work: (client: Client) => Promise<T>): Promise<T> {
    const connection = new Client({ connectionString: urlOf(role) })
    await connection.connect()
    try {
      return await work(connection)
    } finally {
      await connection.end()
    }
  }

  it('lets a writer do all its work: updates, imports, keys, rules, restore, rebuild, verify, delete', async () => {
    await api.createKey('demo')
    await api.post('/v1/keys/demo/rotate', {})
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.1', 'demo'] })).id
    for (const octet of [1, 2])
      assert.equal(
        await client.rcode(update({ updates: [addA('www.example.com.', `192.0.2.${octet}`)] })),
        'NOERROR',
      )
    const file = await api.export('example.com')
    const put = await api.fetch('/v1/zones/example.com/contents', {
      method: 'PUT',
      headers: { 'content-type': 'text/dns' },
      body: `${file}new 300 IN A 192.0.2.7\n`,
    })
    assert.equal(put.status, 200, await put.text())
    await api.post('/v1/zones/example.com/restore', { event: 2 })
    const rebuilt = await api.fetch('/v1/zones/example.com/rebuild', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ replace: true }),
    })
    assert.doesNotMatch(await rebuilt.text(), /permission|"problem"|fail/i)
    await api.createZone('example.net')
    await api.delete('/v1/zones/example.net')
    await historyIsWhole(system, zoneId)
  })

  it('has the whole connection encrypted, and refuses a server of another authority', async () => {
    const { rows } = await as('', (admin) =>
      admin.query(`select bool_and(ssl) as ssl, count(*)::int as count from pg_stat_ssl join pg_stat_activity using (pid)
                   where usename = 'zonelog_writer'`),
    )
    assert.ok(rows[0].ssl && rows[0].count > 1, JSON.stringify(rows))
    const other = await TestAuthority.make('another')
    await assert.rejects(pendingMigrations(urlOf('writer', other.ca)), /ZONELOG_DATABASE_URL\).*certificate/)
    const plain = new URL(await testPostgres())
    plain.searchParams.set('sslmode', 'verify-full')
    await assert.rejects(pendingMigrations(plain.href), /ZONELOG_DATABASE_URL\).*does not support SSL/)
    const missing = join(authority.folder, 'none.pem')
    await assert.rejects(pendingMigrations(urlOf('writer', missing)), /ZONELOG_DATABASE_URL\).*none\.pem/)
  })

  describe('P1, when settings of Postgres are changed under a running writer', () => {
    /** Every session has heard of it that was there. */
    async function set(setting: string, value: string): Promise<void> {
      await as('', async (admin) => {
        await admin.query(`alter system set ${setting} = ${value}`)
        await admin.query('select pg_reload_conf()')
      })
      const isHeard = async (admin: Client) =>
        (await admin.query(`show ${setting}`)).rows[0][setting] === value
      await until('new sessions have it so', async () => await as('', isHeard))
    }
    const unsafe = async () =>
      Number(/^zonelog_writer_unsafe_settings (\d+)$/m.exec(await (await api.fetch('/metrics')).text())![1])

    it('synchronous_commit = off: its commits wait for the disk all the same', async () => {
      await as('', (admin) =>
        admin.query(`
          create table kept (at text);
          create function keep() returns trigger language plpgsql security definer as
            $$ begin insert into kept values (current_setting('synchronous_commit')); return new; end $$;
          create trigger keep before insert on rrset for each row when (new.owner like 'kept.%') execute function keep()`),
      )
      await set('synchronous_commit', 'off')
      const kept = addA('kept.example.com.', '192.0.2.1')
      assert.equal(await client.rcode(update({ updates: [kept] })), 'NOERROR')
      const other = connectDatabase(urlOf('writer'), { name: 'test', size: 1, statementMs: 10_000 })
      const { rows: later } = await other.pool.query('show synchronous_commit')
      await other.close()
      const { rows } = await as('', (admin) => admin.query('select at from kept'))
      await as('', (admin) => admin.query('drop trigger keep on rrset; drop function keep; drop table kept'))
      await set('synchronous_commit', 'on')
      assert.deepEqual(rows, [{ at: 'on' }])
      assert.deepEqual(later, [{ synchronous_commit: 'on' }], 'a connection that was made meanwhile')
    })

    it('a level of synchronous_commit that is stronger is kept', async () => {
      await set('synchronous_commit', 'remote_apply')
      const { pool, close } = connectDatabase(urlOf('writer'), { name: 'test', size: 1, statementMs: 10_000 })
      const { rows } = await pool.query('show synchronous_commit')
      await close()
      await set('synchronous_commit', 'on')
      assert.deepEqual(rows, [{ synchronous_commit: 'remote_apply' }])
    })

    it('where sessions cannot keep it, as behind some poolers: a writer promises nothing until it is mended', async () => {
      const pool = new Pool({ connectionString: urlOf('writer') })
      const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
      const watch = await DurabilityWatch.start(db, silentLogger(), 20)
      assert.equal(watch.mayPromise, true)
      await set('synchronous_commit', 'off')
      await until('it has noticed', () => !watch.mayPromise)
      await assert.rejects(
        DurabilityWatch.start(db, silentLogger()),
        /synchronous_commit = off.*NOERROR.*Set it to on/,
      )
      await set('synchronous_commit', 'on')
      await until('it has noticed that it is mended', () => watch.mayPromise)
      watch.stop()
      await db.destroy()
    })

    it('full_page_writes = off: its metrics say so, until it is mended', async () => {
      assert.equal(await unsafe(), 1, 'fsync is off in all tests')
      await set('full_page_writes', 'off')
      await until('the writer says so', async () => (await unsafe()) === 2)
      const { problems } = (await (await api.fetch('/readyz')).json()) as { problems: { what: string }[] }
      assert.match(problems[0]!.what, /2 settings of Postgres/)
      await set('full_page_writes', 'on')
      await until('the writer says so', async () => (await unsafe()) === 1)
    })
  })

  describe('does not let a writer', () => {
    const FORBIDDEN = [
      'update zone_event set message = message',
      'delete from zone_event',
      'truncate zone_event',
      'drop table zone_event',
      'alter table zone_event disable trigger all',
      'alter table zone_event add column x int',
      'create table mine (x int)',
      'create function f() returns int language sql as $$select 1$$',
      'create schema mine',
      'update key_change set at = at',
      'delete from rule_change',
      'update audit set at = at',
      'delete from kysely_migration',
      'truncate rrset',
      'drop table rrset',
      'create role mine',
      "copy zone to program 'true'",
      "select pg_read_file('/etc/passwd')",
      'alter system set fsync = off',
    ]
    for (const statement of FORBIDDEN)
      it(statement, () =>
        assert.rejects(
          as('writer', (writer) => writer.query(statement)),
          (error: { code?: string }) => error.code === '42501',
        ),
      )

    it('compact, and says what to do about it', async () => {
      const answer = await api.fetch('/v1/zones/example.com/compaction?keep=400d')
      assert.match(await answer.text(), /grant delete on zone_event to zonelog_writer/)
    })
  })

  it('lets an auditor read history, and neither secrets nor tokens; nor write', async () => {
    const { rows } = await as('auditor', (auditor) =>
      auditor.query('select count(*)::int as n from zone_event'),
    )
    assert.ok(rows[0].n > 3)
    for (const statement of [
      'select * from tsig_secret',
      'select * from api_token',
      'select * from checkpoint_key',
      'select * from master_key_check',
      'delete from zone_event',
      'update zone set name = name',
      'create temporary table mine (x int)',
    ])
      await assert.rejects(
        as('auditor', (auditor) => auditor.query(statement)),
        (error: { code?: string }) => error.code === '42501',
        statement,
      )
  })
})
