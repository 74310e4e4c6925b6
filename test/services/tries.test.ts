import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { forgetTries, noteTries, takeBackTries, triedBefore } from '../../services/zone-writer/store/tries.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { createDatabase, type TestDatabase } from '../support/infrastructure.ts'

describe('which commands a process had in hand when it ended (docs/decisions/0021)', () => {
  let database: TestDatabase
  let connection: DatabaseConnection
  before(async () => {
    database = await createDatabase()
    await migrateToLatest(database.url)
    connection = connectDatabase(database.url, { name: 'test', size: 1, statementMs: 5_000 })
  })
  after(async () => {
    await connection.close()
    await database.drop()
  })

  const process = () => {
    const by = randomUUID()
    const { db } = connection
    return {
      by,
      tries: (...ids: string[]) => noteTries(db, ids, by),
      settles: (...ids: string[]) => forgetTries(db, ids),
      leaves: (...ids: string[]) => takeBackTries(db, ids, by),
      aloneBefore: async (id: string) => (await triedBefore(db, [id], by)).get(id)?.alone,
    }
  }

  it('counts each process that had a command alone, and not its own tries', async () => {
    const [first, second, third, id] = [process(), process(), process(), randomUUID()]
    await first.tries(id)
    await first.tries(id)
    assert.equal(await first.aloneBefore(id), undefined)
    assert.equal(await second.aloneBefore(id), 1)
    await second.tries(id)
    assert.equal(await second.aloneBefore(id), 1)
    assert.equal(await third.aloneBefore(id), 2)
    await third.settles(id)
    assert.equal(await third.aloneBefore(id), undefined)
  })

  it('knows of what several had together how many those were, and that none was alone', async () => {
    const [first, second] = [process(), process()]
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    await first.tries(...ids)
    const tried = await triedBefore(connection.db, ids.slice(0, 1), second.by)
    assert.deepEqual([...tried.values()], [{ by: first.by, alone: 0, together: 3 }])
  })

  it('still knows it of one that a process left, as its zone was held, and does not count that process', async () => {
    const [first, second, third, id] = [process(), process(), process(), randomUUID()]
    await first.tries(id)
    await second.tries(id)
    await second.leaves(id)
    assert.equal(await second.aloneBefore(id), 1)
    assert.equal(await third.aloneBefore(id), 1)
    await second.tries(id)
    await second.leaves(id)
    await third.tries(id)
    assert.equal(await process().aloneBefore(id), 2)
  })

  it('has forgotten what each process left that had it', async () => {
    const [first, second, id, other] = [process(), process(), randomUUID(), randomUUID()]
    await first.tries(id)
    await first.leaves(id)
    await first.tries(id, other)
    await first.leaves(id, other)
    assert.equal(await second.aloneBefore(id), undefined)
    assert.equal(await second.aloneBefore(other), undefined)
  })

  it('leaves alone what another process has tried since', async () => {
    const [first, second, id] = [process(), process(), randomUUID()]
    await first.tries(id)
    await second.tries(id)
    await first.leaves(id)
    assert.equal(await process().aloneBefore(id), 2)
  })
})
