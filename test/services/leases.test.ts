import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { LeaseClock } from '../../services/zone-writer/leases/lease-clock.ts'
import { Publisher } from '../../services/zone-writer/publish/publisher.ts'
import { typeToText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { closeNats, connectNats } from '../../shared/messaging/connect.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'
import { runCli } from '../cli/run-cli.ts'
import { AdminApi } from '../support/admin-api.ts'
import { digAnswers, digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { nsupdate, type ServerAddress } from '../support/nsupdate.ts'
import { python } from '../support/python.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const ZONE = 'lease.example.'
const FILE = `$ORIGIN ${ZONE}\n@ 300 SOA ns1 host 1 3600 600 86400 60\n@ 300 NS ns1\nns1 300 A 127.0.0.1\n`
const SECOND = '00000001'
const HOUR = '00000e10'

interface Step {
  readonly add?: readonly string[]
  readonly delete?: readonly string[]
  /** Of the option, in hex. */
  readonly option?: string
}

describe('RFC 9664 leases, with dnspython as the client, and a writer that is killed', () => {
  let system: TestSystem
  let writer: { process: ServiceProcess; api: AdminApi }
  let edge: RunningEdge
  let server: ServerAddress
  let zoneId: number

  async function startWriter(): Promise<typeof writer> {
    const port = await freePort()
    const environment = { ...system.environment, ZONELOG_API_LISTEN: `127.0.0.1:${port}` }
    const process = await new ServiceProcess('writer', environment).ready(port)
    return { process, api: AdminApi.withTokenFile(`http://127.0.0.1:${port}`, `${system.dataDir}/api-token`) }
  }

  before(async () => {
    system = await TestSystem.prepare()
    writer = await startWriter()
    const { api } = writer
    edge = await system.edge()
    server = { host: '127.0.0.1', port: edge.port }
    const zone = { file: FILE, allowUpdate: ['127.0.0.0/8'], allowTransfer: ['127.0.0.0/8'] }
    zoneId = (await api.createZone(ZONE, zone)).id
    await api.createZone('never.example', { allowUpdate: ['127.0.0.0/8'] })
  })
  after(async () => {
    await writer?.process.stop()
    await system?.close()
  })

  const client = async (steps: readonly Step[], zone = ZONE) =>
    await python<[string, string | null][]>('lease.py', { ...server, zone, steps })
  const cli = async (line: string) => {
    const { url, token } = writer.api
    const run = await runCli(line.split(' '), { ZONELOG_API_URL: url, ZONELOG_API_TOKEN: token })
    assert.equal(run.status, 0, run.err)
    return run.out + run.err
  }
  const history = async () => await historyIsWhole(system, zoneId, nameOf(ZONE))
  const expiries = async () => (await history()).filter(({ reason }) => reason === 'lease-expired')
  const values = async (name: string) => await digShort(server, `${name}.${ZONE}`, 'A')
  const isGone = (name: string) => until(`${name} is gone`, async () => (await values(name)).length === 0)

  it('§4.3 nothing is granted where leases are off, and then what was asked for within the range', async () => {
    assert.deepEqual(await client([{ add: ['host 60 A 192.0.2.1'], option: HOUR }], 'never.example.'), [
      ['NOERROR', null],
    ])
    assert.match(await cli(`zone set ${ZONE} --lease 1s..1h`), /\nlease +1s\.\.1h\n/)
    const answers = await client([
      { add: ['long 60 A 192.0.2.1'], option: '00015180' },
      {
        add: ['both 60 A 192.0.2.1', 'both 60 KEY \\# 11 0200030d6d616465207570'],
        option: `${HOUR}00000000`,
      },
      { add: ['long 60 A 192.0.2.1'], option: HOUR },
      { delete: ['both'], option: '00000000' },
      { add: ['plain 60 A 192.0.2.1'] },
      { add: ['odd 60 A 192.0.2.1'], option: '000000' },
    ])
    assert.deepEqual(answers, [
      ['NOERROR', HOUR],
      ['NOERROR', `${HOUR}${SECOND}`],
      ['NOERROR', HOUR],
      ['NOERROR', SECOND],
      ['NOERROR', null],
      ['NOERROR', null],
    ])
    const [refresh] = (await history()).filter(({ reason }) => reason === 'unchanged')
    assert.equal(refresh?.serialBefore, refresh?.serialAfter, '§5.3 a refresh moves no serial')
  })

  it('§7 what is not refreshed goes as one event of the system; what is static stays; secondaries get the difference', async () => {
    const update = await nsupdate(server, `zone ${ZONE}\nupdate add short.${ZONE} 60 A 192.0.2.10`)
    assert.equal(update.status, 0, update.output)
    await client([
      { add: ['short 60 A 192.0.2.10', 'short 60 A 192.0.2.11', 'brief 60 A 192.0.2.12'], option: SECOND },
    ])
    await isGone('brief')
    await until('so is the other', async () => (await values('short')).length === 1)
    assert.deepEqual(await values('short'), ['192.0.2.10'])
    const [event] = await expiries()
    assert.deepEqual(
      [event?.kind, event?.identity, event?.serialAfter],
      ['lease', 'system', event!.serialBefore + 1],
    )
    assert.match(event!.detail, /^2 record\(s\) removed, not refreshed within their lease: /)
    const difference = await digAnswers(server, [`${ZONE} IXFR=${event!.serialBefore}`])
    for (const name of ['short', 'brief'])
      assert.equal(difference.filter((line) => line.startsWith(`${name}.${ZONE} `)).length, 1, name)
    assert.match(await cli(`log ${ZONE}`), /system .*lease-expired/)
  })

  it('a held value outlives its lease until it is released; list, blame and show tell of it', async () => {
    await client([{ add: ['held 60 A 192.0.2.20'], option: HOUR }])
    const tried = await cli(`lease hold ${ZONE} held.${ZONE} A --dry-run`)
    assert.match(tried, /^held\.lease\.example\.: 1 value\(s\) held[\s\S]*dry run: nothing was changed/)
    assert.match(await cli(`lease hold ${ZONE} held.${ZONE} A`), /1 value\(s\) held/)
    assert.match(await cli(`lease hold ${ZONE} held.${ZONE}`), /held already/)
    // as if it had been for a second, and that were over
    await sql`update leased_value set lease_seconds = 1, expires_at = now() where held_by is not null`.execute(
      system.db,
    )
    await client([{ add: ['watch 60 A 192.0.2.21'], option: SECOND }])
    await isGone('watch')
    assert.deepEqual(await values('held'), ['192.0.2.20'])
    assert.match(
      await cli(`lease list ${ZONE}`),
      /held\.lease\.example\. +A +192\.0\.2\.20 +1s +never: held by api:/,
    )
    assert.match(await cli(`blame ${ZONE} held.${ZONE}`), /lease +of 1s, held by api:/)
    assert.match(await cli(`zone show ${ZONE}`), /leased +1 value\(s\), 1 more held; the next ends at /)
    assert.match(await cli(`lease release ${ZONE} held.${ZONE} --dry-run`), /dry run: nothing was changed/)
    assert.match(await cli(`lease list ${ZONE}`), /never: held by api:/)
    await cli(`lease release ${ZONE} held.${ZONE}`)
    await isGone('held')
    const told = (await history()).map(({ reason }) => reason)
    for (const reason of ['lease-held', 'lease-released'])
      assert.equal(told.filter((one) => one === reason).length, 1, reason)
    const { url, token } = writer.api
    const none = await runCli(['lease', 'hold', ZONE, `plain.${ZONE}`], {
      ZONELOG_API_URL: url,
      ZONELOG_API_TOKEN: token,
    })
    assert.match(none.err, /No value of plain\.lease\.example\. has a lease/)
  })

  it('what an undo of its end puts back is static', async () => {
    const last = (await expiries()).at(-1)!
    await cli(`undo ${ZONE} ${last.seq} --yes`)
    assert.deepEqual(await values('held'), ['192.0.2.20'])
    const { values: leased } = await writer.api.get(`/v1/zones/${ZONE}/leases?record=held.${ZONE}`)
    assert.deepEqual(leased, [])
  })

  /** Each value that ever was removed for want of a refresh, as often as it was. */
  const removals = async () =>
    (await expiries()).flatMap((event) => {
      const diff = decodeDiff(event.diff)
      assert.ok(diff.ok)
      return diff.value.removed.map((record) => ({
        event,
        value: `${record.name} ${typeToText(record.type)}`,
      }))
    })

  /** With the lease clock of a writer on this partition, whose time jumps ahead while it finds out whether clients can refresh. */
  async function lookTwice(partition: number, jumpMs: number): Promise<void> {
    const log = silentLogger()
    const nats = await connectNats(system.nats.url, 'a writer whose clock jumps', log)
    const publisher = new Publisher(nats, log)
    let [looks, ahead] = [0, 0]
    const clock = new LeaseClock({
      admin: { db: system.db, log, publisher, writerId: 'jumps', now: () => Date.now() + ahead },
      partitionCount: system.config({}).partitions,
      held: () => [partition],
      isOpen: async () => {
        looks += 1
        ahead = jumpMs
        return true
      },
    })
    await until('it has looked again', () => looks >= 2)
    await clock.stop()
    publisher.close()
    await closeNats(nats)
  }

  it('a writer that is killed ends each lease once; what ran out while it was away has a whole lease once more, and a clock that jumps ends none', async () => {
    const names = ['k0', 'k1', 'k2', 'k3']
    const adds = names.map((name, index) => ({
      add: [`${name} 60 A 192.0.2.${index}`],
      option: index < 2 ? SECOND : '00000002',
    }))
    await client([{ add: ['away 60 A 192.0.2.30', 'stays 60 A 192.0.2.31'], option: HOUR }, ...adds])
    await isGone('k0')
    await writer.process.kill()
    const partition = zoneId % system.config({}).partitions
    // away has had a lease of two seconds, which is over, and could be refreshed all the time
    await sql`update leased_value set lease_seconds = 2, expires_at = now() where owner = ${`away.${ZONE}`}`.execute(
      system.db,
    )
    await sql`update lease_watch set since = now() - interval '3 hours', seen_at = now()`.execute(system.db)
    const before = (await history()).length
    await lookTwice(partition, 2 * 3_600_000)
    assert.equal((await history()).length, before, 'no lease ended')

    // as if it had been down for three hours
    await sql`update lease_watch set since = now() - interval '6 hours', seen_at = now() - interval '3 hours'`.execute(
      system.db,
    )
    const restartedAt = Date.now()
    writer = await startWriter()
    for (const name of [...names, 'away']) await isGone(name)
    const gone = Map.groupBy(await removals(), ({ value }) => value)
    for (const name of [...names, 'away']) assert.equal(gone.get(`${name}.${ZONE} A`)?.length, 1, name)
    const { seq, decidedAt } = gone.get(`away.${ZONE} A`)![0]!.event
    assert.ok(seq > before && decidedAt - restartedAt >= 2_000, `${decidedAt - restartedAt} ms`)
    assert.deepEqual(await values('stays'), ['192.0.2.31'])
  })

  it('an import leaves no lease, nor does turning them off, which an event says', async () => {
    const leased = async () => (await writer.api.get(`/v1/zones/${ZONE}/leases`)).values.length
    assert.ok((await leased()) > 0)
    await writer.api.fetch(`/v1/zones/${ZONE}/contents`, {
      method: 'PUT',
      headers: { 'content-type': 'text/dns' },
      body: await writer.api.export(ZONE),
    })
    assert.equal(await leased(), 0)
    await client([{ add: ['last 60 A 192.0.2.40'], option: HOUR }])
    assert.equal(await leased(), 1)
    await cli(`zone set ${ZONE} --lease off`)
    assert.equal((await history()).at(-1)?.reason, 'leases-off')
    await cli(`zone set ${ZONE} --lease 1s..1h`)
    assert.equal(await leased(), 0)
    assert.match(
      await cli(`verify ${ZONE}`),
      /^ok {2}lease\.example\. {2}\d+ events are whole, \d+ RRsets are what they add up to$/m,
    )
    const metrics = await (await writer.api.fetch('/metrics')).text()
    assert.match(metrics, /^zonelog_writer_leases_expired_total [1-9]/m)
    assert.match(metrics, /^zonelog_writer_leases_held 0$/m)
  })
})
