import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Events, type NatsConnection, type NatsError } from 'nats'
import { silentLogger } from '../../shared/log.ts'
import { closeNats, connectNats } from '../../shared/messaging/connect.ts'
import { leaderSubject } from '../../shared/messaging/subjects.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { TestAuthority } from '../support/certificates.ts'
import { digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort, testNats } from '../support/infrastructure.ts'
import { natsOperator } from '../support/nats-operator.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { plainNats } from '../support/plain-nats.ts'
import { type SecuredNats, securedNats } from '../support/secured-nats.ts'
import { APEX } from '../support/spec.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'

const FOLDER = new URL('../../deploy/nats/', import.meta.url)

const REGISTRATION = { ZONELOG_ACME_DNS_ZONE: 'example.com', ZONELOG_ACME_DNS_KEY: 'demo' }

const STREAMS = [
  'ZONELOG_COMMANDS',
  'ZONELOG_EVENTS',
  'ZONELOG_CHECKPOINTS',
  'ZONELOG_REFUSALS',
  'ZONELOG_KEY_USAGE',
  'KV_zonelog-catalog',
]

describe('deploy/nats/nats-server.conf', () => {
  let nats: SecuredNats
  let system: TestSystem
  let api: AdminApi
  let edges: RunningEdge[]
  let zoneId: number
  let keyFile: string

  before(async () => {
    nats = await securedNats()
    system = await TestSystem.prepare({ nats })
    api = system.api(await system.writer({ ...nats.writer, ...REGISTRATION }))
    const { clause } = await api.createKey('demo')
    keyFile = join(temporaryFolder('key'), 'demo.key')
    writeFileSync(keyFile, clause, { mode: 0o600 })
    const file = Array.from({ length: 3_000 }, (_, i) => `h${i} 300 IN TXT "${'x'.repeat(200)}"`).join('\n')
    zoneId = (
      await api.createZone('example.com', {
        file: `$ORIGIN example.com.\n@ 3600 IN SOA ns1 hostmaster 1 3600 600 1209600 300\n@ 3600 IN NS ns1\n${file}\n`,
        allowUpdate: ['demo'],
        allowTransfer: ['127.0.0.1'],
      })
    ).id
    edges = await Promise.all([system.edge({ ...nats.edge1, ...REGISTRATION }), system.edge(nats.edge2)])
  })
  after(async () => {
    await system?.close()
  })

  const at = (edge: RunningEdge) => ({ host: '127.0.0.1', port: edge.port })
  const update = async (edge: RunningEdge, name: string) => {
    const { output } = await nsupdate(at(edge), `update add ${name} 60 A 192.0.2.1`, '-k', keyFile)
    assert.equal(output, '')
  }

  it('lets the system work: update, query, transfer of a large zone, other edges, status', async () => {
    for (const edge of edges)
      await until(
        'it serves the zone',
        async () => (await digShort(at(edge), 'example.com', 'SOA')).length > 0,
      )
    await update(edges[0]!, 'a.example.com')
    await update(edges[1]!, 'b.example.com')
    const whole = async (edge: RunningEdge) => {
      await until('both are served', async () => (await digShort(at(edge), 'b.example.com', 'A')).length > 0)
      assert.deepEqual(await digShort(at(edge), 'a.example.com', 'A'), ['192.0.2.1'])
      assert.equal((await transfer(at(edge), APEX)).length, 3_004)
    }
    await Promise.all(edges.map(whole))
    const status = await api.get('/v1/status')
    assert.deepEqual(status.edges.map(({ id }: { id: string }) => id).sort(), ['edge-1', 'edge-2'])
    assert.equal(status.writers.length, 1)
    assert.equal((await api.get('/v1/zones/example.com/secondaries')).edges?.length ?? 2, 2)
  })

  it('lets an edge ask for accounts of acme-dns', async () => {
    const url = `http://127.0.0.1:${edges[0]!.httpPort}/register`
    assert.equal((await fetch(url, { method: 'POST' })).status, 201)
  })

  it('lets a writer send what the API changes, which an edge serves then', async () => {
    const changes = [{ action: 'add', name: 'api', type: 'A', ttl: 60, values: ['192.0.2.2'] }]
    const changed = await api.post('/v1/zones/example.com/changes', { changes })
    assert.equal((changed as { reason: string }).reason, 'applied')
    await until(
      'it is served',
      async () => (await digShort(at(edges[0]!), 'api.example.com', 'A'))[0] === '192.0.2.2',
    )
  })

  it('lets an edge report what it refused, and an edge that starts again catch up', async () => {
    await nsupdate(at(edges[0]!), 'update add c.example.com 60 A 192.0.2.1')
    await edges[0]!.close()
    await until('the refusal is stored', async () => (await api.get('/v1/refusals')).refusals.length > 0)
    await update(edges[1]!, 'd.example.com')
    edges[0] = await system.edge(nats.edge1)
    await until(
      'it serves what it missed',
      async () => (await digShort(at(edges[0]!), 'd.example.com', 'A')).length > 0,
    )
  })

  it('lets a writer look at all clocks, for zonelog doctor', async () => {
    const { out } = await runCli(['doctor', '--json'], { ...system.environment, ...nats.writer })
    assert.match(out, /5 clocks agree|6 clocks agree/)
    assert.match(out, /agree within \d+ ms \([^)]*nats-server/)
  })

  it('lets everything go on when the server has been down', async () => {
    await nats.kill()
    await nats.restart()
    await until('updates are taken again', async () => {
      const { status } = await nsupdate(
        at(edges[0]!),
        'update add e.example.com 60 A 192.0.2.1',
        '-k',
        keyFile,
      )
      return status === 0
    })
    await historyIsWhole(system, zoneId)
  })

  it('lets a writer hear which server of a cluster leads its consumers, which it asks for on a cluster only', async () => {
    const { natsAccess, natsUrl } = system.config(nats.writer)
    const options = { access: natsAccess, inboxOf: 'writer' }
    const writer = await connectNats(natsUrl!, 'writer', silentLogger(), options)
    writer.subscribe(leaderSubject(0))
    await writer.flush()
    await closeNats(writer)
    assert.doesNotMatch(nats.log(), /Violation/i)
  })

  it('has violated nothing in all that', () => assert.doesNotMatch(nats.log(), /Violation/i))

  describe('with the credentials of an edge', () => {
    let edge: NatsConnection
    const violations = new Set<string>()

    before(async () => {
      const { natsAccess, natsUrl } = system.config(nats.edge1)
      edge = await connectNats(natsUrl!, 'intruder', silentLogger(), {
        access: natsAccess,
        inboxOf: 'edge.edge-1',
      })
      void (async () => {
        for await (const { type, permissionContext } of edge.status())
          if (type === Events.Error && permissionContext)
            violations.add(`${permissionContext.operation} ${permissionContext.subject}`)
      })()
    })
    after(() => closeNats(edge))

    const FORBIDDEN = [
      'zonelog.events.1',
      'zonelog.checkpoints.1',
      'zonelog.outcomes.edge-1',
      'zonelog.outcomes.edge-2',
      'zonelog.refusals.edge-2',
      'zonelog.key-usage.edge-2',
      'zonelog.edges.digest',
      'zonelog.edges.distrust.edge-2',
      'zonelog.master-key.probe',
      '$KV.zonelog-catalog.zone.1',
      '$KV.zonelog-catalog.meta',
      '$JS.API.STREAM.CREATE.MINE',
      '$JS.API.STREAM.NAMES',
      ...STREAMS.flatMap((stream) => [
        `$JS.API.STREAM.CREATE.${stream}`,
        `$JS.API.STREAM.UPDATE.${stream}`,
        `$JS.API.STREAM.DELETE.${stream}`,
        `$JS.API.STREAM.PURGE.${stream}`,
        `$JS.API.STREAM.MSG.GET.${stream}`,
        `$JS.API.STREAM.MSG.DELETE.${stream}`,
        `$JS.API.STREAM.SNAPSHOT.${stream}`,
        `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.mine`,
        `$JS.API.DIRECT.GET.${stream}`,
      ]),
      ...STREAMS.slice(0, -1).flatMap((stream) => [
        `$JS.API.STREAM.INFO.${stream}`,
        `$JS.API.CONSUMER.CREATE.${stream}`,
        `$JS.API.CONSUMER.CREATE.${stream}.mine.zonelog.>`,
        `$JS.API.CONSUMER.DELETE.${stream}.writer-1`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.writer-1`,
        `$JS.ACK.${stream}.writer-1.1.1.1.1.0`,
      ]),
    ]
    it(`cannot publish to any of ${FORBIDDEN.length} subjects: events, outcomes, catalog, streams`, async () => {
      for (const subject of FORBIDDEN) edge.publish(subject, '{}')
      await edge.flush()
      await until('the server has said no to each', () =>
        FORBIDDEN.every((subject) => violations.has(`publish ${subject}`)),
      ).catch(() => assert.fail(`let through: ${FORBIDDEN.filter((s) => !violations.has(`publish ${s}`))}`))
    })

    it('cannot read commands, other edges, other streams or the replies to others', async () => {
      const subjects = [
        '>',
        'zonelog.>',
        'zonelog.commands.*',
        'zonelog.outcomes.edge-2',
        'zonelog.outcomes.*',
        'zonelog.refusals.*',
        'zonelog.key-usage.*',
        'zonelog.checkpoints.*',
        'zonelog.zone.snapshot',
        '$KV.>',
        '$JS.>',
        '$SYS.>',
        '_INBOX.>',
        '_INBOX.edge.edge-2.>',
        '_INBOX.writer.>',
      ]
      for (const subject of subjects) {
        const { promise, resolve } = Promise.withResolvers<NatsError | null>()
        const subscription = edge.subscribe(subject, { callback: resolve })
        void edge.flush().then(() => edge.flush().then(() => setTimeout(resolve, 2_000, null)))
        assert.match(String(await promise), /permissions violation/i, subject)
        subscription.unsubscribe()
      }
    })

    it('zonelog doctor compares the clock of nats-server as far as it may, from 2.10 on', async () => {
      const { ZONELOG_DATABASE_URL: _, ...environment } = system.environment
      const { out } = await runCli(['doctor', '--json'], { ...environment, ...nats.edge1 })
      assert.match(out, /clocks of NATS were not looked at|\(this machine, nats-server, edge\)/)
    })

    it('has changed nothing by trying', async () => {
      await update(edges[0]!, 'after.example.com')
      await historyIsWhole(system, zoneId)
      assert.match(nats.log(), /Publish Violation.*zonelog\.events\.1/)
    })
  })

  describe('keeps out', { concurrency: true }, () => {
    const refused = async (more: Record<string, string>, firstTryMs = 20_000): Promise<string> => {
      const { natsAccess, natsUrl } = system.config({ ...nats.edge1, ...more })
      try {
        const options = { access: natsAccess, firstTryMs }
        await closeNats(await connectNats(natsUrl!, 'stranger', silentLogger(), options))
      } catch (error) {
        return (error as Error).message
      }
      return assert.fail('it got in')
    }

    it('a wrong password', async () => {
      const url = `nats://edge-1:guess@127.0.0.1:${nats.port}`
      assert.match(await refused({ ZONELOG_NATS_URL: url }), /refuses the user, password/)
    })
    it('whoever has no certificate', async () => {
      // the server says nothing then
      const without = await refused({ ZONELOG_NATS_CERT: '', ZONELOG_NATS_KEY: '' }, 1_500)
      assert.match(without, /client certificate/)
    })
    it('and a server of another authority is not believed', async () => {
      const other = await TestAuthority.make('another authority')
      assert.match(await refused({ ZONELOG_NATS_CA: other.ca }), /not signed by the authority/)
    })
    it('a server that offers no TLS is not talked to', async () => {
      const plain = await testNats()
      assert.match(await refused({ ZONELOG_NATS_URL: plain.url }), /offers no TLS/)
      await plain.stop()
    })
  })

  it('gives every edge the same, under its own name', () => {
    const permissions = readFileSync(new URL('permissions.conf', FOLDER), 'utf8')
    const any = readFileSync(new URL('edges-that-come-and-go.conf', FOLDER), 'utf8')
    const blockOf = (text: string, name: string) => {
      const block = new RegExp(`^${name} \\{\\n([^]*?)^\\}`, 'm').exec(text)?.[1] ?? ''
      return block.replaceAll(/^ *#.*\n/gm, '')
    }
    const first = blockOf(permissions, 'EDGE_1_MAY')
    assert.match(first, /zonelog\.outcomes\.edge-1/)
    assert.equal(blockOf(permissions, 'EDGE_2_MAY'), first.replaceAll('edge-1', 'edge-2'))
    assert.equal(blockOf(any, 'ANY_EDGE_MAY'), first.replaceAll('edge-1', '*'))
  })

  it('takes a credentials file of an operator as well (JWT)', async () => {
    const { configuration, credsFile } = natsOperator()
    const folder = temporaryFolder('nats')
    const [port, file] = [await freePort(), join(folder, 'nats.conf')]
    writeFileSync(file, configuration)
    const child = await plainNats(port, ['-c', file])
    const { natsAccess } = system.config({ ZONELOG_NATS_CREDS_FILE: credsFile, ZONELOG_NATS_URL: 'nats://x' })
    const connect = (options: object) =>
      connectNats(`nats://127.0.0.1:${port}`, 'edge', silentLogger(), options)
    const connection = await connect({ access: natsAccess })
    await connection.flush()
    await closeNats(connection)
    await assert.rejects(connect({}), /refuses the user, password, nkey or credentials/)
    await child.stop('SIGINT', 5_000)
  })
})
