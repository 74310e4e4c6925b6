import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from '../../services/local/run-command.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { runCli } from '../cli/run-cli.ts'
import { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { createDatabase, freePort, testNats } from '../support/infrastructure.ts'
import { previousRelease, previousReleaseMissing } from '../support/previous-release.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

interface Started {
  readonly process: ServiceProcess
  readonly port: number
  readonly httpPort: number
}

const missing = await previousReleaseMissing()
const MASTER_KEY = randomBytes(32).toString('base64')
const ZONES = ['example.com', 'example.net', 'example.org', 'example.edu']

describe('the release before and this one, side by side', { skip: missing ?? false }, () => {
  let system: TestSystem
  let oldMain: string
  const running = new Set<Started>()
  const zoneIds: number[] = []
  /** Names that were answered NOERROR, by zone. */
  const accepted = ZONES.map((): string[] => [])
  /** Where updates go at the moment; each in turn. */
  let clients: DnsClient[] = []
  const wrong: string[] = []
  let isOver = false
  let traffic: Promise<void>[] = []

  before(async () => {
    const starting = testNats()
    const [main, database] = await Promise.all([previousRelease(), createDatabase()])
    oldMain = main
    const options = ['--disable-warning=ExperimentalWarning', oldMain, 'migrate']
    const migrated = await runCommand(process.execPath, options, {
      env: { PATH: process.env.PATH ?? '', ZONELOG_DATABASE_URL: database.url },
      timeoutMs: 60_000,
    })
    assert.equal(migrated.status, 0, migrated.stderr)
    system = await TestSystem.prepare({ database, nats: await starting })
  })
  after(async () => {
    isOver = true
    await Promise.all(traffic)
    for (const client of clients) client.close()
    for (const { process } of running) await process.kill()
    await system?.close()
  })

  async function start(command: 'edge' | 'writer', main?: string): Promise<Started> {
    const [port, httpPort] = [await freePort(), await freePort()]
    const listen: Record<string, string> =
      command === 'writer'
        ? { ZONELOG_API_LISTEN: `127.0.0.1:${httpPort}` }
        : {
            ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
            ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
            ZONELOG_EDGE_ID: main === undefined ? 'edge-new' : 'edge-old',
          }
    const process = new ServiceProcess(
      command,
      { ...system.environment, ZONELOG_MASTER_KEY: MASTER_KEY, ...listen },
      main === undefined ? {} : { main },
    )
    const started = { process, port, httpPort }
    running.add(started)
    await process.ready(httpPort)
    return started
  }
  async function stop(started: Started): Promise<void> {
    running.delete(started)
    assert.equal(await started.process.stop(), 0, started.process.log)
  }
  const apiOf = (writer: Started) =>
    AdminApi.withTokenFile(`http://127.0.0.1:${writer.httpPort}`, `${system.dataDir}/api-token`)

  /** One update after another for a zone; what is not answered is sent again through whatever edge there is, as clients do. */
  async function send(zone: number): Promise<void> {
    for (let n = 1; !isOver; n++) {
      const name = `n${n}.${ZONES[zone]}.`
      const message = update({ zone: `${ZONES[zone]}.`, updates: [addA(name, '192.0.2.1')] })
      let rcode = 'silence'
      for (let tries = 0; rcode === 'silence' && tries < 10; tries++)
        rcode = await clients[(n + tries) % clients.length]!.rcode(message, 2_000)
      if (rcode === 'NOERROR') accepted[zone]!.push(name)
      else wrong.push(`${name}: ${rcode}`)
      await delay(25)
    }
  }
  /** Some more updates of each zone have been accepted. */
  async function goesOn(what: string): Promise<void> {
    const counts = accepted.map((names) => names.length + 5)
    await until(`updates go on: ${what}`, () => accepted.every(({ length }, zone) => length >= counts[zone]!))
    assert.deepEqual(wrong, [], what)
  }

  /** All its events, whoever wrote them. */
  async function verifies(writer: Started, zone: string): Promise<void> {
    const answer = await apiOf(writer).fetch(`/v1/zones/${zone}/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    assert.match(text.trim().split('\n').at(-1)!, /"ok":true/, text)
  }

  it('nothing is lost and nothing refused while one takes the place of the other', async () => {
    const [oldWriter, oldEdge] = await Promise.all([start('writer', oldMain), start('edge', oldMain)])
    for (const zone of ZONES)
      zoneIds.push((await apiOf(oldWriter).createZone(zone, { allowUpdate: ['127.0.0.0/8'] })).id)
    const toOld = await DnsClient.to(oldEdge.port)
    clients = [toOld]
    traffic = ZONES.map((_, zone) => send(zone))
    await goesOn('old edge, old writer, old schema')
    const tried = await runCli(['zone', 'delete', ZONES[0]!, '--dry-run'], {
      ZONELOG_API_URL: `http://127.0.0.1:${oldWriter.httpPort}`,
      ZONELOG_DATA_DIR: system.dataDir,
    })
    assert.equal(tried.status, 1, tried.out)
    assert.match(tried.err, /Nothing was changed: the writer is of an earlier release/)

    await migrateToLatest(system.database.url)
    // it takes no updates yet
    const comingEdge = start('edge')
    await goesOn('old edge, old writer, new schema')

    const newEdge = await comingEdge
    const toNew = await DnsClient.to(newEdge.port)
    clients = [toOld, toNew]
    await goesOn('old and new edge, old writer')

    const newWriter = await start('writer')
    await until('old and new writer share the partitions', async () => {
      const shares = await Promise.all([oldWriter, newWriter].map((writer) => apiOf(writer).partitions()))
      return shares.every(({ length }) => length === 8)
    })
    await goesOn('old and new edge, old and new writer')
    for (const names of accepted)
      for (const client of [toOld, toNew]) {
        const name = names.at(-1)!
        await until(`${name} is served by both`, async () => (await client.query(name, 'A')).length === 1)
      }

    clients = [toNew]
    await stop(oldEdge)
    await goesOn('new edge, old and new writer')
    await stop(oldWriter)
    await goesOn('new edge, new writer')
    const [backAgain] = await Promise.all([
      start('writer', oldMain),
      ...ZONES.map((zone) => verifies(newWriter, zone)),
    ])
    await stop(newWriter)
    await goesOn('new edge, and an old writer on the new schema, as when the upgrade is taken back')
    isOver = true
    await Promise.all(traffic)
    const api = apiOf(backAgain)
    for (const [zone, names] of accepted.entries()) {
      const events = await historyIsWhole(system, zoneIds[zone]!, nameOf(`${ZONES[zone]}.`))
      const tookPart = new Set(events.map(({ edgeId }) => edgeId))
      for (const edge of ['edge-old', 'edge-new']) assert.ok(tookPart.has(edge), [...tookPart].join(' '))
      const stored = await api.export(ZONES[zone]!)
      const lost = names.filter((name) => !stored.includes(name.slice(0, name.indexOf('.'))))
      assert.deepEqual(lost, [])
    }
    toOld.close()
  })
})
