import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { runCli } from '../cli/run-cli.ts'
import { createDatabase, type TestDatabase } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const LATER = '2099-01-01-later'
const BEFORE_LAST_RELEASE = '2026-11-25e-history'

describe('zonelog migrate', () => {
  let database: TestDatabase
  let connection: DatabaseConnection
  let system: TestSystem

  before(async () => {
    database = await createDatabase()
    await migrateToLatest(database.url)
    connection = connectDatabase(database.url, { name: 'test', size: 1, statementMs: 10_000 })
    system = await TestSystem.prepare({ database })
  })
  after(async () => {
    await connection?.close()
    await system?.close()
  })

  const migrate = (...args: string[]) => runCli(['migrate', ...args], { ZONELOG_DATABASE_URL: database.url })
  /** What a newer release leaves behind. */
  const newer = async (contracts: boolean | undefined) => {
    await sql`insert into kysely_migration (name, timestamp) values (${LATER}, '2099-01-01T00:00:00Z')`.execute(
      connection.db,
    )
    if (contracts !== undefined)
      await sql`insert into schema_change values (${LATER}, ${contracts})`.execute(connection.db)
  }
  const forget = async () => {
    await sql`delete from kysely_migration where name = ${LATER}`.execute(connection.db)
    await sql`delete from schema_change where migration = ${LATER}`.execute(connection.db)
  }

  it('has nothing to do the second time', async () =>
    assert.match((await migrate()).out, /nothing to do: the schema is up to date/))

  describe('on a database that a newer release has migrated', () => {
    for (const contracts of [undefined, true, false])
      it(`changes nothing and says what to do (contracts: ${contracts})`, async () => {
        await newer(contracts)
        const { status, err } = await migrate()
        assert.equal(status, 1)
        assert.match(err, /a newer zonelog has migrated this database \(2099-01-01-later\): run that one's/)
        await forget()
      })

    it('a writer does not start, unless the newer one said that it only expands the schema; while it runs nothing is taken back', async () => {
      for (const contracts of [undefined, true]) {
        await newer(contracts)
        await assert.rejects(
          system.writer(),
          /cannot work with \(2099-01-01-later\): run a writer of the newer/,
        )
        await forget()
      }
      await newer(false)
      const writer = await system.writer()
      await forget()
      const { status, err } = await migrate('--to', BEFORE_LAST_RELEASE, '--yes')
      assert.equal(status, 1)
      assert.match(err, /writers run on this database.*stop them first/)
      await writer.close()
    })
  })

  describe('beside programs that use the database', () => {
    const BEFORE = '2026-11-26x-event-counts'
    const LOCKS_ALL = '2026-11-26z-no-look-for-the-zone'
    const newest = async () => {
      const { rows } = await sql<{
        name: string
      }>`select name from kysely_migration order by name desc limit 1`.execute(connection.db)
      return rows[0]!.name
    }

    it('a migration that must wait for a reader says for whom, and updates do not wait behind it', async () => {
      assert.equal((await migrate('--to', BEFORE, '--yes')).status, 0)
      const reader = connectDatabase(database.url, { name: 'a long export', size: 1, statementMs: 60_000 })
      const reading = await reader.db.startTransaction().execute()
      await reading.selectFrom('zone_event').select('seq').execute()
      const waits: string[] = []
      let ran: string[] | undefined
      const migrating = migrateToLatest(database.url, (wait) => waits.push(wait)).then((names) => {
        ran = names
      })
      await until('it says that it waits, and does so again', () => waits.length >= 2)
      assert.match(
        waits[0]!,
        new RegExp(`^${LOCKS_ALL} waits for locks that the transaction of 'a long export' `),
      )
      assert.match(
        waits[0]!,
        /pg_terminate_backend\(\d+\) ends it\) holds; it gives way to updates and tries again/,
      )
      // what waits behind the lock that it wants gets its own while it rests
      await connection.db.transaction().execute(async (trx) => {
        await sql`select from zone for update`.execute(trx)
        await sql`insert into zone_event select * from zone_event`.execute(trx)
      })
      assert.equal(ran, undefined)
      await reading.rollback().execute()
      await migrating
      assert.deepEqual(ran?.[0], LOCKS_ALL)
      await reader.close()
    })

    it('each migration is there as soon as it has run, whatever those after it wait for', async () => {
      assert.equal((await migrate('--to', '2026-11-26w-writers-seen', '--yes')).status, 0)
      const reader = connectDatabase(database.url, { name: 'a long export', size: 1, statementMs: 60_000 })
      const reading = await reader.db.startTransaction().execute()
      await reading.selectFrom('zone_event').select('seq').execute()
      const migrating = migrateToLatest(database.url)
      await until('those before it have run', async () => (await newest()) === BEFORE)
      await reading.rollback().execute()
      await migrating
      assert.match((await migrate()).out, /up to date/)
      await reader.close()
    })
  })

  describe('--to an older release', () => {
    it('without --yes changes nothing, and tells what would be lost', async () => {
      const { status, out, err } = await migrate('--to', BEFORE_LAST_RELEASE)
      assert.equal(status, 1)
      assert.match(out, /would take back 2026-11-25r-rules/)
      assert.match(out, /would lose the table rule_change with its 0 rows/)
      assert.match(out, /would lose of the table zone \(0 rows\) the columns .*max_updates/)
      assert.match(err, /nothing was changed: back the database up/)
      assert.match((await migrate()).out, /up to date/)
    })

    it('with --yes goes there, and a writer of this release says what it lacks', async () => {
      const { status, out } = await migrate('--to', BEFORE_LAST_RELEASE, '--yes')
      assert.equal(status, 0)
      assert.match(out, /lost the table rule_change/)
      await assert.rejects(system.writer(), /lacks \d+ migration\(s\), the next is 2026-11-25r-rules: run/)
      assert.match((await migrate()).out, /ran 2026-11-25r-rules/)
    })

    it('that does not exist is refused', async () => {
      const { status, err } = await migrate('--to', '2026-11-25r-rule')
      assert.equal(status, 1)
      assert.match(err, /no migration '2026-11-25r-rule'; did you mean 2026-11-25r-rules\?/)
    })
  })
})
