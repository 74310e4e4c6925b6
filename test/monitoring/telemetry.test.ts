import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, keyOf, noName, signed, update } from '../support/dns-client.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { TestSystem } from '../support/system.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'
import { readExposition, type Series } from './exposition.ts'
import { metricRows, tableIn } from './metrics-table.ts'
import { namesUsed, readAlerts, readDashboard } from './monitoring-files.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

// One edge and one writer as processes, seen as an operator sees them: by their metrics, their logs, their health and their traces.

const ZONE = 'watched.example.'
const KEY = 'watcher-of-this-test'
const MASTER_KEY = randomBytes(32)

let system: TestSystem
let receiver: OtlpReceiver
let postgres: TcpProxy
let edge: ServiceProcess
let writer: ServiceProcess
let api: AdminApi
let key: TsigKey
let client: DnsClient
let ports: { api: number; http: number; dns: number }
let early: { live: Probe; ready: Probe }
const metrics = { edge: [] as Series[], writer: [] as Series[] }
/** Rcodes of the updates that were sent, in order. */
const rcodes: string[] = []

interface Probe {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
  readonly body: any
}

before(async () => {
  system = await TestSystem.prepare()
  receiver = await OtlpReceiver.start()
  const databaseUrl = new URL(system.database.url)
  postgres = await TcpProxy.to(Number(databaseUrl.port))
  databaseUrl.port = String(postgres.port)
  ports = { api: await freePort(), http: await freePort(), dns: await freePort() }
  const environment = {
    ...system.environment,
    ZONELOG_LOG_LEVEL: 'info',
    ZONELOG_MASTER_KEY: MASTER_KEY.toString('base64'),
    ZONELOG_DATABASE_URL: databaseUrl.href,
    ZONELOG_OTLP_ENDPOINT: receiver.url,
    ZONELOG_API_LISTEN: `127.0.0.1:${ports.api}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${ports.http}`,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${ports.dns}`,
    ZONELOG_EDGE_ID: 'edge-of-this-test',
    ZONELOG_WRITER_ID: 'writer-of-this-test',
  }
  // the edge first: it has to wait for what the writer makes
  edge = new ServiceProcess('edge', environment)
  await until('the edge says that it lives', async () => (await probe(ports.http, '/livez')).status === 200)
  early = { live: await probe(ports.http, '/livez'), ready: await probe(ports.http, '/readyz') }
  writer = await new ServiceProcess('writer', environment).ready(ports.api)
  await edge.ready(ports.http)
  api = system.api({ apiPort: ports.api })
  client = await DnsClient.to(ports.dns)
  await useIt()
  metrics.edge = readExposition(await textOf(ports.http, '/metrics'))
  // what the writer has to ask for may take a moment
  await until('the writer knows its queue and keys', async () => {
    metrics.writer = readExposition(await textOf(ports.api, '/metrics'))
    const there = new Set(metrics.writer.map(({ name }) => name))
    return ['queued_commands', 'key_made_timestamp_seconds', 'key_ends_timestamp_seconds'].every((name) =>
      there.has(`zonelog_writer_${name}`),
    )
  })
})
after(async () => {
  client?.close()
  await Promise.all([edge?.stop(), writer?.stop()])
  postgres?.close()
  await receiver?.close()
  await system?.close()
})

/** Some of everything that metrics, logs and traces tell of. */
async function useIt(): Promise<void> {
  key = keyOf(await api.createKey(KEY))
  await api.patch(`/v1/keys/${KEY}`, { expiresAt: new Date(Date.now() + 86_400_000).toISOString() })
  const nobody = await freePort()
  await api.createZone(ZONE, {
    allowUpdate: [KEY],
    allowTransfer: ['127.0.0.1'],
    notify: [`127.0.0.1:${nobody}`],
  })
  await until('the edge has the zone', async () => (await sends(signed(adding('first'), key))) === 'NOERROR')
  rcodes.length = 0
  const again = signed(adding('second'), key)
  await sends(again)
  await sends(again)
  await sends(signed(adding('second'), key))
  await sends(signed(update({ zone: ZONE, prerequisites: [noName(`second.${ZONE}`)], updates: [] }), key))
  await sends(adding('unsigned'))
  await sends(signed(adding('forged'), { ...key, secret: Buffer.alloc(32, 7) }))
  await client.query(`second.${ZONE}`, 'A')
  await fetch(`http://127.0.0.1:${ports.http}/nic/update?hostname=second.${ZONE}`)
  await transfer({ host: '127.0.0.1', port: ports.dns }, nameOf(ZONE))
  await until('a secondary is seen not to answer', async () =>
    readExposition(await textOf(ports.http, '/metrics')).some(
      ({ name, value }) => name === 'zonelog_edge_secondary_failures' && value > 0,
    ),
  )
}

const adding = (label: string) => update({ zone: ZONE, updates: [addA(`${label}.${ZONE}`, '192.0.2.1')] })

async function sends(message: Uint8Array): Promise<string> {
  const rcode = await client.rcode(message)
  rcodes.push(rcode)
  return rcode
}

async function probe(port: number, path: string): Promise<Probe> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
  return { status: answer?.status ?? 0, body: await answer?.json() }
}

async function textOf(port: number, path: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
}

/** Of all series of that name with these labels. */
function total(series: readonly Series[], name: string, labels: Record<string, string> = {}): number {
  const found = series.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  )
  return found.reduce((sum, { value }) => sum + value, 0)
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
const linesOf = (service: ServiceProcess): any[] =>
  service.log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('metrics', () => {
  it('count updates by zone, transport, rcode and reason, where they are answered and where they are decided', () => {
    const about = (rcode: string, reason: string) => ({ zone: ZONE, transport: 'udp', rcode, reason })
    const edges = (rcode: string, reason: string) =>
      total(metrics.edge, 'zonelog_edge_updates_total', about(rcode, reason))
    assert.ok(edges('NOERROR', 'applied') >= 3)
    assert.ok(edges('NOERROR', 'unchanged') >= 1)
    assert.equal(edges('YXDOMAIN', 'prerequisite'), 1)
    assert.ok(edges('REFUSED', 'not-admitted') >= 1)
    assert.equal(
      total(metrics.edge, 'zonelog_edge_updates_total', { zone: 'none', reason: 'tsig-badsig' }),
      1,
    )
    assert.equal(total(metrics.writer, 'zonelog_writer_updates_total', about('YXDOMAIN', 'prerequisite')), 1)
  })

  it('time each stage of an update at least once', () => {
    for (const stage of ['receive', 'verify', 'publish', 'visible'])
      assert.ok(total(metrics.edge, 'zonelog_edge_stage_seconds_count', { stage }) > 0, stage)
    for (const stage of ['queue', 'decide', 'commit', 'publish-back'])
      assert.ok(total(metrics.writer, 'zonelog_writer_stage_seconds_count', { stage }) > 0, stage)
  })

  it('tell of the queue, the partitions, the keys and the versions', () => {
    assert.equal(total(metrics.writer, 'zonelog_writer_queued_commands'), 0)
    assert.equal(total(metrics.writer, 'zonelog_writer_partition_owned'), 16)
    const made = total(metrics.writer, 'zonelog_writer_key_made_timestamp_seconds', { key: `${KEY}.` })
    assert.ok(Math.abs(Date.now() / 1_000 - made) < 600)
    for (const [service, id] of [
      ['edge', 'edge-of-this-test'],
      ['writer', 'writer-of-this-test'],
    ] as const) {
      const info = metrics[service].find(({ name }) => name === `zonelog_${service}_build_info`)
      assert.match(info!.labels.version!, /^\d+\.\d+\.\d+/)
      assert.equal(info!.labels.id, id)
    }
  })

  it('stand in docs/monitoring.md with type, labels and meaning, and no others', async () => {
    const rows = [
      ...metricRows('edge', await textOf(ports.http, '/metrics')),
      ...metricRows('writer', await textOf(ports.api, '/metrics')),
    ].sort()
    assert.deepEqual((await tableIn('docs/monitoring.md')).sort(), rows)
  })

  it('are what the dashboard and the alerts ask for, by name and by label', async () => {
    const there = new Map<string, Set<string>>()
    for (const { name, labels } of [...metrics.edge, ...metrics.writer])
      there.set(name, new Set([...(there.get(name) ?? []), ...Object.keys(labels)]))
    const expressions = [
      ...(await readDashboard()).expressions,
      ...(await readAlerts()).map(({ expr }) => expr),
    ]
    assert.ok(expressions.length > 60)
    for (const expression of expressions)
      for (const { name, labels } of namesUsed(expression)) {
        assert.ok(there.has(name), `nobody exposes ${name}: ${expression}`)
        for (const label of labels)
          assert.ok(there.get(name)!.has(label), `${name} has no label ${label}: ${expression}`)
      }
  })
})

describe('the log', () => {
  it('has one line for each update that was decided, with event, key, source, zone, rcode, reason and ms of each stage', async () => {
    const { events } = await api.get(`/v1/zones/${ZONE}/events?kind=update`)
    const lines = linesOf(writer).filter(({ zone }) => zone === ZONE && zone !== undefined)
    const updates = lines.filter(({ ms }) => ms !== undefined)
    assert.deepEqual(
      updates.map(({ event }) => event).sort(),
      (events as { seq: number }[]).map(({ seq }) => `watched.example#${seq}`).sort(),
    )
    const refused = updates.find(({ reason }) => reason === 'prerequisite')
    assert.partialDeepStrictEqual(refused, {
      level: 'info',
      service: 'zone-writer',
      msg: 'update refused',
      rcode: 'YXDOMAIN',
      by: `key:${KEY}.`,
      source: '127.0.0.1',
      transport: 'udp',
      edge: 'edge-of-this-test',
    })
    for (const { ms } of updates) {
      assert.deepEqual(Object.keys(ms), ['publish', 'queue', 'decide', 'commit'])
      for (const took of Object.values(ms)) assert.ok((took as number) >= 0)
    }
  })

  it('has what was refused before it became a command at the edge, and there alone', () => {
    const reasons = (service: ServiceProcess) => new Set(linesOf(service).map(({ reason }) => reason))
    for (const reason of ['not-admitted', 'tsig-badsig']) {
      assert.ok(reasons(edge).has(reason), reason)
      assert.ok(!reasons(writer).has(reason), reason)
    }
  })
})

describe('traces', () => {
  const traceOf = (reason: string) => {
    const root = receiver.spans.find(
      ({ name, attributes }) => name === 'update' && attributes['zonelog.reason'] === reason,
    )
    return receiver.trace(root?.traceId ?? '')
  }

  it('lead from the edge through NATS to the writer and back, in one trace', async () => {
    await until('all spans have come', () => traceOf('prerequisite').size === 9)
    const spans = traceOf('prerequisite')
    const parentOf = (name: string) => {
      const { parentSpanId } = spans.get(name)!
      return [...spans].find(([, { spanId }]) => spanId === parentSpanId)?.[0]
    }
    const links = [...spans.keys()].sort().map((name) => [name, parentOf(name)])
    assert.deepEqual(Object.fromEntries(links), {
      'zonelog-edge publish': 'zonelog-edge update',
      'zonelog-edge receive': 'zonelog-edge update',
      'zonelog-edge update': undefined,
      'zonelog-edge verify': 'zonelog-edge update',
      'zonelog-edge visible': 'zonelog-edge update',
      'zonelog-writer commit': 'zonelog-writer process',
      'zonelog-writer decide': 'zonelog-writer process',
      'zonelog-writer process': 'zonelog-edge publish',
      'zonelog-writer publish': 'zonelog-writer process',
    })
    const { attributes } = spans.get('zonelog-edge update')!
    assert.equal(attributes['zonelog.zone'], ZONE)
    assert.equal(attributes['dns.response_code'], 'YXDOMAIN')
    assert.equal(
      attributes['zonelog.event'],
      spans.get('zonelog-writer process')!.attributes['zonelog.event'],
    )
  })

  it('have the requests of the API, in the trace of whoever sent one', async () => {
    const traceId = 'abcdef0123456789abcdef0123456789'
    const headers = { traceparent: `00-${traceId}-0123456789abcdef-01` }
    await api.fetch(`/v1/zones/${ZONE}`, { headers })
    await until('the span has come', () => receiver.trace(traceId).size > 0)
    const [span] = receiver.trace(traceId).values()
    assert.equal(span!.name, 'GET /v1/zones/:name')
    assert.equal(span!.parentSpanId, '0123456789abcdef')
    assert.equal(span!.attributes['http.response.status_code'], 200)
  })

  it('of an edit by the API lead through NATS to the writer that decides it', async () => {
    const traceId = 'fedcba9876543210fedcba9876543210'
    await api.fetch(`/v1/zones/${ZONE}/changes`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-0123456789abcdef-01`,
      },
      body: JSON.stringify({
        changes: [{ action: 'add', name: 'edited', type: 'A', ttl: 60, values: ['192.0.2.3'] }],
      }),
    })
    const ofTrace = () => receiver.spans.filter((span) => span.traceId === traceId)
    await until('all spans have come', () => ofTrace().length === 6)
    const parents = ofTrace().map(({ name, parentSpanId }) => [
      name,
      ofTrace().find(({ spanId }) => spanId === parentSpanId)?.name,
    ])
    assert.deepEqual(parents.toSorted(), [
      ['POST /v1/zones/:name/changes', undefined],
      ['commit', 'process'],
      ['decide', 'process'],
      ['process', 'publish'],
      ['publish', 'POST /v1/zones/:name/changes'],
      ['publish', 'process'],
    ])
  })
})

it('no secret stands in metrics, logs or traces: not of keys, nor the master key, nor the token', async () => {
  const told = [
    writer.log,
    edge.log,
    ...receiver.bodies,
    await textOf(ports.http, '/metrics'),
    await textOf(ports.api, '/metrics'),
  ]
  for (const text of told) {
    assert.match(text, /watched|this-test/)
    for (const secret of [Buffer.from(key.secret), MASTER_KEY])
      for (const form of ['base64', 'base64url', 'hex'] as const)
        assert.ok(!text.includes(secret.toString(form).replaceAll('=', '')), text)
    assert.ok(!text.includes(api.token), text)
  }
})

describe('health', () => {
  it('of an edge that waits for the first writer: it lives, and is not ready', () => {
    assert.equal(early.live.status, 200)
    assert.equal(early.ready.status, 503)
    assert.equal(early.ready.body.status, 'starting')
    assert.equal(early.ready.body.problems[0].todo, 'start a writer')
  })

  it('is ok where nothing is wrong, and status shows the versions', async () => {
    for (const port of [ports.http, ports.api])
      for (const path of ['/livez', '/readyz', '/readyz?for=updates', '/healthz']) {
        const { status, body } = await probe(port, path)
        assert.equal(status, 200, `${path} ${JSON.stringify(body)}`)
      }
    const { out } = await runCli(['status'], { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token })
    assert.match(out, /edge-of-this-test \([^)]*\) \d+\.\d+\.\d+/)
  })

  it('of a writer without Postgres: not ready, in words; the edge stays ready', async () => {
    postgres.cut()
    await until('the writer has noticed', async () => (await probe(ports.api, '/readyz')).status === 503)
    const { body } = await probe(ports.api, '/readyz')
    assert.match(JSON.stringify(body.problems), /Postgres does not answer.*ZONELOG_DATABASE_URL/)
    assert.equal((await probe(ports.api, '/livez')).status, 200)
    assert.equal((await probe(ports.http, '/readyz')).status, 200)
    const before = new Set(receiver.spans.map(({ traceId }) => traceId))
    const waiting = client.rcode(signed(adding('waiting'), key))
    postgres.mend()
    await until('the writer is back', async () => (await probe(ports.api, '/readyz')).status === 200)
    await waiting
    await until('the trace of what had waited ends with its publication, as every other', () =>
      receiver.spans.some(
        ({ traceId, name, attributes }) =>
          name === 'process' &&
          attributes['zonelog.zone'] === ZONE &&
          !before.has(traceId) &&
          receiver.trace(traceId).has('zonelog-writer publish'),
      ),
    )
  })

  it('of an edge without NATS: ready for queries, which it answers, but not for updates', async () => {
    await system.nats.kill()
    await until(
      'the edge has noticed',
      async () => (await probe(ports.http, '/readyz?for=updates')).status === 503,
    )
    const { status, body } = await probe(ports.http, '/readyz')
    assert.equal(status, 200)
    assert.equal(body.status, 'degraded')
    assert.match(JSON.stringify(body.problems), /no connection to NATS.*ZONELOG_NATS_URL/)
    assert.deepEqual(await client.query(`second.${ZONE}`, 'A'), ['192.0.2.1'])
    assert.equal((await probe(ports.api, '/readyz')).status, 503)
  })
})
