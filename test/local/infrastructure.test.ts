import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Client } from 'pg'
import { startNats } from '../../services/local/nats-server.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { createDatabase, temporaryFolder, testNats, toolPath } from '../support/infrastructure.ts'

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
