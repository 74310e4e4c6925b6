import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Pool } from 'pg'
import { BatchTransaction } from '../../services/zone-writer/store/batch-transaction.ts'
import type { Statement } from '../../services/zone-writer/store/statement.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { createDatabase, type TestDatabase } from '../support/infrastructure.ts'

const insert = (value: number | null): Statement => ({
  name: 'insert',
  text: 'insert into kept values ($1)',
  values: [value],
})
const all: Statement = { name: 'all', text: 'select value from kept order by value', values: [] }

describe('a transaction of two round trips (P1)', () => {
  let database: TestDatabase
  let connection: DatabaseConnection
  let pool: Pool
  before(async () => {
    database = await createDatabase()
    connection = connectDatabase(database.url, { name: 'test', size: 1, statementMs: 5_000, prepares: true })
    pool = connection.pool
    await pool.query('create table kept (value int not null primary key)')
  })
  after(async () => {
    await connection.close()
    await database.drop()
  })
  const kept = async () => (await pool.query<{ value: number }>(all.text)).rows.map(({ value }) => value)

  it('commits what was sent with the commit', async () => {
    await BatchTransaction.run(pool, async (transaction) => {
      assert.deepEqual(await transaction.begin([all, insert(1)]), [[], []])
      assert.deepEqual(await transaction.also(all), [{ value: 1 }])
      await transaction.commit([insert(2)])
    })
    assert.deepEqual(await kept(), [1, 2])
  })

  it('commits nothing, and throws the first fault, when a statement fails though the commit is sent behind it', async () => {
    const failing = BatchTransaction.run(pool, async (transaction) => {
      await transaction.begin([insert(3)])
      await transaction.commit([insert(4), insert(1), insert(null)])
    })
    await assert.rejects(failing, { code: '23505' })
    assert.deepEqual(await kept(), [1, 2])
  })

  it('commits nothing when what it was to decide fails, and the connection is good for the next', async () => {
    const failing = BatchTransaction.run(pool, async (transaction) => {
      await transaction.begin([insert(5)])
      throw new Error('undecided')
    })
    await assert.rejects(failing, /undecided/)
    await BatchTransaction.run(pool, async (transaction) => {
      await transaction.begin([])
      await transaction.commit([insert(6)])
    })
    assert.deepEqual(await kept(), [1, 2, 6])
  })

  it('sends nothing when a value has no form in Postgres, so that no commit gets through behind it', async () => {
    const failing = BatchTransaction.run(pool, async (transaction) => {
      await transaction.begin([insert(7)])
      await transaction.commit([insert(8), { ...insert(9), values: [() => 9] }])
    })
    await assert.rejects(failing, TypeError)
    assert.deepEqual(await kept(), [1, 2, 6])
  })

  it('sends nothing for a number that is none, or an id that is no UUID', async () => {
    for (const [type, value] of [
      ['bigint', Number.NaN],
      ['bigint', 2 ** 60],
      ['int', 0.5],
      ['uuid', '0-0'],
    ])
      await assert.rejects(
        BatchTransaction.alone(pool, () => [
          { name: `echo ${type}`, text: `select $1::${type}`, values: [value] },
        ]),
      )
  })

  it('goes on, with another connection, where a lock kept it from preparing a statement', async () => {
    const late: Statement = { ...insert(20), name: 'late' }
    const hasty = connectDatabase(database.url, {
      name: 'hasty',
      size: 1,
      statementMs: 5_000,
      lockMs: 50,
      prepares: true,
    })
    const lock = await pool.connect()
    await lock.query('begin; lock table kept')
    await assert.rejects(
      BatchTransaction.alone(hasty.pool, () => [late]),
      { code: '55P03' },
    )
    await lock.query('rollback')
    lock.release()
    await BatchTransaction.alone(hasty.pool, () => [late])
    await hasty.close()
    assert.ok((await kept()).includes(20))
    await pool.query('delete from kept where value = 20')
  })

  it('takes octets, text with quotes and backslashes, times and nulls, alone and in arrays', async () => {
    const octets = Uint8Array.of(0, 92, 34, 255)
    const text = 'a "quoted" \\ one, {NULL}'
    const at = new Date(1_764_000_000_123)
    const [row] = await BatchTransaction.run(pool, async (transaction) => {
      const [rows] = await transaction.begin([
        {
          name: 'echo',
          text: 'select $1::bytea as a, $2::bytea[] as b, $3::text as c, $4::text[] as d, $5::timestamptz as e, $6::bigint[] as f',
          values: [octets, [octets, null], text, [text, 'NULL', ''], at, [1, null, 2 ** 53 - 1]],
        },
      ])
      await transaction.commit([])
      return rows!
    })
    const plain = Buffer.from(octets)
    assert.deepEqual(row, {
      a: plain,
      b: [plain, null],
      c: text,
      d: [text, 'NULL', ''],
      e: at,
      f: ['1', null, '9007199254740991'],
    })
  })

  it('looks rows up by their index though the table was empty when the statement was planned', async () => {
    const found: Statement = {
      name: 'found',
      text: 'select k.value from unnest($1::int[]) as w (value) join kept k on k.value = w.value',
      values: [[1]],
    }
    await pool.query('truncate kept')
    const look = () =>
      BatchTransaction.run(pool, async (transaction) => {
        const [rows] = await transaction.begin([found])
        await transaction.commit([])
        return rows
      })
    assert.deepEqual(await look(), [])
    await pool.query('insert into kept select generate_series(1, 20000)')
    const read = async () =>
      Number(
        (
          await pool.query(
            "select pg_stat_force_next_flush(), pg_stat_get_tuples_fetched('kept'::regclass) + pg_stat_get_tuples_returned('kept'::regclass) as read",
          )
        ).rows[0].read,
      )
    await read()
    const before = await read()
    for (let time = 0; time < 20; time++) assert.deepEqual(await look(), [{ value: 1 }])
    await read()
    assert.ok((await read()) - before < 2_000)
  })
})
