import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { commandHeaders } from '../../shared/messaging/command-codec.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { commandSubject, partitionOf } from '../../shared/messaging/subjects.ts'
import { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { decoded } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const UPDATES = 1_000

describe('P1, P2, P5 and P6 when the writer is killed with updates in flight', () => {
  let system: TestSystem

  before(async () => {
    system = await TestSystem.prepare()
  })
  after(() => system?.close())

  async function startWriter(): Promise<{ process: ServiceProcess; api: AdminApi }> {
    const port = await freePort()
    const environment = { ...system.environment, ZONELOG_API_LISTEN: `127.0.0.1:${port}` }
    const process = await new ServiceProcess('writer', environment).ready(port)
    return { process, api: AdminApi.withTokenFile(`http://127.0.0.1:${port}`, `${system.dataDir}/api-token`) }
  }

  it('every NOERROR is in Postgres exactly once, every update has one event, and folding gives the RRsets', async () => {
    const first = await startWriter()
    const { id: zoneId } = await first.api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    const edge = await system.edge()
    const clients = await Promise.all(Array.from({ length: 100 }, () => DnsClient.to(edge.port)))
    let settled = 0
    const { promise: halfway, resolve: isHalfway } = Promise.withResolvers<void>()

    /** As nsupdate: the same octets again after a while, until there is an answer. */
    const send = async (client: DnsClient, name: string): Promise<string> => {
      const message = update({ updates: [addA(name, '192.0.2.1')] })
      for (let attempt = 0; attempt < 8; attempt++) {
        const rcode = await client.rcode(message, 3_000)
        if (rcode === 'silence') continue
        settled += 1
        if (settled === UPDATES / 4) isHalfway()
        return rcode
      }
      return 'silence'
    }
    const names = Array.from({ length: UPDATES }, (_, index) => `k${index}.example.com.`)
    const outcomes = new Map<string, string>()
    const load = Promise.all(
      clients.map(async (client, index) => {
        for (let each = index; each < names.length; each += clients.length)
          outcomes.set(names[each]!, await send(client, names[each]!))
      }),
    )
    await halfway
    await first.process.kill()
    const second = await startWriter()
    await load

    const events = await historyIsWhole(system, zoneId)
    const eventsOf = Map.groupBy(
      events.filter((event) => event.kind === 'update'),
      (event) => decoded(event.message).authorities[0]!.name as string,
    )
    for (const name of names) {
      assert.equal(
        outcomes.get(name),
        'NOERROR',
        `${name}: nothing was answered with an error, and everything in the end`,
      )
      // an update that waited past its deadline was recorded as such, and its re-send decided anew
      const decided = eventsOf.get(name)!.filter((event) => event.reason !== 'expired')
      assert.equal(decided.length, 1, `${name} has one event`)
      assert.equal(decided[0]!.reason, 'applied')
    }
    const { rows } = await system.db
      .selectFrom('rrset')
      .select('owner')
      .where('owner', 'like', 'k%.example.com.')
      .execute()
      .then((rows) => ({ rows }))
    assert.equal(rows.length, UPDATES)
    for (const client of clients) client.close()
    assert.equal(await second.process.stop(), 0)
  })

  it('a command that ends the writer each time is set aside with an event, and its neighbours go on', async () => {
    const zone = 'crashes.example.'
    const writer = await startWriter()
    const { id } = await writer.api.createZone(zone, { allowUpdate: ['127.0.0.0/8'] })
    assert.equal(await writer.process.stop(), 0)
    // they wait in the stream together, so that a batch holds them all; for as long as it takes
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const deadline = Date.now() + 3_600_000
    for (const label of ['before', 'poison', 'after']) {
      const message = update({ zone, updates: [addA(`${label}.${zone}`, '192.0.2.1')] })
      const command = commandOf(id, message, { zone: nameOf(zone), deadline })
      await nats
        .jetstream()
        .publish(commandSubject(partitionOf(id, 16)), message, { headers: commandHeaders(command) })
    }
    await nats.close()

    const NODE_OPTIONS = `--import ${new URL('../support/poison.ts', import.meta.url).href}`
    const updates = async () => (await historyOf(system, id)).filter(({ kind }) => kind === 'update')
    const isOver = async () => (await updates()).length === 3
    const tries = async () => await system.db.selectFrom('command_try').selectAll().execute()
    let deaths = 0
    while (!(await isOver())) {
      const listen = `127.0.0.1:${await freePort()}`
      const doomed = new ServiceProcess('writer', {
        ...system.environment,
        ZONELOG_API_LISTEN: listen,
        NODE_OPTIONS,
      })
      let hasEnded = false
      void doomed.exited.then(() => {
        hasEnded = true
      })
      await until('it ends or goes on', async () => hasEnded || (await isOver()), 60_000)
      if (hasEnded) deaths += 1
      else {
        await until('it has noted that all are settled', async () => (await tries()).length === 0)
        await doomed.kill()
      }
    }
    assert.equal(deaths, 3, 'once with its neighbours, twice alone')
    const events = await updates()
    assert.deepEqual(
      events.map(({ message, reason }) => [decoded(message).authorities[0]!.name, reason]),
      [
        [`before.${zone}`, 'applied'],
        [`poison.${zone}`, 'fault'],
        [`after.${zone}`, 'applied'],
      ],
    )
    assert.match(events[1]!.detail, /process ended 2 times while it decided this/)
    await historyIsWhole(system, id, nameOf(zone))
    assert.deepEqual(await tries(), [])
  })

  it('a restore of 4,000 records is done whole or not at all', async () => {
    const zone = 'restored.example.'
    const apex = nameOf(zone)
    const file = (third: number) =>
      `$ORIGIN ${zone}\n@ 300 SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\n$GENERATE 1-4000 host-$ 300 A 192.0.${third}.1\n`
    let writer = await startWriter()
    const { id } = await writer.api.createZone(zone, { file: file(2) })
    await writer.api.fetch(`/v1/zones/${zone}/contents`, {
      method: 'PUT',
      headers: { 'content-type': 'text/dns' },
      body: file(3),
    })
    const restore = () => writer.api.post(`/v1/zones/${zone}/restore`, { event: 1 })
    // it has found all, and waits for the zone to write it
    await system.db.transaction().execute(async (trx) => {
      await trx.selectFrom('zone').select('id').where('id', '=', id).forUpdate().execute()
      const lost = assert.rejects(restore())
      await until('the restore waits for the lock', async () => await isWaiting())
      await writer.process.kill()
      await lost
    })
    assert.deepEqual(
      (await historyIsWhole(system, id, apex)).map(({ kind }) => kind),
      ['create', 'import'],
    )
    // at whatever it is while it writes
    writer = await startWriter()
    const answered = restore().then(
      () => true,
      () => false,
    )
    await until('it writes', async () => (await isWriting()) || (await seqOf(id)) === 3)
    await writer.process.kill()
    const wasAnswered = await answered
    await until('its connection is gone', async () => !(await isWriting()))
    const events = await historyIsWhole(system, id, apex)
    assert.ok(events.length === 3 || (events.length === 2 && !wasAnswered))
    // and then as if nothing had been
    writer = await startWriter()
    await restore()
    assert.equal((await historyIsWhole(system, id, apex)).at(-1)?.kind, 'restore')
    assert.match(await writer.api.export(zone), /host-4000\.restored\.example\. 300 IN A 192\.0\.2\.1\n/)
    assert.equal(await writer.process.stop(), 0)
  })

  const seqOf = async (id: number) =>
    (await system.db.selectFrom('zone').select('seq').where('id', '=', id).executeTakeFirstOrThrow()).seq

  async function activity(like: string, waits: string | null): Promise<boolean> {
    const { rows } = await sql<{ n: number }>`
      select count(*)::integer as n from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like ${like}
        and (${waits}::text is null or wait_event_type = ${waits})`.execute(system.db)
    return rows[0]!.n > 0
  }
  const isWaiting = async () => await activity('%for update%', 'Lock')
  const isWriting = async () => await activity('%changed_rrset%', null)
})
