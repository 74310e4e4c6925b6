import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { Committer } from '../../services/zone-writer/batch/committer.ts'
import { WriterMetrics } from '../../services/zone-writer/metrics.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { silentLogger } from '../../shared/log.ts'
import { commandOf } from '../support/command.ts'
import { addA, update } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'

describe('a zone that something long holds, such as an import', () => {
  let system: TestSystem
  let zoneId: number

  before(async () => {
    const { system: started, api, writer } = await TestSystem.start()
    system = started
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    await writer.close()
  })
  after(() => system?.close())

  it('has its updates tried again, sets none of them aside, and is no reason to open the breaker', async () => {
    const commits = connectDatabase(system.database.url, {
      name: 'test',
      size: 1,
      statementMs: 5_000,
      lockMs: 50,
      pipeline: true,
    })
    const committer = new Committer(commits.pool, silentLogger(), new WriterMetrics())
    const command = commandOf(zoneId, update({ updates: [addA('busy.example.com.', '192.0.2.1')] }))
    const queue = [{ command, queuedAt: Date.now() }]
    await system.db.transaction().execute(async (trx) => {
      await sql`select 1 from zone where id = ${zoneId} for update`.execute(trx)
      for (let attempt = 0; attempt < 3; attempt++)
        await assert.rejects(committer.commit(queue), /lock timeout/)
    })
    assert.equal(committer.breaker.state, 'closed')
    const { outcomes } = await committer.commit(queue)
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome.reason),
      ['applied'],
    )
    committer.breaker.close()
    await commits.close()
  })
})
