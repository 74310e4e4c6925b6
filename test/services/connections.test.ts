import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { TestSystem } from '../support/system.ts'

const SIZE = 3

describe('a pool of connections that is to be ready', () => {
  let system: TestSystem
  let connections: DatabaseConnection

  const connect = (url: string) =>
    connectDatabase(url, { name: 'test', size: SIZE, statementMs: 1_000, keepsIdle: true })

  before(async () => {
    system = await TestSystem.prepare()
    connections = connect(system.database.url)
  })
  after(async () => {
    await connections.close()
    await system.close()
  })

  const counts = () => [connections.pool.totalCount, connections.pool.idleCount]

  it('has so many at least, all of them free', async () => {
    await connections.warmUp(1)
    assert.deepEqual(counts(), [1, 1])
    await connections.warmUp(2)
    assert.deepEqual(counts(), [2, 2])
    await connections.warmUp(2)
    assert.deepEqual(counts(), [2, 2])
  })

  it('has no more than it may', async () => {
    await connections.warmUp(SIZE + 5)
    assert.deepEqual(counts(), [SIZE, SIZE])
  })

  it('counts those that are in use, and leaves them alone', async () => {
    const others = connect(system.database.url)
    const client = await others.pool.connect()
    await others.warmUp(2)
    assert.deepEqual([others.pool.totalCount, others.pool.idleCount], [2, 1])
    client.release()
    await others.close()
    await others.warmUp(2)
  })

  it('does without where Postgres cannot be reached', async () => {
    const nowhere = connect('postgres://nobody@127.0.0.1:1/nothing')
    await nowhere.warmUp(2)
    assert.equal(nowhere.pool.totalCount, 0)
    await nowhere.close()
  })
})
