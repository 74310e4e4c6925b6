import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Client } from 'pg'
import { startNats } from '../../services/local/nats-server.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { createDatabase, freePort, temporaryFolder, testNats, toolPath } from '../support/infrastructure.ts'
import { endWithUs } from '../support/temporary.ts'
import { until } from '../support/until.ts'

describe('the servers that tests run against', () => {
  it('gives an empty database of its own to each that asks, and drops it with open connections', async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()])
    const client = new Client({ connectionString: one.url })
    client.on('error', () => {}) // the drop ends the connection
    await client.connect()
    await client.query('CREATE TABLE proof (n int)')
    const elsewhere = new Client({ connectionString: other.url })
    await elsewhere.connect()
    await assert.rejects(elsewhere.query('SELECT * FROM proof'))
    await elsewhere.end()
    await one.drop()
    await other.drop()
    await assert.rejects(new Client({ connectionString: one.url }).connect())
  })

  it('stops what it does for a client that has gone', async () => {
    const database = await createDatabase()
    const sleeper = `
      const { connectDatabase } = await import(process.argv[1])
      const { sql } = await import('kysely')
      const { db } = connectDatabase(process.argv[2], { name: 'sleeper', size: 1, statementMs: 600_000 })
      await sql\`select pg_sleep(600)\`.execute(db)`
    const connect = new URL('../../shared/database/connect.ts', import.meta.url).href
    const child = spawn(process.execPath, ['--input-type=module', '-e', sleeper, connect, database.url])
    endWithUs(child.pid!)
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const sleepers = async () => {
      const { rows } = await client.query(
        "select 1 from pg_stat_activity where application_name = 'sleeper' and query like '%pg_sleep%'",
      )
      return rows.length
    }
    await until('it sleeps', async () => (await sleepers()) === 1)
    child.kill('SIGKILL')
    await until('it is stopped', async () => (await sleepers()) === 0)
    await client.end()
    await database.drop()
  })

  it('gives a port to one test only, though nothing listens there yet', async () => {
    const ports = await Promise.all(Array.from({ length: 400 }, freePort))
    assert.equal(new Set(ports).size, ports.length)
  })

  it('gives a nats-server whose streams survive a kill', async () => {
    const nats = await testNats()
    const first = await connectNats(nats.url, 'test', silentLogger())
    await (await first.jetstreamManager()).streams.add({ name: 'proof', subjects: ['proof'] })
    await first.jetstream().publish('proof', 'kept')
    await first.close()
    await nats.kill()
    await nats.restart()
    const second = await connectNats(nats.url, 'test', silentLogger())
    const { state } = await (await second.jetstreamManager()).streams.info('proof')
    assert.equal(state.messages, 1)
    await second.close()
    await nats.stop()
  })

  it('takes no other nats-server on the port for its own', async () => {
    const [other, home] = [await testNats(), temporaryFolder('nats')]
    const program = toolPath('nats-server')
    await assert.rejects(
      startNats({ program, home, port: other.port, logFile: join(home, 'log') }),
      /nats-server ended at start with exit code 1/,
    )
    await other.stop()
  })
})
