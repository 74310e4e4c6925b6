import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Finding } from '../../cli/doctor/finding.ts'
import { runChecks } from '../../cli/doctor/finding.ts'
import { judgeClusterVersions } from '../../cli/doctor/judge-cluster-versions.ts'
import { judgeDatabase } from '../../cli/doctor/judge-database.ts'
import { judgeKeys } from '../../cli/doctor/judge-keys.ts'
import { judgeStreams, type StreamFacts } from '../../cli/doctor/judge-streams.ts'
import { judgeVersions } from '../../cli/doctor/judge-versions.ts'
import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import type { DatabaseFacts } from '../../services/zone-writer/database-facts.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { freePort } from '../support/infrastructure.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { runCli } from './run-cli.ts'

const run = promisify(execFile)

const texts = (findings: readonly Finding[]) =>
  findings.map(({ area, verdict, found }) => `${verdict} ${area}: ${found}`)

describe('what doctor says of the version of NATS', () => {
  it('warns of a cluster that may lose what it has stored', () => {
    const [finding, ...others] = judgeClusterVersions(['2.9.10', '2.10.27', '2.9.10', '2.10.3'])
    assert.match(
      finding!.found,
      /^a cluster with servers of version 2\.10\.3, 2\.9\.10 may lose updates .*stream store EOF/,
    )
    assert.match(finding!.mend!, /nats-server 2\.10\.27 or later/)
    assert.deepEqual(others, [])
  })

  it('says nothing of later versions', () => {
    assert.deepEqual(judgeClusterVersions(['2.10.27', '2.12.0', '3.0.0']), [])
  })
})

describe('zonelog doctor', () => {
  let system: TestSystem
  let environment: Record<string, string>
  let edge: RunningEdge

  before(async () => {
    const started = await TestSystem.start()
    system = started.system
    edge = started.edge
    await started.api.createKey('fine')
    await started.api.createKey('weak', 'hmac-sha1')
    environment = {
      ...system.environment,
      ZONELOG_DNS_LISTEN: `127.0.0.1:${edge.port}`,
      ZONELOG_API_URL: `http://127.0.0.1:${started.writer.apiPort}`,
    }
  })
  after(() => system?.close())

  async function doctor(more: Record<string, string> = {}, ...args: string[]) {
    const { status, out } = await runCli(['doctor', '--json', ...args], { ...environment, ...more })
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] }
    assert.equal(ok, status === 0)
    const lines = texts(findings)
    return { status, lines, has: (part: RegExp) => assert.match(lines.join('\n'), part), findings }
  }

  it('looks at everything, and finds what is wrong with the Postgres of the tests: it does not wait for its disk', async () => {
    const { status, lines, has, findings } = await doctor()
    const wrong = lines.filter((line) => line.startsWith('wrong'))
    assert.equal(status, 1)
    assert.equal(wrong.length, 2, wrong.join('\n'))
    for (const line of wrong) assert.match(line, /durability: Postgres has (?:fsync|full_page_writes) = off/)
    has(/ok ports: 127\.0\.0\.1:\d+ answers over UDP and TCP/)
    has(/ok API: .* decides updates and takes the token/)
    has(/ok NATS: 6 streams on disk, 1 replica/)
    has(/ok edges: edge-\d+/)
    has(/ok writers: writer-\d+/)
    has(/ok migrations: all have run/)
    has(/ok master key: it opens the secrets of this database/)
    has(/ok versions: all 2 edges and writers run/)
    has(/ok clock: 5 clocks agree within \d+ ms \(this machine, Postgres, nats-server, edge, writer\)/)
    has(/warning keys: weak\. use an algorithm/)
    has(/ok history/)
    for (const { verdict, mend, area } of findings)
      if (verdict === 'wrong' || verdict === 'warning') assert.ok(mend, area)
  })

  it('prints a table with what to do below what is wrong', async () => {
    const { out, status } = await runCli(['doctor'], environment, 200)
    assert.equal(status, 1)
    assert.match(out, /WRONG +durability +Postgres has fsync = off[^\n]*\n +→ alter system set fsync = 'on'/)
    assert.match(out, /warning +keys +weak\. [^\n]*\n +→ zonelog key rotate NAME --algorithm hmac-sha256/)
  })

  it('says that its own clock is wrong, which all others contradict', async () => {
    const clock = new URL('../faults/clock.mjs', import.meta.url).href
    const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
    const { stdout } = await run(process.execPath, ['--import', clock, main, 'doctor', '--json'], {
      env: { ...environment, CHAOS_CLOCK_OFFSET_MS: '-90000' },
    }).catch((error: { stdout: string }) => error)
    const lines = texts((JSON.parse(stdout) as { findings: Finding[] }).findings)
    assert.match(
      lines.join('\n'),
      /wrong clock: (?:nats-server \S+|Postgres|edge edge-\d+|writer writer-\d+) is (?:8[5-9]|9[0-5])\.\d s ahead of this machine/,
    )
  })

  it('says that streams have fewer replicas than they should', async () => {
    const { has, findings } = await doctor({ ZONELOG_NATS_REPLICAS: '3' })
    has(/wrong NATS: the stream ZONELOG_COMMANDS has 1 replica\(s\), ZONELOG_NATS_REPLICAS asks for 3/)
    assert.ok(findings.some(({ mend }) => mend === 'nats stream edit ZONELOG_COMMANDS --replicas 3'))
  })

  it('says that a master key can be read by others', async () => {
    const file = join(system.dataDir, 'master.key')
    chmodSync(file, 0o644)
    const { has, findings } = await doctor()
    chmodSync(file, 0o600)
    has(/wrong master key: .*can be read by others \(mode 0644\)/)
    assert.ok(findings.some(({ mend }) => mend === `chmod 600 ${file}`))
  })

  it('works when half of the system is down, and tells which half', async () => {
    const nowhere = await freePort()
    const { has } = await doctor({
      ZONELOG_DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${nowhere}/zonelog`,
      ZONELOG_NATS_URL: `nats://127.0.0.1:${nowhere}`,
      ZONELOG_API_URL: `http://127.0.0.1:${nowhere}`,
    })
    has(/wrong Postgres: Postgres at .*hidden.* cannot be used.*nothing listens|ECONNREFUSED/)
    has(/wrong NATS: NATS at .* cannot be used .*nothing listens there/)
    has(/wrong API: nothing answers at/)
    has(/ok ports: /)
    has(/ok disk|warning disk|wrong disk/)
    has(/skipped clock/)
  })

  it('says that no edge answers any more', async () => {
    await edge.close()
    const { has } = await doctor()
    has(/wrong edges: no edge answers on NATS/)
    has(/skipped ports: no edge listens on/)
  })

  it('says why a writer cannot decide updates, in its own words', async () => {
    await system.nats.stop()
    const ready = `${environment.ZONELOG_API_URL}/readyz`
    await until('the writer knows', async () => (await fetch(ready)).status === 503)
    const { has, findings } = await doctor()
    has(/wrong API: the writer at .* cannot decide updates now: no connection to NATS/)
    const api = findings.find(({ area }) => area === 'API')
    assert.match(api!.mend!, /^see whether NATS runs, and whether this writer reaches it: ZONELOG_NATS_URL/)
  })
})

describe('what a doctor says of', () => {
  it('a check that never ends, or fails: that, and the rest all the same', async () => {
    const findings = await runChecks(
      [
        { area: 'slow', run: () => new Promise(() => {}) },
        { area: 'broken', run: () => Promise.reject(new Error('it broke')) },
        { area: 'well', run: async () => [{ area: 'well', verdict: 'ok', found: 'yes' }] },
      ],
      20,
    )
    assert.deepEqual(texts(findings), [
      'wrong slow: no answer within 0.02 s',
      'wrong broken: it broke',
      'ok well: yes',
    ])
  })

  it('versions beside each other: an upgrade that is not finished', () => {
    const peer = (id: string, version?: string) => ({
      role: 'edge' as const,
      id,
      listens: '',
      ...(version && { version }),
    })
    assert.match(texts(judgeVersions([peer('a', '1.0.0'), peer('b', '1.0.0')], '1.0.0'))[0]!, /^ok/)
    assert.match(
      texts(judgeVersions([peer('a', '1.1.0'), peer('b')], '1.1.0'))[0]!,
      /^warning versions: this command is 1\.1\.0, running are 1\.1\.0: a; unknown \(older\): b/,
    )
  })

  const DAY_MS = 86_400_000
  const key = (name: string, more: Partial<KeyDescription> = {}): KeyDescription => ({
    name: nameOf(name),
    kind: 'tsig',
    algorithm: 'hmac-sha256',
    state: 'active',
    createdAt: new Date(0).toISOString(),
    createdBy: '',
    expiresAt: null,
    leastMac: null,
    secrets: [],
    publicKey: null,
    ...more,
  })
  it('keys: old, weak, about to expire; none that has ended', () => {
    const at = (days: number) => new Date(days * DAY_MS).toISOString()
    assert.match(texts(judgeKeys([key('a.')], 364 * DAY_MS))[0]!, /^ok keys: 1 active/)
    assert.match(
      texts(judgeKeys([key('a.')], 366 * DAY_MS))[0]!,
      /^warning keys: a\. have a secret older than 365/,
    )
    assert.match(
      texts(judgeKeys([key('a.', { expiresAt: at(20) })], 10 * DAY_MS))[0]!,
      /a\. expire within 14 days/,
    )
    assert.match(
      texts(judgeKeys([key('a.', { state: 'revoked', algorithm: 'hmac-md5' })], 0))[0]!,
      /^ok keys: 0/,
    )
  })

  const stream = (more: Partial<StreamFacts>): StreamFacts => ({
    name: 'ZONELOG_COMMANDS',
    replicas: 3,
    storage: 'file',
    bytes: 0,
    maxBytes: 1_000,
    messages: 0,
    hasLeader: true,
    ...more,
  })
  const FAULTS: readonly [Partial<StreamFacts>, RegExp][] = [
    [{ storage: 'memory' }, /^wrong NATS: the stream ZONELOG_COMMANDS is kept in memory/],
    [{ replicas: 1 }, /has 1 replica\(s\), .*asks for 3/],
    [{ hasLeader: false }, /has no leader/],
    [{ laggards: ['n2'] }, /^warning NATS: n2 is behind/],
    [{ bytes: 900 }, /nearly full/],
    [{ messages: 5_000 }, /5000 updates wait/],
  ]
  const database = (more: Partial<DatabaseFacts> = {}): DatabaseFacts => ({
    server: {
      now: 0,
      version: '17.2',
      isStandby: false,
      archiveMode: 'on',
      lastArchived: 2_000,
      lastArchiveFailed: 1_000,
      connections: 30,
      maxConnections: 100,
    },
    clock: { aheadMs: 0, uncertainMs: 0 },
    standing: { pending: [], unknown: [], incompatible: [] },
    unsafe: [],
    contents: {
      excessRights: [],
      keys: [],
      masterKey: 'right',
      alarms: [],
      zonesWithoutCheckpoint: 0,
    },
    ...more,
  })
  it('a database: what endangers history, and what a writer need not be able to do', () => {
    const { server, contents } = database()
    const said = (more: Partial<DatabaseFacts>) => texts(judgeDatabase(database(more), false, 0)).join('\n')
    for (const line of said({}).split('\n')) assert.match(line, /^ok /)
    assert.match(said({ server: { ...server, isStandby: true } }), /wrong Postgres: it is a standby/)
    assert.match(said({ server: { ...server, connections: 95 } }), /warning Postgres: .*95 of 100/)
    assert.match(
      said({ server: { ...server, archiveMode: 'off' } }),
      /warning backups: Postgres archives no WAL/,
    )
    assert.match(
      said({ server: { ...server, lastArchiveFailed: 3_000 } }),
      /wrong backups: Postgres cannot archive/,
    )
    const standing = { pending: ['a', 'b'], unknown: [], incompatible: [] }
    assert.match(said({ standing, contents: undefined }), /wrong migrations: 2 have not run, the next is a/)
    assert.match(
      said({ standing: { ...standing, pending: [], unknown: ['z'] } }),
      /warning migrations: a newer zonelog/,
    )
    const within = (more: object) => said({ contents: { ...contents!, ...more } })
    assert.match(within({ excessRights: ['may change events'] }), /warning rights: .* may change events/)
    assert.match(within({ masterKey: { fault: 'it is another' } }), /wrong master key: it is another/)
    assert.match(within({ alarms: [{ zone: 'a.', alarm: 'differs' }] }), /wrong history: a\.: differs/)
    assert.match(within({ zonesWithoutCheckpoint: 2 }), /warning history: 2 zones/)
  })

  it('streams: what endangers updates', () => {
    assert.match(texts(judgeStreams([stream({})], [], 3))[0]!, /^ok/)
    assert.match(
      texts(judgeStreams([], ['ZONELOG_EVENTS'], 3))[0]!,
      /^wrong NATS: there is no stream ZONELOG_EVENTS/,
    )
    // what is old makes room there
    assert.match(texts(judgeStreams([stream({ name: 'ZONELOG_EVENTS', bytes: 1_000 })], [], 3))[0]!, /^ok/)
    for (const [facts, said] of FAULTS) assert.match(texts(judgeStreams([stream(facts)], [], 3))[0]!, said)
  })
})
