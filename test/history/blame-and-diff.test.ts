import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { BlameLine } from '../../services/zone-writer/history/blame.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { runCli } from '../cli/run-cli.ts'
import { commandOf } from '../support/command.ts'
import { addA, update } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'

const FILE = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nold A 192.0.2.9\n'

describe('P6 who set a value, and what differs', () => {
  let system: TestSystem
  let environment: Record<string, string>
  let zoneId: number

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    const api = system.api(writer)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    zoneId = (await api.createZone('example.com', { file: FILE, allowUpdate: ['127.0.0.0/8'] })).id
    // #2 to #6
    await send('127.0.0.1', [addA('www.example.com.', '192.0.2.10', 300)])
    await send('127.0.0.2', [deleteA('www.example.com.'), addA('www.example.com.', '192.0.2.11', 300)])
    await send('127.0.0.3', [addA('www.example.com.', '192.0.2.11', 300)])
    await send('127.0.0.4', [addA('www.example.com.', '192.0.2.12', 300)])
    await send('127.0.0.5', [deleteA('old.example.com.')])
  })
  after(() => system?.close())

  const send = async (address: string, updates: ResourceRecord[]) => {
    const command = commandOf(zoneId, update({ updates }), { source: { address, port: 1 } })
    await commitBatch(system.commits, [{ command, queuedAt: Date.now() }], Date.now)
  }
  const run = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.equal(status, 0, err)
    return out
  }
  const blamed = async (...argv: string[]) =>
    (await run('blame', 'example.com', ...argv, '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as BlameLine)
      .map(({ name, type, value, set, replaced, confirmed }) => ({
        record: `${name} ${type} ${value}`,
        set: `${set.seq} ${set.address}`,
        replaced,
        confirmed: `${confirmed.seq} ${confirmed.address}`,
      }))

  it('blame names the event that set each value, what it replaced, and who confirmed it last', async () => {
    assert.deepEqual(await blamed('www.example.com'), [
      {
        record: 'www.example.com. A 192.0.2.11',
        set: '3 127.0.0.2',
        replaced: ['www.example.com. 300 IN A 192.0.2.10'],
        confirmed: '4 127.0.0.3',
      },
      { record: 'www.example.com. A 192.0.2.12', set: '5 127.0.0.4', replaced: [], confirmed: '5 127.0.0.4' },
    ])
  })

  it('blame of a zone has every value, the SOA with the change that moved it', async () => {
    const all = await blamed()
    assert.deepEqual(
      all.map(({ record, set }) => `${record.split(' ').slice(0, 2).join(' ')} ${set.split(' ')[0]}`),
      [
        'example.com. SOA 6',
        'example.com. NS 1',
        'ns1.example.com. A 1',
        'www.example.com. A 3',
        'www.example.com. A 5',
      ],
    )
    assert.match(all[0]!.replaced[0]!, /SOA ns1\.example\.com\. host\.example\.com\. 8 /)
  })

  it('blame can look back', async () => {
    const [value] = await blamed('www.example.com', '--event', '3')
    assert.deepEqual([value!.set, value!.confirmed], ['3 127.0.0.2', '3 127.0.0.2'])
  })

  it('blame reads well', async () => {
    const out = await run('blame', 'example.com', 'www.example.com')
    assert.match(
      out,
      /^www\.example\.com\. 300 A 192\.0\.2\.11\n {4}set {7}#3 {2}\d{4}-.* unsigned {2}127\.0\.0\.2 {2}udp\n {4}replaced {2}www.* 192\.0\.2\.10\n {4}confirmed #4 /,
    )
  })

  it('diff has the order of IXFR: old SOA, what goes, new SOA, what comes', async () => {
    assert.deepEqual((await run('diff', 'example.com', '6', 'now')).trim().split('\n'), [
      'del example.com. 300 IN SOA ns1.example.com. host.example.com. 6 3600 600 86400 60',
      'del old.example.com. 300 IN A 192.0.2.9',
      'del www.example.com. 300 IN A 192.0.2.10',
      'add example.com. 300 IN SOA ns1.example.com. host.example.com. 9 3600 600 86400 60',
      'add www.example.com. 300 IN A 192.0.2.11',
      'add www.example.com. 300 IN A 192.0.2.12',
    ])
    assert.equal(await run('diff', 'example.com', '9', '#6'), '')
  })

  it('diff can be unified, RRset by RRset', async () => {
    const out = await run('diff', 'example.com', '#3', '#5', '--unified', '--below', 'www.example.com')
    assert.deepEqual(out.trim().split('\n').slice(2), [
      '@@ www.example.com. A @@',
      ' www.example.com. 300 IN A 192.0.2.11',
      '+www.example.com. 300 IN A 192.0.2.12',
    ])
    assert.match(
      out,
      /^--- example\.com\.\tserial 7, event #3, .*Z\n\+\+\+ example\.com\.\tserial 8, event #5, /,
    )
  })

  it('diff can be JSON, in either direction', async () => {
    const { schema, zone, from, to, removed, added } = JSON.parse(
      await run('diff', 'example.com', 'now', '#1', '--json'),
    )
    assert.deepEqual([schema, zone, from.seq, to.seq, to.serial], ['zonelog.diff/1', 'example.com.', 6, 1, 5])
    assert.deepEqual([removed.length, added.length], [3, 2])
  })

  it('export and show as of a serial or an event', async () => {
    const out = await run('zone', 'export', 'example.com', '--serial', '5')
    assert.equal(out.split('\n').length, 5)
    assert.match(out, /old\.example\.com\. 300 IN A 192\.0\.2\.9/)
    const shown = JSON.parse(await run('zone', 'show', 'example.com', '--event', '3', '--json'))
    assert.deepEqual([shown.serial, shown.records, shown.types.A], [7, 5, 3])
    assert.match(await run('zone', 'show', 'example.com', '--serial', '5'), /event +#1\n/)
  })

  for (const [title, argv, message] of [
    ['a point that is none', ['diff', 'example.com', 'then', 'now'], /'then' is no point of a history/],
    [
      'a serial that never was',
      ['zone', 'export', 'example.com', '--serial', '77'],
      /never had serial 77; its history goes/,
    ],
    [
      'a time before the zone',
      ['zone', 'show', 'example.com', '--time', '2001-01-01'],
      /no history at 2001-01-01T00:00:00/,
    ],
    ['two moments', ['zone', 'show', 'example.com', '--time', '1h', '--serial', '5'], /give one of them/],
    [
      'a name that is not whole',
      ['blame', 'example.com', 'www'],
      /is not in the zone example\.com\. Did you mean www\.example\.com\.\?/,
    ],
  ] as const)
    it(`says what is wrong with ${title}`, async () => {
      const { status, out, err } = await runCli(argv, environment)
      assert.notEqual(status, 0)
      assert.equal(out, '')
      assert.match(err, message)
    })
})

function deleteA(name: string): ResourceRecord {
  return { name: nameOf(name), type: Type.A, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }
}
