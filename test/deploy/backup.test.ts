import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningPostgres, startPostgres, stopPostgres } from '../../services/local/embedded-postgres.ts'
import { isLacking } from '../../services/zone-writer/catalog/refuse-older-database.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { silentLogger } from '../../shared/log.ts'
import { closeNats, connectNats } from '../../shared/messaging/connect.ts'
import { EVENTS_STREAM } from '../../shared/messaging/subjects.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { baseBackup } from '../support/base-backup.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort, testNats } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'
import { endWithUs, temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** docs/backup.md, tried: a base backup while updates go on, Postgres lost, and the backup, which is older, in its place. */
describe('a backup that is restored while edges and NATS know more', () => {
  let folder: string
  let port: number
  let postgres: RunningPostgres
  let system: TestSystem
  let client: DnsClient
  let zoneId: number
  const homeOf = (name: string) => join(folder, name)

  async function serverOn(name: string): Promise<RunningPostgres> {
    const server = await startPostgres({
      home: homeOf(name),
      port,
      logFile: join(folder, `${name}.log`),
      say: () => {},
      settings: { fsync: 'off', max_connections: '100' },
    })
    endWithUs(server.child.pid)
    return server
  }
  const add = async (name: string, limitMs = 8_000) =>
    await client.rcode(update({ updates: [addA(`${name}.example.com.`, '192.0.2.1')] }), limitMs)
  const serves = async (name: string) => (await client.query(`${name}.example.com.`, 'A')).length === 1

  before(async () => {
    folder = temporaryFolder('backup')
    await chmod(folder, 0o755)
    port = await freePort()
    const starting = testNats()
    postgres = await serverOn('first')
    await migrateToLatest(postgres.url)
    const drop = () => stopPostgres(postgres.child)
    system = await TestSystem.prepare({ database: { url: postgres.url, drop }, nats: await starting })
  })
  after(async () => {
    client?.close()
    await system?.close()
  })

  it('is taken while updates go on, and a writer refuses it as long as NATS knows of later events', async () => {
    const writer = await system.writer()
    zoneId = (await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    const edge = await system.edge()
    client = await DnsClient.to(edge.port)
    assert.equal(await add('before'), 'NOERROR')
    const [, during] = await Promise.all([
      baseBackup(postgres.url, homeOf('first'), homeOf('restored')),
      add('during'),
    ])
    assert.equal(during, 'NOERROR')
    assert.equal(await add('after'), 'NOERROR')
    assert.ok(await serves('after'))

    await postgres.child.stop('SIGQUIT', 10_000)
    await writer.close()
    postgres = await serverOn('restored')
    await assert.rejects(
      system.writer(),
      /the database is older than what NATS has heard of: event #4 of the zone with id \d+ is not in it \(its newest is #[23]\)/,
    )
    assert.ok(await serves('after'), 'the edge goes on with what it has')
    await edge.close()
  })

  it('is gone on from once the later events are given up, as the page says: purge, writers, edges anew', async () => {
    const nats = await connectNats(system.nats.url, 'operator', silentLogger())
    await (await nats.jetstreamManager()).streams.purge(EVENTS_STREAM)
    await closeNats(nats)
    const api: AdminApi = system.api(await system.writer())
    client.close()
    client = await DnsClient.to((await system.edge()).port)
    await until('the edge serves what the backup has', () => serves('before'))
    assert.ok(!(await serves('after')))
    assert.equal(await add('again'), 'NOERROR')
    assert.ok(await serves('again'))
    assert.match(await api.export('example.com'), /again/)
    await historyIsWhole(system, zoneId)
  })

  it('is told apart from a database that left a zone out when it was rebuilt', () => {
    const published = { zoneId: 7, seq: 5 }
    assert.ok(isLacking(published, 4, 9))
    assert.ok(!isLacking(published, 5, 9))
    assert.ok(!isLacking(published, undefined, 9), 'its id was passed over')
    assert.ok(isLacking(published, undefined, 6), 'the zone was made after the backup')
  })
})
