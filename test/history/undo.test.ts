import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { attemptChange } from '../../services/zone-writer/admin/contents/change-attempts.ts'
import { lockedChange } from '../../services/zone-writer/admin/contents/locked-change.ts'
import { restoreZone } from '../../services/zone-writer/admin/restore-zone.ts'
import { inGroups } from '../../services/zone-writer/admin/undo-selection.ts'
import { type UndoneZone, undoEvents } from '../../services/zone-writer/admin/undo-zone.ts'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { KeptMessages, saidOf } from '../../services/zone-writer/history/undo/read-messages.ts'
import { type DbTransaction, inTransaction } from '../../services/zone-writer/store/admin-zones.ts'
import { readProgress } from '../../services/zone-writer/store/history-progress.ts'
import type { Identity } from '../../shared/commands.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { TestSystem } from '../support/system.ts'
import { updatesOf } from '../support/update-lines.ts'
import { administrationAt } from './random-history.ts'

const FILE = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nold A 192.0.2.9\n'
const HOUR = 3_600_000

describe('undo: what some events did is taken back, what others did since is kept', () => {
  let system: TestSystem
  let api: AdminApi
  let environment: Record<string, string>
  let zones = 0

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    api = system.api(writer)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
  })
  after(() => system?.close())

  /** A zone of its own, and who updates it. Its names are relative to example.com in `send`. */
  class Zone {
    readonly name: string
    readonly id: number

    private constructor(name: string, id: number) {
      this.name = name
      this.id = id
    }

    static async make(): Promise<Zone> {
      const name = `z${++zones}.example.com`
      const file = `$ORIGIN ${name}.\n${FILE}`
      const { id } = await api.createZone(name, { file })
      await api.post(`/v1/zones/${name}/rules`, { rules: ['grant * zonesub ANY'] })
      return new Zone(name, id)
    }

    /** By the key of that name; answers the number of the event. */
    async send(key: string, ...lines: string[]): Promise<number> {
      return await this.sendAt(Date.now(), key, '192.0.2.77', ...lines)
    }

    async sendAt(at: number, key: string, address: string, ...lines: string[]): Promise<number> {
      const prefix = this.name.replace('.example.com', '')
      const below = lines.map((line) =>
        line
          .replace(
            /^(\w+ )(\S+)/,
            (_, verb, owner) => `${verb}${owner === '@' ? prefix : `${owner}.${prefix}`}`,
          )
          .replace(/ (NS|CNAME) (\S+)$/, ` $1 $2.${prefix}`),
      )
      // `requires NAME TYPE`: RFC 2136 §2.4.1, which has the form of a deletion
      const required = below.filter((line) => line.startsWith('requires '))
      const message = update({
        zone: `${this.name}.`,
        prerequisites: updatesOf(...required),
        updates: updatesOf(...below.filter((line) => !required.includes(line))),
      })
      const command = commandOf(this.id, message, {
        zone: nameOf(this.name),
        identity: `key:${key}.` as Identity,
        source: { address, port: 1 },
        receivedAt: at,
        deadline: at + 5_000,
      })
      await commitBatch(system.commits, [{ command, queuedAt: at }], () => at)
      return await this.seq()
    }

    async seq(): Promise<number> {
      return (await api.get(`/v1/zones/${this.name}`)).seq
    }

    async undo(body: object): Promise<UndoneZone> {
      return (await api.post(`/v1/zones/${this.name}/undo`, body)) as UndoneZone
    }

    async refused(body: object): Promise<{ status: number; code: string; detail: string }> {
      const response = await api.fetch(`/v1/zones/${this.name}/undo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, ...((await response.json()) as { code: string; detail: string }) }
    }

    /** Relative names, without SOA, NS and the mark at the end. */
    async records(moment = ''): Promise<string[]> {
      const text = await (await api.fetch(`/v1/zones/${this.name}/export${moment}`)).text()
      return text
        .trim()
        .split('\n')
        .filter((line) => !/ (SOA|NS) |^; end$/.test(line))
        .map((line) => line.replaceAll(`.${this.name}.`, '').replace(' IN ', ' '))
    }

    async whole(): Promise<void> {
      await historyIsWhole(system, this.id, nameOf(this.name))
      const { status, err } = await runCli(['verify', this.name], environment)
      assert.equal(status, 0, err)
    }
  }

  const BASE = ['ns1 300 A 192.0.2.1', 'old 300 A 192.0.2.9']

  it("a key's changes of the last hour, with another's in between", async () => {
    const zone = await Zone.make()
    const now = Date.now()
    await zone.sendAt(now - 2 * HOUR, 'bad', '192.0.2.1', 'add early 300 A 192.0.2.20')
    await zone.send('bad', 'add www 300 A 192.0.2.66', 'delete old A')
    await zone.send('good', 'add www 300 A 192.0.2.10', 'add mail 300 A 192.0.2.11')
    await zone.send('bad', 'add mail 300 A 192.0.2.67', 'delete ns1 A 192.0.2.1')
    const preview = await zone.undo({ by: 'bad', since: '1h', dryRun: true })
    assert.deepEqual([preview.events, preview.conflictCount], [{ count: 2, first: 3, last: 5 }, 0])
    assert.equal(await zone.seq(), 5)
    const undone = await zone.undo({ by: 'bad', since: '1h', ifSeq: preview.basedOn })
    assert.deepEqual([undone.removed, undone.added, undone.seq], [2, 2, 6])
    assert.deepEqual(await zone.records(), [
      'early 300 A 192.0.2.20',
      'mail 300 A 192.0.2.11',
      ...BASE,
      'www 300 A 192.0.2.10',
    ])
    const event = await api.get(`/v1/zones/${zone.name}/events/6`)
    assert.deepEqual([event.kind, event.by], ['undo', 'api:first'])
    assert.match(event.detail, /^undone #3, #5: 2 records removed, 2 added$/)
    await zone.whole()
  })

  it('by the numbers or ids of events, and an undo undone is as before', async () => {
    const zone = await Zone.make()
    await zone.send('one', 'add a 300 A 192.0.2.1', 'add a 600 A 192.0.2.2')
    await zone.send('two', 'add b 300 TXT "b"')
    const { eventId } = await api.get(`/v1/zones/${zone.name}/events/3`)
    const before = await zone.records()
    await zone.undo({ events: [`${zone.name}#2`, '#3'] })
    assert.deepEqual(await zone.records(), BASE)
    await zone.undo({ events: ['4'] })
    assert.deepEqual(await zone.records(), before)
    // what undoing it meant was said again by another event since
    const again = await zone.undo({ events: [eventId] })
    assert.deepEqual([again.conflicts[0]?.reason, again.conflicts[0]?.since?.seq], ['confirmed-since', 5])
    await zone.undo({ events: ['5'] })
    assert.deepEqual(await zone.records(), BASE)
    await zone.whole()
  })

  it('by source, and only at a name or below it', async () => {
    const zone = await Zone.make()
    const at = (address: string, ...lines: string[]) => zone.sendAt(Date.now(), 'k', address, ...lines)
    await at('198.51.100.7', 'add x.lab 300 A 192.0.2.1', 'add y 300 A 192.0.2.2')
    await at('203.0.113.7', 'add z.lab 300 A 192.0.2.3')
    await zone.undo({ address: '198.51.100.0/24', below: `lab.${zone.name}` })
    assert.deepEqual(await zone.records(), ['z.lab 300 A 192.0.2.3', ...BASE, 'y 300 A 192.0.2.2'])
    await zone.undo({ name: `y.${zone.name}` })
    assert.deepEqual((await zone.records()).includes('y 300 A 192.0.2.2'), false)
  })

  it('only of one type, and events are loaded for that a few at a time, however large they are', async () => {
    const zone = await Zone.make()
    await zone.send('k', 'add x 300 A 192.0.2.1', 'add x 300 TXT "x"')
    await zone.send('k', 'add y 300 TXT "y"')
    await zone.send('k', 'add z 300 A 192.0.2.3')
    const { events } = await zone.undo({ by: 'k', type: 'A' })
    assert.deepEqual(events, { count: 2, first: 2, last: 4 })
    assert.deepEqual(await zone.records(), [...BASE, 'x 300 TXT "x"', 'y 300 TXT "y"'])
    const sized = (octets: number, index: number) => ({ seq: index + 1, address: '', octets })
    assert.deepEqual(
      [...inGroups([1, 2, 9 << 20, 3, 4 << 20, 4 << 20, 1].map(sized))],
      [[1, 2], [3], [4, 5], [6, 7]],
    )
  })

  it('a message that speaks of many names is decoded once for all of them', async () => {
    const zone = await Zone.make()
    const hosts = Array.from({ length: 150 }, (_, n) => `h${n}`)
    await zone.send('bad', ...hosts.map((host) => `add ${host} 300 A 192.0.2.66`))
    await zone.send(
      'good',
      ...hosts.flatMap((host) => [`add ${host} 300 A 192.0.2.10`, `requires ${host} A`]),
    )
    const { removed, conflictCount, notes } = await zone.undo({ events: ['2'] })
    assert.deepEqual([removed, conflictCount, notes.length], [150, 0, 150])
    assert.deepEqual((await zone.records('')).length, 152)

    const sized = (n: number) => update({ updates: updatesOf(`add a${n} 300 A 192.0.2.1`) })
    const kept = new KeptMessages(2 * sized(1).length)
    for (const n of [1, 2, 3, 4]) kept.add(n, sized(n))
    const first = kept.take(1)
    assert.equal(saidOf(first, nameOf('a1.example.com')).asked.length, 1)
    kept.forgetOldest()
    assert.equal(kept.take(1), first)
    assert.deepEqual(
      [1, 2, 3, 4].map((n) => kept.has(n)),
      [true, false, false, true],
    )
  })

  it('the fields of the SOA as values; its serial never goes back', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add @ 300 SOA ns1 evil 100 1 2 3 4')
    await zone.send('good', 'add a 300 A 192.0.2.1')
    await zone.undo({ by: 'bad' })
    const soa = (await api.export(zone.name)).split('\n')[0]!
    assert.match(soa, / SOA ns1\.\S+ host\.\S+ 102 3600 600 86400 60$/)
    await zone.whole()
  })

  it('an import, of everything that it changed', async () => {
    const zone = await Zone.make()
    await api.fetch(`/v1/zones/${zone.name}/contents`, {
      method: 'PUT',
      headers: { 'content-type': 'text/dns' },
      body: `$ORIGIN ${zone.name}.\n$TTL 60\n@ SOA ns2 host 9 1 1 1 1\n@ NS ns2\nns2 A 192.0.2.200\n`,
    })
    await zone.send('good', 'add late 300 A 192.0.2.5')
    await zone.undo({ events: ['2'] })
    assert.deepEqual(await zone.records(), ['late 300 A 192.0.2.5', ...BASE])
    assert.match(await api.export(zone.name), / NS ns1\.z\d+\.example\.com\.\n/)
    await zone.whole()
  })

  describe('conflicts are listed with both events, and left', () => {
    const conflicted = async (first: string[], then: string[], more: object = {}) => {
      const zone = await Zone.make()
      await zone.send('bad', ...first)
      await zone.send('good', ...then)
      const undone = await zone.undo({ by: 'bad', ...more })
      await zone.whole()
      return {
        reasons: undone.conflicts.map(
          (one) => `${one.reason} ${one.would} #${one.undone.seq} #${one.since?.seq ?? ''}`,
        ),
        records: (await zone.records()).filter((line) => !BASE.includes(line)),
        old: (await zone.records()).includes(BASE[1]!),
        undone,
      }
    }

    it('a value that somebody else asked for since', async () => {
      const add = 'add a 300 A 192.0.2.5'
      const { reasons, records } = await conflicted([add, 'add b 300 A 192.0.2.6'], [add])
      assert.deepEqual(reasons, ['confirmed-since remove #2 #3'])
      assert.deepEqual(records, ['a 300 A 192.0.2.5'])
    })

    it('a value that somebody else asked to be gone, though it was', async () => {
      const { reasons, old } = await conflicted(['delete old A'], ['delete old A 192.0.2.9'])
      assert.deepEqual([reasons, old], [['removed-since add #2 #3'], false])
    })

    it('a value in the place of another that was replaced since', async () => {
      const { reasons, records, old } = await conflicted(
        ['delete old A', 'add old 300 A 192.0.2.66'],
        ['delete old A 192.0.2.66', 'add old 300 A 192.0.2.10'],
      )
      assert.deepEqual(
        [reasons, records, old],
        [['replaced-since add #2 #3'], ['old 300 A 192.0.2.10'], false],
      )
    })

    it('a TTL that was set since', async () => {
      const { reasons, records } = await conflicted(
        ['add old 600 A 192.0.2.66'],
        ['add old 900 A 192.0.2.67'],
      )
      assert.deepEqual(reasons, ['ttl-since ttl #2 #3'])
      assert.deepEqual(records, ['old 900 A 192.0.2.9', 'old 900 A 192.0.2.67'])
    })

    it('what cannot stand beside what is there by now', async () => {
      const { reasons, records } = await conflicted(
        ['delete old A', 'add old 300 CNAME ns1'],
        ['delete old CNAME', 'add old 300 CNAME mail'],
      )
      assert.deepEqual(reasons, ['singleton add #2 #3'])
      assert.deepEqual(records, ['old 300 CNAME mail'])
    })

    it('the last NS record of the apex, whatever is told', async () => {
      const { reasons, undone } = await conflicted(['add @ 300 NS ns9'], ['delete @ NS ns1'], {
        conflicts: 'force',
      })
      assert.deepEqual(reasons, ['apex remove #2 #'])
      assert.deepEqual([undone.removed, undone.added], [0, 0])
    })

    it('taken back all the same when told so', async () => {
      const { records, undone, old } = await conflicted(
        ['add a 300 A 192.0.2.5', 'delete old A'],
        ['add a 300 A 192.0.2.5', 'delete old A'],
        { conflicts: 'force' },
      )
      assert.deepEqual([records, old, undone.conflictCount], [[], true, 2])
      assert.match(
        undone.conflicts[0]!.message,
        /taken back all the same \(#2, update by key:bad\., 20.*since asked for by #3, update by key:good\., 20/,
      )
    })

    it('nothing is done when told to fail', async () => {
      const zone = await Zone.make()
      await zone.send('bad', 'add a 300 A 192.0.2.5', 'add b 300 A 192.0.2.5')
      await zone.send('good', 'add a 300 A 192.0.2.5')
      const { status, code, detail } = await zone.refused({ by: 'bad', conflicts: 'fail' })
      assert.deepEqual([status, code], [409, 'undo-conflicts'])
      assert.match(detail, /Nothing was changed: 1 conflicts/)
      assert.equal(await zone.seq(), 3)
    })
  })

  it('kept events whose prerequisites asked about a name are noted', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5')
    await zone.send('good', 'requires a A', 'add a 300 TXT "t"')
    const { conflictCount, notes } = await zone.undo({ by: 'bad' })
    assert.deepEqual([conflictCount, notes.map(({ event }) => event.seq)], [0, [3]])
    assert.match(notes[0]!.message, /^a\.z\S+: #3, update by key:good\., .* asked here what was there before/)
    assert.deepEqual(await zone.records(), ['a 300 TXT "t"', ...BASE])
  })

  it('what came between the look and the deed is in the way, where it speaks of the same names', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5')
    const { basedOn } = await zone.undo({ by: 'bad', dryRun: true })
    await zone.send('good', 'add elsewhere 300 A 192.0.2.6')
    await zone.send('good', 'add a 300 A 192.0.2.7')
    const found = await zone.refused({ by: 'bad', ifSeq: basedOn })
    assert.deepEqual([found.status, found.code], [409, 'changed-meanwhile'])
    assert.match(found.detail, /event #4 of .*\(update by key:good\., 20/)
    assert.equal((await zone.undo({ by: 'bad', ifSeq: 4 })).seq, 5)
  })

  it('a restore or an undo that had to wait is told what another one did meanwhile', async () => {
    const zone = await Zone.make()
    const began = await zone.send('bad', 'add a 300 A 192.0.2.5')
    await zone.undo({ events: ['2'] })
    const admin = administrationAt(system, Date.now)
    const sender = { name: zone.name, by: 'api:late' as Identity, source: { address: '', port: 0 }, began }
    const late = [
      await restoreZone(admin, { ...sender, to: { kind: 'seq', seq: 2 } }),
      await undoEvents(admin, {
        ...sender,
        selection: { kind: 'named', events: ['3'] },
        conflicts: 'skip',
      }),
    ]
    for (const outcome of late) {
      assert.equal(outcome.ok || outcome.code, 'changed-meanwhile')
      assert.match(outcome.ok ? '' : outcome.message, /event #3 of .*\(undo by api:first/)
    }
    assert.equal(await zone.seq(), 3)
  })

  it('while updates keep coming, undos and restores stand among them one after another (P9)', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5', 'delete old A')
    let busy = true
    const updates = (async () => {
      for (let host = 1; busy; host++) await zone.send('good', `add h${host % 9} 300 A 192.0.2.${host % 200}`)
    })()
    const post = async (verb: string, body: object) => {
      const answer = await api.fetch(`/v1/zones/${zone.name}/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return answer.status === 503 ? ((await answer.json()) as { code: string }).code : answer.status
    }
    const statuses: (number | string)[] = []
    for (let time = 0; time < 3; time++) {
      const both = [post('undo', { by: 'bad' }), post('restore', { event: 2, below: `a.${zone.name}` })]
      statuses.push(...(await Promise.all(both)))
    }
    busy = false
    await updates
    assert.ok(statuses.includes(200))
    assert.deepEqual(
      // a slow machine may hold the zone for longer than the API waits
      statuses.filter((status) => ![200, 409, 'zone-busy'].includes(status)),
      [],
    )
    await zone.whole()
  })

  it('neither holds a connection while it waits for another one, nor the zone while the history is indexed', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5', 'delete old A')
    await zone.send('good', 'add b 300 A 192.0.2.6')
    const one = connectDatabase(system.database.url, { name: 'one', size: 1, statementMs: 60_000 })
    try {
      const admin = administrationAt(one, Date.now)
      const sender = { name: zone.name, by: 'api:one' as Identity, source: { address: '', port: 0 } }
      const selection = { kind: 'named', events: ['2'] } as const
      const done = await Promise.all([
        undoEvents(admin, { ...sender, selection, conflicts: 'skip' }),
        restoreZone(admin, { ...sender, to: { kind: 'seq', seq: 1 }, below: `b.${zone.name}` }),
        undoEvents(admin, { ...sender, selection, conflicts: 'skip', dryRun: true }),
        restoreZone(admin, { ...sender, to: { kind: 'seq', seq: 1 }, dryRun: true }),
      ])
      assert.ok(done.some((outcome) => outcome.ok))
      for (const outcome of done) assert.ok(outcome.ok || outcome.code === 'changed-meanwhile')
    } finally {
      await one.close()
    }
    await zone.whole()
  })

  it('a zone that moves on each time it is looked at is changed while its lock is held', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5')
    // between the look and the lock
    let looks = 0
    const undone = await attemptChange(
      system.db,
      { id: zone.id, name: nameOf(zone.name) },
      {
        find: async (_, seen) => {
          if (++looks <= 3) await zone.send('good', `add h${looks} 300 A 192.0.2.${looks}`)
          return { ok: true, value: seen.seq }
        },
        store: async (trx, head, seq) => {
          const { seq: indexed } = await readProgress(trx, zone.id)
          return { ok: true, value: { seq, head: head.seq, indexed } }
        },
      },
    )
    assert.deepEqual(undone, { ok: true, value: { seq: 5, head: 5, indexed: 5 } })
    assert.equal(looks, 4)
  })

  it('what holds up the updates of a busy zone for too long is given up, and changes nothing', async () => {
    const zone = await Zone.make()
    const named = { id: zone.id, name: nameOf(zone.name) }
    let looks = 0
    const moveOn = async () => {
      if (++looks % 4 !== 0) await zone.send('good', `add h${looks} 300 A 192.0.2.${looks}`)
    }
    const slow = (trx: DbTransaction) => sql`select pg_sleep(600)`.execute(trx)
    const many = async (trx: DbTransaction) => {
      for (;;) await sql`select pg_sleep(0.01)`.execute(trx)
    }
    for (const work of [slow, many]) {
      const find = async (trx: DbTransaction) => {
        await moveOn()
        if (looks % 4 === 0) await work(trx)
        return { ok: true, value: 0 } as const
      }
      const store = () => assert.fail('not to be reached')
      const undone = await attemptChange(system.db, named, { find, store }, 200)
      const imported = await inTransaction(system.db, (trx) => lockedChange(trx, named, find, 200))
      for (const outcome of [undone, imported]) assert.equal(outcome.ok || outcome.code, 'zone-busy')
    }
    await zone.send('good', 'add free 300 A 192.0.2.99')
    await zone.whole()
  })

  it('on the command line: preview, remarks, log and blame', async () => {
    const zone = await Zone.make()
    await zone.send('bad', 'add a 300 A 192.0.2.5', 'delete old A', 'add b 300 A 192.0.2.6')
    await zone.send('good', 'add b 300 A 192.0.2.6')
    const run = async (...argv: string[]) => {
      const { status, out, err } = await runCli(argv, environment)
      assert.equal(status, 0, err)
      return out
    }
    const preview = await run('undo', zone.name, '--by', 'bad', '--dry-run')
    assert.match(
      preview,
      /del a\.z.* 300 IN A 192\.0\.2\.5\nadd z.* SOA .*\nadd old\.z.* 300 IN A 192\.0\.2\.9\n/,
    )
    assert.match(
      preview,
      /conflict: b\.z\S+ 300 IN A 192\.0\.2\.6: not taken away \(#2, update by key:bad\.,/,
    )
    assert.match(preview, /1 records would be removed, 1 added, serial 6 → 7\n$/)
    assert.match(
      await run('undo', zone.name, '#2', '--yes'),
      /event #2 undone by event #4, serial 6 → 7, 1 records removed, 1 added/,
    )
    assert.match(await run('undo', zone.name, '#2', '--yes', '--json'), /"removed":0,"added":0/)
    assert.match(
      await run('log', zone.name, '--kind', 'undo'),
      /NOERROR undo.*\n.*undone #2: 1 records removed, 1 added; 1 conflicts left/,
    )
    assert.match(await run('blame', zone.name, `old.${zone.name}`), /set +#4 .* api:first .* undo/)
  })

  for (const [title, body, message] of [
    ['no selection', {}, /Say which events/],
    ['both kinds of selection', { events: ['2'], by: 'x' }, /not both/],
    ['an event that is not there', { events: ['#77'] }, /has no event #77; its events are 1 to/],
    ['the event that made the zone', { events: ['#1'] }, /created the zone; `zonelog zone delete/],
    ['an event of another zone', { events: ['other.test#2'] }, /is not one of the zone/],
    ['what is no event', { events: ['x'] }, /'x' is no event/],
    ['nobody', { by: 'nobody' }, /No event of .* that changed something matches/],
    ['a time that is none', { since: 'then' }, /since 'then' is no time/],
    ['a name elsewhere', { name: 'www.example.net' }, /is not in the zone/],
  ] as const)
    it(`says what is wrong with ${title}`, async () => {
      const zone = await Zone.make()
      const { status, detail } = await zone.refused(body)
      assert.ok(status >= 400 && status < 500)
      assert.match(detail, message)
      assert.equal(await zone.seq(), 1)
    })
})
