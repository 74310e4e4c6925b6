import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { runCommandLine } from '../../cli/run.ts'
import { Terminal } from '../../cli/terminal.ts'
import type { EventJson } from '../../services/zone-writer/admin/event-json.ts'
import { divisionOf, zoneTimeline } from '../../services/zone-writer/admin/read-timeline.ts'
import { forgetDerived } from '../../services/zone-writer/store/compaction.ts'
import { loadConfig } from '../../shared/config.ts'
import { isFailure, runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { randomHistory } from './random-history.ts'

const UPDATES = 300

describe('P5 the log of a zone', () => {
  let system: TestSystem
  let api: AdminApi
  let edge: RunningEdge
  let environment: Record<string, string>
  let all: EventJson[]

  before(async () => {
    const started = await TestSystem.start()
    ;({ system, api, edge } = started)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    const { id } = await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    await randomHistory(system, id, UPDATES, 7)
    all = await log('--all')
  })
  after(() => system?.close())

  const run = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.equal(status, 0, err)
    return out
  }
  const log = async (...options: string[]): Promise<EventJson[]> =>
    (await run('log', 'example.com', '--json', ...options))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const seqs = (events: readonly EventJson[]) => events.map(({ seq }) => seq)

  it('--all tells every event once, the oldest first', () =>
    assert.deepEqual(
      seqs(all),
      Array.from({ length: UPDATES + 1 }, (_, index) => index + 1),
    ))

  it('tells the newest 50, or as many as are wanted', async () => {
    assert.deepEqual(seqs(await log()), seqs(all.slice(-50)))
    assert.deepEqual(seqs(await log('--limit', '7')), seqs(all.slice(-7)))
  })

  const speaks = (event: EventJson, pattern: RegExp) =>
    [
      ...event.removed,
      ...event.added,
      ...(event.request?.updates ?? []).map((line) => line.replace(/^(add|delete) /, '')),
    ].some((line) => pattern.test(line))

  const filters: [string, string[], (event: EventJson) => boolean][] = [
    ['a name', ['--name', 'a.example.com'], (event) => speaks(event, /^a\.example\.com\.( |$)/i)],
    [
      'a name and below',
      ['--below', 'er.example.com'],
      (event) => speaks(event, /^(\S+\.)?er\.example\.com\.( |$)/i),
    ],
    ['an outcome', ['--outcome', 'NXRRSET'], ({ outcome }) => outcome === 'NXRRSET'],
    ['a reason', ['--reason', 'unchanged'], ({ reason }) => reason === 'unchanged'],
    ['a kind', ['--kind', 'create'], ({ kind }) => kind === 'create'],
    ['an identity', ['--by', 'unsigned'], ({ by }) => by === 'unsigned'],
    ['an identity that was never here', ['--by', 'demo'], () => false],
    ['an address', ['--address', '192.0.2.7'], ({ source }) => source.address === '192.0.2.7'],
    ['a range', ['--address', '127.0.0.2/31'], ({ source }) => source.address === '127.0.0.2'],
    ['a value', ['--value', '192.0.2.3'], (event) => speaks(event, / 192\.0\.2\.3$/)],
    [
      'a type',
      ['--type', 'MX'],
      (event) =>
        speaks(event, /^\S+ (\d+ )?((IN|CLASS\d+|CH) )?MX\b/) ||
        speaks(event, /^\S+$/) ||
        speaks(event, / ANY/),
    ],
    [
      'several of them',
      ['--below', 'example.com', '--outcome', 'NOERROR', '--address', '127.0.0.1', '--value', 'two'],
      (event) =>
        event.outcome === 'NOERROR' && event.source.address === '127.0.0.1' && speaks(event, /"two"$/),
    ],
  ]
  for (const [title, options, matches] of filters)
    it(`can be asked for ${title}`, async () => {
      const expected = seqs(all.filter(matches))
      assert.deepEqual(seqs(await log('--all', ...options)), expected)
      assert.deepEqual(seqs(await log('--limit', '5', ...options)), expected.slice(-5))
    })

  it('can be asked for a time', async () => {
    const [since, until_] = [all[100]!.time, all[200]!.time]
    const expected = all.filter(({ time }) => time >= since && time <= until_)
    assert.deepEqual(seqs(await log('--all', '--since', since, '--until', until_)), seqs(expected))
    assert.deepEqual(seqs(await log('--all', '--since', '1h')), seqs(all))
  })

  it('is counted over its time, whether one by one or by what is kept of each minute', async () => {
    const total = async (most?: number) => {
      const found = await zoneTimeline(system.db, 'example.com.', { buckets: 10 }, Date.now(), most)
      assert.ok(found.ok)
      const sums = { applied: 0, unchanged: 0, refused: 0 }
      for (const each of found.value.counts)
        for (const kind of ['applied', 'unchanged', 'refused'] as const) sums[kind] += each[kind]
      return { ...sums, cut: found.value.cut }
    }
    const of = (matches: (event: EventJson) => boolean) => all.filter(matches).length
    const expected = {
      applied: of(({ serialBefore, serialAfter }) => serialBefore !== serialAfter),
      unchanged: of(
        ({ outcome, serialBefore, serialAfter }) => outcome === 'NOERROR' && serialBefore === serialAfter,
      ),
      refused: of(({ outcome }) => outcome !== 'NOERROR'),
      cut: false,
    }
    assert.deepEqual(await total(), expected)
    const isCounted = async () => isDeepStrictEqual(await total(1), expected)
    // the follower rests for a multiple of what each step took
    await until('all is counted', isCounted, 90_000)
    const { id } = await api.get('/v1/zones/example.com')
    await system.db.transaction().execute((trx) => forgetDerived(trx, id))
    await until('all is counted anew, once', isCounted, 90_000)
  })

  it('is counted by whole minutes or hours where it is long', () => {
    const hour = 3_600_000
    assert.deepEqual(divisionOf({ from: 90_000, to: 90_000 + hour, buckets: 100 }), {
      ...{ unit: 60, from: 60_000, width: 60_000, buckets: 61 },
    })
    assert.deepEqual(divisionOf({ from: 90_000, to: 90_000 + 100 * hour, buckets: 60 }), {
      ...{ unit: 3_600, from: 0, width: 2 * hour, buckets: 51 },
    })
  })

  it('can be asked for serials', async () => {
    const changes = all.filter(({ serialBefore, serialAfter }) => serialBefore !== serialAfter)
    const [from, to] = [changes[10]!, changes[20]!]
    const found = await log(
      '--all',
      '--from-serial',
      String(from.serialAfter),
      '--to-serial',
      String(to.serialAfter),
    )
    assert.deepEqual([found[0]!.seq, found.at(-1)!.seq], [from.seq, to.seq])
  })

  for (const [title, options, message] of [
    ['no type', ['--type', 'NOPE'], /'NOPE' is not a type/],
    ['no outcome', ['--outcome', 'MAYBE'], /'MAYBE' is not an outcome/],
    ['no address', ['--address', '1.2.3'], /neither an address nor a range/],
    ['no time', ['--since', 'yesterday'], /since 'yesterday' is no time/],
    ['a name elsewhere', ['--name', 'example.net'], /example\.net\. is not in the zone/],
    [
      'a serial that never was',
      ['--from-serial', '4294967295'],
      /never had serial.*its history goes from event #1/,
    ],
  ] as const)
    it(`says what is wrong with ${title}`, async () => {
      const { status, err } = await runCli(['log', 'example.com', ...options], environment)
      assert.ok(isFailure(status), err)
      assert.match(err, message)
    })

  it('--follow goes on with events as they come, through whichever edge', async () => {
    const written: string[] = []
    const terminal = new Terminal({ write: (text: string) => written.push(text) }, { write: () => {} })
    const config = () => loadConfig({ ZONELOG_DATA_DIR: system.dataDir, ...environment })
    const argv = [
      'log',
      'example.com',
      '--follow',
      '--limit',
      '1',
      '--json',
      '--name',
      'followed.example.com',
    ]
    const running = runCommandLine(argv, terminal, config)
    const lines = () =>
      written
        .join('')
        .split('\n')
        .filter((line) => line !== '')
    const address = { host: '127.0.0.1', port: edge.port }
    // the first ones may come before the reader does
    await until('the reader is told of an event', async () => {
      await nsupdate(address, `update add followed.example.com 60 TXT "${lines().length} ${Date.now()}"`)
      return lines().length > 0
    })
    await nsupdate(address, 'update add other.example.com 60 A 192.0.2.1')
    await nsupdate(address, 'update delete followed.example.com')
    await until('the reader is told of the last one', () =>
      lines().at(-1)!.includes('"delete followed.example.com."'),
    )
    const told = lines().map((line) => JSON.parse(line) as EventJson)
    for (const event of told) assert.ok(speaks(event, /^followed\.example\.com\./), JSON.stringify(event))
    assert.deepEqual(
      seqs(told),
      seqs(told).toSorted((a, b) => a - b),
    )
    // the writer goes, and the command says so
    await system.close()
    assert.equal(await running, 1)
  })
})
