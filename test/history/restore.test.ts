import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'
import { updatesOf } from '../support/update-lines.ts'

const FILE = `$TTL 300
@ SOA ns1 host 5 3600 600 86400 60
@ NS ns1
ns1 A 192.0.2.1
old A 192.0.2.9
a.lab A 192.0.2.20
empty TYPE65280 \\# 0
`

describe('restore: a zone, or a part of it, as it was', () => {
  let system: TestSystem
  let api: AdminApi
  let environment: Record<string, string>
  let zoneId: number
  /** When the zone was as it was made. */
  let madeAt: string

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    api = system.api(writer)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    zoneId = (await api.createZone('example.com', { file: FILE, allowUpdate: ['127.0.0.0/8'] })).id
    madeAt = (await api.get('/v1/zones/example.com/events/1')).time
    // #2 to #5
    await send('add www 300 A 192.0.2.10')
    await send('delete old A', 'delete empty TYPE65280')
    await send('delete a.lab A', 'add b.lab 300 A 192.0.2.21')
    await send('add @ 300 SOA ns1 other 100 1 2 3 4')
  })
  after(() => system?.close())

  const send = async (...lines: string[]) => {
    const command = commandOf(zoneId, update({ updates: updatesOf(...lines) }))
    await commitBatch(system.commits, [{ command, queuedAt: Date.now() }], Date.now)
  }
  const run = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.equal(status, 0, err)
    return out
  }
  const refused = async (body: object): Promise<{ status: number; code: string; detail: string }> => {
    const response = await api.fetch('/v1/zones/example.com/restore', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const {
      code,
      detail,
      errors = [],
    } = (await response.json()) as {
      code: string
      detail: string
      errors?: { message: string }[]
    }
    return { status: response.status, code, detail: [detail, ...errors.map((one) => one.message)].join(' ') }
  }
  /** But for the serial. */
  const contents = async (moment = ''): Promise<string[]> => {
    const response = await api.fetch(`/v1/zones/example.com/export${moment}`)
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => line.replace(/( SOA \S+ \S+) \d+/, '$1'))
  }
  const seq = async (): Promise<number> => (await api.get('/v1/zones/example.com')).seq

  it('a dry run shows the difference in the order of diff, and changes nothing', async () => {
    const out = await run('restore', 'example.com', '--serial', '5', '--dry-run')
    assert.deepEqual(out.trim().split('\n'), [
      'del example.com. 300 IN SOA ns1.example.com. other.example.com. 100 1 2 3 4',
      'del b.lab.example.com. 300 IN A 192.0.2.21',
      'del www.example.com. 300 IN A 192.0.2.10',
      'add example.com. 300 IN SOA ns1.example.com. host.example.com. 101 3600 600 86400 60',
      'add empty.example.com. 300 IN TYPE65280 \\# 0',
      'add a.lab.example.com. 300 IN A 192.0.2.20',
      'add old.example.com. 300 IN A 192.0.2.9',
      '2 records would be removed, 3 added, serial 100 → 101',
    ])
    assert.equal(await seq(), 5)
    const json = JSON.parse(await run('restore', 'example.com', '--time', madeAt, '--dry-run', '--json'))
    assert.deepEqual(
      [json.dryRun, json.basedOn, json.to.seq, json.added, json.seq],
      [true, 5, 1, 3, undefined],
    )
  })

  it('a subtree is restored alone, and the SOA moves its serial only', async () => {
    const out = await run('restore', 'example.com', '--event', '#1', '--name', 'lab.example.com', '--yes')
    assert.match(
      out,
      /restored to serial 5, event #1, .*: event #6, serial 100 → 101, 1 records removed, 1 added/,
    )
    const now = await contents()
    assert.ok(now.includes('a.lab.example.com. 300 IN A 192.0.2.20'))
    assert.ok(now.includes('www.example.com. 300 IN A 192.0.2.10'))
    assert.match(now[0]!, / SOA ns1\.example\.com\. other\.example\.com\. 1 2 3 4$/)
    const event = await api.get('/v1/zones/example.com/events/6')
    assert.deepEqual([event.kind, event.by, event.reason], ['restore', 'api:first', 'applied'])
    assert.match(event.detail, /^restored to event #1, serial 5, .*, only lab\.example\.com\. and below: 1 /)
  })

  it('a time names a moment too, and the whole zone is as it was then but for its serial', async () => {
    await run('restore', 'example.com', '--time', madeAt, '--yes')
    assert.deepEqual(await contents(), await contents('?event=1'))
    assert.equal((await api.get('/v1/zones/example.com')).serial, 102)
    await historyIsWhole(system, zoneId)
  })

  it('restoring what is so already is an event that changes nothing, as an import of the same', async () => {
    assert.match(
      await run('restore', 'example.com', '--serial', '5', '--yes'),
      /is as it was at serial 5.* already/,
    )
    const [event] = (await api.get('/v1/zones/example.com/events')).events
    assert.deepEqual([event.kind, event.reason, event.serialAfter], ['restore', 'unchanged', 102])
  })

  it('a restore can be restored: forth again', async () => {
    const before = await contents('?event=5')
    await run('restore', 'example.com', '--event', '5', '--yes')
    assert.deepEqual(await contents(), before)
  })

  it('types are restored alone, but not where that puts a CNAME beside others', async () => {
    const at = await seq()
    await send('delete www A', 'add www 300 CNAME old')
    const { status, code, detail } = await refused({ event: at, types: ['A'] })
    assert.deepEqual([status, code], [409, 'not-a-zone'])
    assert.match(detail, /www\.example\.com\. would have a CNAME record beside others: A, CNAME/)
    assert.equal(await seq(), at + 1)
    const restored = (await api.post('/v1/zones/example.com/restore', {
      event: at,
      types: ['A', 'CNAME'],
    })) as {
      removed: number
    }
    assert.equal(restored.removed, 1)
  })

  it('what changed since it was looked at is in the way: the event is named, nothing is done', async () => {
    const { basedOn } = (await api.post('/v1/zones/example.com/restore', { event: 1, dryRun: true })) as {
      basedOn: number
    }
    await send('add new.lab 300 A 192.0.2.30')
    const found = await refused({ event: 1, ifSeq: basedOn })
    assert.deepEqual([found.status, found.code], [409, 'changed-meanwhile'])
    assert.match(
      found.detail,
      new RegExp(`event #${basedOn + 1} of example\\.com\\. \\(update by unsigned, 20`),
    )
    // a change elsewhere is in nobody's way
    const below = await api.post('/v1/zones/example.com/restore', {
      event: 1,
      below: 'old.example.com',
      ifSeq: basedOn,
      dryRun: true,
    })
    assert.equal((below as { basedOn: number }).basedOn, basedOn + 1)
  })

  it('of two at once one wins, and the other is told which event was in its way', async () => {
    const at = await seq()
    const both = await Promise.all([1, 5].map((event) => refused({ event, ifSeq: at })))
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
    assert.match(
      both.find(({ status }) => status === 409)!.detail,
      new RegExp(`event #${at + 1} of .*\\(restore by api:first`),
    )
    assert.equal(await seq(), at + 1)
    await historyIsWhole(system, zoneId)
  })

  it('an index that does not say what is stored is no ground to change a zone (P6): the RRset is named, nothing is done', async () => {
    const at = await seq()
    await send('add index.lab 300 A 192.0.2.40')
    // indexed by now
    await run('restore', 'example.com', '--event', `${at}`, '--dry-run')
    const states = await system.db
      .selectFrom('rrset_state')
      .selectAll()
      .where('zone_id', '=', zoneId)
      .where('seq', '=', at + 1)
      .execute()
    assert.equal(states.length, 1)
    const { owner, type, state } = states[0]!
    const wrong = Buffer.from(state)
    const place = wrong.indexOf(Buffer.from([192, 0, 2, 40]))
    wrong[place + 3] = 41
    const put = (octets: Buffer) =>
      system.db
        .updateTable('rrset_state')
        .set({ state: octets })
        .where('zone_id', '=', zoneId)
        .where('owner', '=', owner)
        .where('type', '=', type)
        .where('seq', '=', at + 1)
        .execute()
    await put(wrong)
    for (const dryRun of [true, false]) {
      const found = await refused({ event: at, dryRun })
      assert.deepEqual([found.status, found.code], [409, 'history-broken'])
      assert.match(
        found.detail,
        /stored as index\.lab\.example\.com\. A is not .* `zonelog verify example\.com\.`/,
      )
    }
    assert.equal(await seq(), at + 1)
    // made anew as docs/history.md says
    for (const table of ['history_progress', 'rrset_state', 'name_asked', 'zone_snapshot_part'] as const)
      await system.db.deleteFrom(table).where('zone_id', '=', zoneId).execute()
    assert.equal((await refused({ event: at })).status, 200)
    await historyIsWhole(system, zoneId)
  })

  it('on a terminal it shows the difference and asks', { timeout: 60_000 }, async () => {
    const at = await seq()
    const answered = async (answer: string) =>
      await onTerminal(`restore example.com --event ${at - 1}`, answer)
    const no = await answered('no')
    assert.match(
      no.out,
      /add example\.com\. .*SOA.*would be removed.*Change the zone so\? \(yes\/no\).*Nothing was changed/s,
    )
    assert.deepEqual([no.status, await seq()], [1, at])
    const yes = await answered('maybe\nyes')
    assert.match(yes.out, /Please answer yes or no: .*zone example\.com\. restored to /s)
    assert.deepEqual([yes.status, await seq()], [0, at + 1])
  })

  /** Runs it on a pseudo-terminal, as script(1) makes one. */
  const onTerminal = async (words: string, answer: string): Promise<{ status: number; out: string }> => {
    const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
    const child = spawn('script', ['-qec', `'${process.execPath}' '${main}' ${words}`, '/dev/null'], {
      env: { ...process.env, ...environment, ZONELOG_DATA_DIR: temporaryFolder('cli') },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (piece: Buffer) => {
      const asked = /yes or no|\(yes\/no\)/
      const before = asked.test(out)
      out += piece.toString()
      if (!before && asked.test(out)) child.stdin.write(`${answer}\n`)
    })
    const [status] = (await once(child, 'exit')) as [number]
    return { status, out }
  }

  it('log and verify know it', async () => {
    const log = await run('log', 'example.com', '--kind', 'restore')
    assert.match(log, /NOERROR restore/)
    assert.match(log, /restored to event #1, serial 5/)
    assert.match(await run('verify', 'example.com'), /example\.com/)
  })

  for (const [title, argv, message] of [
    ['no moment', [], /--serial N, --time T or --event N/],
    [
      'a serial that never was',
      ['--serial', '77', '--yes'],
      /never had serial 77; its history goes from event #1/,
    ],
    ['a time before the zone', ['--time', '2001-01-01', '--yes'], /no history at 2001-01-01T00:00:00/],
    ['nobody to ask', ['--serial', '5'], /nobody to ask. --dry-run shows .* --yes changes it/],
    ['JSON without a word', ['--serial', '5', '--json'], /nobody to ask/],
    ['a name elsewhere', ['--serial', '5', '--name', 'www', '--yes'], /Did you mean www\.example\.com\.\?/],
    ['a type that is none', ['--serial', '5', '--type', 'AAA', '--yes'], /'AAA' is not a type/],
  ] as const)
    it(`says what is wrong with ${title}, and changes nothing`, async () => {
      const at = await seq()
      const { status, out, err } = await runCli(['restore', 'example.com', ...argv], environment)
      assert.notEqual(status, 0)
      assert.equal(out, '')
      assert.match(err, message)
      assert.equal(await seq(), at)
    })
})
