import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { OverviewJson } from '../../services/zone-writer/overview/overview.ts'
import { activityOfZones } from '../../services/zone-writer/store/overview.ts'
import { insertRefusals } from '../../services/zone-writer/store/refusals.ts'
import { newCommandId } from '../../shared/command-id.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { HOUR_MS, type MinuteActivity } from '../../shared/messaging/activity.ts'
import { commandHeaders } from '../../shared/messaging/command-codec.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { commandSubject, partitionOf } from '../../shared/messaging/subjects.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { digShort } from '../support/dig.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { CHANGES, everythingOf, REFUSED, refusals, triesAndMakes } from './dry-runs.ts'

const FILE =
  '$TTL 300\n@ SOA ns1 host 10 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nold A 192.0.2.9\nold TXT "x"\n'

describe('records changed by the API', () => {
  let system: TestSystem
  let api: AdminApi
  let edge: RunningEdge
  let zoneId: number
  before(async () => {
    ;({ system, api, edge } = await TestSystem.start())
    zoneId = (await api.createZone('example.com', { file: FILE })).id
  })
  after(() => system.close())

  const send = async (body: object, key?: string) => {
    const answer = await api.fetch('/v1/zones/example.com/changes', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
    return { status: answer.status, json: (await answer.json()) as any }
  }
  const serial = async () => (await api.get('/v1/zones/example.com')).serial as number
  const add = (name: string, ...values: string[]) => ({ action: 'add', name, type: 'A', ttl: 60, values })

  it('are one event, whatever they are many, with the name of the token; edges answer from it', async () => {
    const { status, json } = await send({
      changes: [
        add('www', '192.0.2.2', '192.0.2.3'),
        { action: 'replace', name: 'old', type: 'TXT', ttl: 30, values: ['"y"'] },
        { action: 'delete', name: 'old', type: 'A', values: ['192.0.2.9'] },
      ],
    })
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual([json.serialBefore, json.serial, json.seq, json.reason], [10, 11, 2, 'applied'])
    assert.deepEqual(json.removed.toSorted(), [
      'old.example.com. 300 IN A 192.0.2.9',
      'old.example.com. 300 IN TXT "x"',
    ])
    assert.equal(json.added.length, 3)
    const event = await api.get('/v1/zones/example.com/events/2')
    assert.deepEqual(
      [event.kind, event.by, event.transport, event.eventId, event.rule],
      ['update', 'api:first', 'api', json.eventId, ''],
    )
    assert.equal(event.request.updates.length, 5)
    const server = { host: '127.0.0.1', port: edge.port }
    await until('the edge has it', async () => (await digShort(server, 'www.example.com', 'A')).length === 2)
  })

  it('that are so already leave an event and the serial', async () => {
    const before = await serial()
    const { json } = await send({ changes: [add('www', '192.0.2.2')] })
    assert.deepEqual([json.reason, json.serial, json.added], ['unchanged', before, []])
  })

  it('are refused with the reason of the event; limits of the zone hold', async () => {
    await api.patch('/v1/zones/example.com', { settings: { maxRecordsPerRrset: 2 } })
    const { status, json } = await send({ changes: [add('www', '192.0.2.7')] })
    assert.deepEqual(
      [status, json.code, json.rcode, json.reason],
      [422, 'update-refused', 'REFUSED', 'limit'],
    )
    assert.match(json.detail, /event #\d+/)
    await api.patch('/v1/zones/example.com', { settings: { maxRecordsPerRrset: 100 } })
  })

  it('keep to prerequisites', async () => {
    const change = {
      changes: [add('once', '192.0.2.5')],
      prerequisites: [{ condition: 'absent', name: 'once' }],
    }
    assert.equal((await send(change)).status, 200)
    const again = await send(change)
    assert.deepEqual([again.status, again.json.code], [409, 'prerequisite-failed'])
    const exactly = { condition: 'exists', name: 'once', type: 'A', values: ['192.0.2.5'] }
    assert.equal((await send({ changes: [add('more', '192.0.2.6')], prerequisites: [exactly] })).status, 200)
  })

  it('with ifSerial: of many at once exactly one wins, and the others change nothing', async () => {
    const at = await serial()
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        send({ changes: [add(`race${index}`, '192.0.2.8')], ifSerial: at }),
      ),
    )
    assert.deepEqual(all.map(({ status, json }) => json.code ?? status).toSorted(), [
      200,
      ...Array.from({ length: 11 }, () => 'serial-changed'),
    ])
    assert.equal(await serial(), at + 1)
    const { rrsets } = await api.get('/v1/zones/example.com/rrsets?search=race')
    assert.equal(rrsets.length, 1)
  })

  it('of the SOA take its names and timers, and the serial that the policy gives', async () => {
    const at = await serial()
    const soa = async (rest: object) => {
      const change = { action: 'replace', name: '@', type: 'SOA', ttl: 600, ...rest }
      return await send({ changes: [change] })
    }
    const stale = { values: [`ns9 root ${at - 3} 7200 900 1209600 60`] }
    assert.deepEqual((({ status, json }) => [status, json.serial])(await soa(stale)), [200, at + 1])
    const { rrsets } = await api.get('/v1/zones/example.com/rrsets?name=example.com&type=SOA')
    assert.deepEqual(
      [rrsets[0].ttl, ...rrsets[0].values],
      [600, `ns9.example.com. root.example.com. ${at + 1} 7200 900 1209600 60`],
    )
    const same = await soa(stale)
    assert.deepEqual([same.json.reason, same.json.serial], ['unchanged', at + 1])
    const later = await soa({ values: [`ns9 root ${at + 40} 7200 900 1209600 60`] })
    assert.equal(later.json.serial, at + 40)
  })

  it('with an Idempotency-Key are made once (P2), however often and however many at once they are sent', async () => {
    const at = await serial()
    const body = { changes: [add('idem', '192.0.2.11')], ifSerial: at }
    const all = await Promise.all(Array.from({ length: 6 }, () => send(body, 'key-1')))
    const later = await send(body, 'key-1')
    for (const { status, json } of [...all, later]) {
      assert.equal(status, 200, JSON.stringify(json))
      assert.equal(json.eventId, later.json.eventId)
    }
    assert.equal(await serial(), at + 1)
    const other = await send({ changes: [add('other', '192.0.2.12')] }, 'key-1')
    assert.deepEqual([other.status, other.json.code], [422, 'idempotency-key-used'])
  })

  it('as a dry run tell what the change then does, and leave nothing', async () => {
    const change = { changes: [{ action: 'delete', name: 'www' }, add('new', '192.0.2.4')] }
    const { seq } = await api.get('/v1/zones/example.com')
    const dry = await send({ ...change, dryRun: true })
    assert.equal((await api.get('/v1/zones/example.com')).seq, seq)
    const real = await send(change)
    for (const field of ['serialBefore', 'serial', 'removed', 'added', 'reason', 'detail'])
      assert.deepEqual(dry.json[field], real.json[field], field)
  })

  it('say all faults at once, with their places', async () => {
    const { status, json } = await send({
      changes: [
        add('a..b', '192.0.2.1'),
        add('x', 'not-an-address'),
        { action: 'add', name: 'y' },
        { action: 'delete', name: 'z', values: ['1'] },
      ],
    })
    assert.deepEqual([status, json.code, json.errors.length], [400, 'bad-update', 4])
    assert.match(json.errors[1].message, /^changes\/1: 'not-an-address'/)
  })

  it('that are more than a message holds are refused', async () => {
    const values = Array.from({ length: 300 }, (_, index) => `"${index}${'x'.repeat(240)}"`)
    const { status, json } = await send({
      changes: [{ action: 'add', name: 'big', type: 'TXT', ttl: 1, values }],
    })
    assert.deepEqual([status, json.code], [422, 'too-large'])
  })

  it('are not taken for a catalog zone, or with the role viewer', async () => {
    await api.post('/v1/zones', { name: 'catalog.test', isCatalog: true })
    const answer = await api.fetch('/v1/zones/catalog.test/changes', {
      method: 'POST',
      body: JSON.stringify({ changes: [add('x', '192.0.2.1')] }),
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(answer.status, 400)
  })

  it('come from a writer: what an edge publishes in the name of the API is dropped', async () => {
    const nats = await connectNats(system.nats.url, 'forger', silentLogger())
    const [example] = await historyOf(system, zoneId).then((events) =>
      events.filter(({ transport, kind }) => transport === 'api' && kind === 'update'),
    )
    const now = Date.now()
    const forged = {
      ...example!,
      ...{
        id: newCommandId(now),
        zone: nameOf('example.com.'),
        edgeId: 'edge-forger',
        receivedAt: now,
        deadline: now + 10_000,
      },
    }
    const subject = commandSubject(partitionOf(zoneId, 16))
    await nats.jetstream().publish(subject, forged.message, { headers: commandHeaders(forged) })
    await nats.close()
    // decided after it
    const { json } = await send({ changes: [add('after', '192.0.2.13')] })
    const { events } = await api.get(`/v1/zones/example.com/events?limit=5`)
    assert.equal(events[0].seq, json.seq)
    assert.ok(!events.some(({ eventId }: { eventId: string }) => eventId === forged.id))
  })

  it('by the command line', async () => {
    const environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    const run = async (...argv: string[]) => {
      const result = await runCli(argv, environment)
      assert.equal(result.status, 0, result.err)
      return result
    }
    assert.equal(
      (await run('record', 'add', 'example.com', 'cli', '60', 'A', '192.0.2.20', '192.0.2.21')).out,
      '+ cli.example.com. 60 IN A 192.0.2.20\n+ cli.example.com. 60 IN A 192.0.2.21\n',
    )
    assert.match(
      (await run('record', 'replace', 'example.com', 'cli', '60', 'A', '192.0.2.22', '--dry-run')).err,
      /dry run/,
    )
    assert.equal(
      (await run('record', 'list', 'example.com', '--search', 'cli')).out,
      'cli.example.com. 60 IN A 192.0.2.20\ncli.example.com. 60 IN A 192.0.2.21\n',
    )
    assert.match((await run('record', 'delete', 'example.com', 'cli')).out, /^- cli/)
    const late = await runCli(['record', 'delete', 'example.com', 'ns1', '--if-serial', '1'], environment)
    assert.notEqual(late.status, 0)
    assert.match(late.err, /has the serial \d+ and not 1/)
  })

  describe('are sent on as they come (server-sent events)', () => {
    /** Reads messages until `enough`; the connection ends with it. */
    const listen = async (
      path: string,
      enough: (messages: readonly SentMessage[]) => boolean,
      {
        headers = {},
        onOpen = async () => {},
      }: { headers?: Record<string, string>; onOpen?: () => Promise<unknown> } = {},
    ): Promise<SentMessage[]> => {
      const gone = new AbortController()
      const answer = await api.fetch(path, { headers, signal: gone.signal })
      assert.equal(answer.status, 200)
      assert.match(String(answer.headers.get('content-type')), /^text\/event-stream/)
      const messages: SentMessage[] = []
      let rest = ''
      let opened = false
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
        if (!opened) await onOpen()
        opened = true
        const frames = (rest + piece).split('\n\n')
        rest = frames.pop()!
        for (const text of frames) if (text.includes('data: ')) messages.push(messageOf(text))
        if (enough(messages)) break
      }
      gone.abort()
      return messages
    }

    it('of a zone, and resumes after Last-Event-ID without a gap', async () => {
      const path = '/v1/zones/example.com/events/stream'
      const first = await listen(path, ({ length }) => length === 2, {
        onOpen: async () => {
          for (const name of ['live1', 'live2']) await send({ changes: [add(name, '192.0.2.30')] })
        },
      })
      assert.deepEqual(
        first.map(({ data }) => data.added[0].split(' ')[0]),
        ['live1.example.com.', 'live2.example.com.'],
      )
      for (const name of ['live3', 'live4']) await send({ changes: [add(name, '192.0.2.30')] })
      const resumed = await listen(path, ({ length }) => length === 3, {
        headers: { 'last-event-id': first[0]!.id },
      })
      assert.deepEqual(
        resumed.map(({ id }) => Number(id)),
        [1, 2, 3].map((more) => Number(first[0]!.id) + more),
      )
    })

    it('of all zones that the token may see: outcome, identity, names', async () => {
      const other = (await api.post('/v1/tokens', {
        name: 'other',
        role: 'viewer',
        zones: ['other.test'],
      })) as { secret: string }
      const limited = fetch(`${api.url}/v1/events/stream?after=0`, {
        headers: { authorization: `Bearer ${other.secret}` },
      })
      let isTold = false
      const sending = async () => {
        // what it tells of begins a moment after its first piece
        for (let turn = 0; !isTold; turn++) {
          await send({ changes: [add(`everywhere${turn}`, '192.0.2.31')] })
          await delay(250)
        }
      }
      let sent: Promise<void> | undefined
      const messages = await listen('/v1/events/stream', ({ length }) => length > 0, {
        onOpen: async () => {
          sent = sending()
        },
      })
      isTold = true
      await sent
      const { data } = messages[0]!
      assert.deepEqual([data.zone, data.by, data.outcome], ['example.com.', 'api:first', 'NOERROR'])
      assert.match(data.names[0], /^everywhere\d+\.example\.com\.$/)
      const again = await listen(
        `/v1/events/stream?after=${Number(messages[0]!.id) - 1}`,
        ({ length }) => length === 1,
      )
      assert.deepEqual(again[0]!.data, data)
      await api.createZone('other.test')
      const reader = (await limited).body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!text.includes('other.test.')) text += (await reader.read()).value ?? ''
      assert.ok(!text.includes('example.com.'))
      await reader.cancel()
    })

    it('to a bounded number of readers; those that never read are cut and hold nothing', async () => {
      const gone = new AbortController()
      const held: Response[] = []
      for (let turn = 0; turn < 22; turn++)
        held.push(await api.fetch('/v1/zones/example.com/events/stream?after=0', { signal: gone.signal }))
      assert.deepEqual([...new Set(held.map(({ status }) => status))], [200, 429])
      gone.abort()
      await until('their places are free', async () => {
        const over = new AbortController()
        const { status } = await api.fetch('/v1/events/stream', { signal: over.signal })
        over.abort()
        return status === 200
      })
    })
  })

  it('are decoded from the message of their event', async () => {
    const message = await api.get('/v1/zones/example.com/events/2/message')
    assert.deepEqual(message.zoneSection, ['example.com. IN SOA'])
    assert.equal(message.updates[0], 'www.example.com. 60 IN A 192.0.2.2')
    assert.ok(message.updates.includes('old.example.com. 0 ANY TXT'))
    assert.equal((await api.fetch('/v1/zones/example.com/events/1/message')).status, 404)
  })

  describe('as every other change can be tried: the answer is that of the change, and nothing comes of it', () => {
    for (const change of CHANGES)
      it(`${change.method} ${change.path} ${typeof change.body === 'object' ? Object.keys(change.body) : ''}`, () =>
        triesAndMakes({ system, api }, change))

    it('but for what is refused, which is refused as ever', async () => {
      for (const change of REFUSED) {
        const [tried, made] = await refusals(api, change)
        assert.ok(tried!.status >= 400 && tried!.status < 500, change.path)
        assert.deepEqual(tried, made)
      }
    })

    it('not by a parameter of an address that takes none: it is refused, not passed over', async () => {
      for (const [method, path, body] of [
        ['POST', '/v1/keys', { name: 'mistaken' }],
        ['POST', '/v1/zones/example.com/rules', { rules: ['grant mistaken zonesub A'] }],
      ] as const) {
        const before = await everythingOf(system)
        const answer = await api.fetch(`${path}?dryRun=true`, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        assert.equal(answer.status, 400, path)
        assert.match(await answer.text(), /\('dryRun'\)/)
        for (const [place, is] of await everythingOf(system)) assert.deepEqual(is, before.get(place), place)
      }
    })

    it('by the command line with --dry-run, which prints no secret', async () => {
      await api.createKey('tried')
      await api.post('/v1/keys/tried/update-tokens', { name: 'router', hosts: ['home.example.com'] })
      await api.post('/v1/zones/example.com/rules', { rules: ['grant other zonesub A'] })
      const file = join(temporaryFolder('dry-run'), 'zone')
      await writeFile(file, FILE)
      const before = await everythingOf(system)
      for (const [words, says] of [
        ['key create new', /key new\. created/],
        ['key rotate tried --overlap 0', /no older secret lives on/],
        ['key set tried --expires 90d', /state +active/],
        ['key expire tried', /tried\. has expired/],
        ['key revoke tried --force', /secret \d+ revoked/],
        ['key delete tried --force', /tried\. deleted/],
        ['update-token create tried nas --host nas.example.com', /token nas of tried\./],
        ['update-token revoke tried router', /token router of tried\. revoked/],
        ['token create new --role viewer', /token new created/],
        ['token revoke first', /token first revoked/],
        ['rule add example.com grant,tried,zonesub,A --at 1', /1\. grant tried zonesub A/],
        ['rule remove example.com 1', /removed: grant other/],
        ['zone create new.example', /zone new\.example\. created/],
        ['zone set example.com --max-records 9', /records +9/],
        [`zone import example.com ${file}`, /example\.com\./],
        ['zone delete example.com', /example\.com\. deleted/],
      ] as const) {
        const argv = words.split(' ').map((word) => word.replaceAll(',', ' '))
        const { status, out, err } = await runCli([...argv, '--dry-run'], {
          ZONELOG_API_URL: api.url,
          ZONELOG_API_TOKEN: api.token,
        })
        assert.equal(status, 0, err)
        assert.match(err, /dry run: nothing was changed/, words)
        assert.match(out + err, says)
        if (words.includes('create') && !words.includes('zone')) assert.equal(out, '')
      }
      const after = await everythingOf(system)
      for (const [place, was] of before) assert.deepEqual(after.get(place), was, place)
    })
  })

  describe('are counted in the overview', () => {
    const overview = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`${api.url}/v1/overview`, { headers })
      assert.equal(answer.status, 200)
      return (await answer.json()) as OverviewJson
    }
    const whatOf = (alarms: OverviewJson['alarms'], wanted: string) =>
      alarms.find(({ key }) => key === wanted)?.what ?? ''
    const sumOf = (minutes: readonly MinuteActivity[]) =>
      minutes.reduce((sum, { applied, unchanged, refused }) => sum + applied + unchanged + refused, 0)
    /** The key has ended, and an edge refuses so many messages that were signed with it. */
    const signsOn = async (key: string, messages: Record<string, number>) => {
      const expires_at = new Date(Date.now() - 3_600_000)
      await system.db.updateTable('tsig_key').set({ expires_at }).where('name', '=', key).execute()
      const alike = { reason: 'tsig-badkey', rcode: 9, source: '192.0.2.7', auditId: '', detail: '' }
      const rows = Object.entries(messages).map(([zone, count]) => {
        return { ...alike, zone, count, claimedKey: key, firstAt: Date.now(), lastAt: Date.now() }
      })
      await insertRefusals(system.db, [{ reportId: randomUUID(), edgeId: 'edge', rows }])
    }
    let updates: number
    let limited: string
    before(async () => {
      updates = (await historyOf(system, zoneId)).filter(({ kind }) => kind === 'update').length
      await api.createZone('apart.test')
      const body = { changes: [add('x', '192.0.2.1')] }
      await api.post('/v1/zones/apart.test/changes', body)
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
      for (const name of ['ours', 'theirs', 'ended']) await api.post('/v1/keys', { name, expiresAt })
      await api.post('/v1/zones/example.com/rules', {
        rules: ['grant ours zonesub A', 'grant ended zonesub A'],
      })
      await signsOn('ended.', { 'example.com.': 2, 'apart.test.': 7 })
      const token = { name: 'limited', role: 'viewer', zones: ['example.com', 'never.test'] }
      limited = ((await api.post('/v1/tokens', token)) as { secret: string }).secret
    })

    it('of all zones', async () => {
      const { zones, minutes, alarms } = await overview(api.token)
      assert.ok(zones > 2)
      assert.ok(sumOf(minutes) > updates)
      assert.deepEqual(alarms.flatMap(({ key }) => key ?? []).toSorted(), ['ended.', 'ours.', 'theirs.'])
      assert.match(whatOf(alarms, 'ended.'), /9 messages refused/)
    })

    it('of those that a token is for: their updates, their alarms, their keys', async () => {
      const { zones, events, minutes, minutesFrom, alarms } = await overview(limited)
      assert.equal(zones, 1)
      assert.equal(events, (await api.get('/v1/zones/example.com')).seq)
      assert.deepEqual([sumOf(minutes), minutes.length, minutesFrom], [updates, 60, undefined])
      assert.deepEqual(
        alarms.flatMap(({ key }) => key ?? []),
        ['ended.', 'ours.'],
      )
      assert.match(whatOf(alarms, 'ended.'), /2 messages refused/)
    })

    it('of those alone: no token for some zones is told what adds up all zones', async () => {
      const read = async (path: string, token: string) => {
        const answer = await fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
        // what the writer that answers says of itself anybody may ask at /healthz
        const { health: _health, ...told } = (await answer.json()) as Record<string, unknown>
        return JSON.stringify(told)
      }
      const sums = /"(activity|verifier|lag|waiting|breaker|since)":/g
      const sumsIn = (text: string) => new Set([...text.matchAll(sums)].map(([, name]) => name))
      assert.ok(sumsIn(await read('/v1/status', api.token)).isSupersetOf(new Set(['activity', 'waiting'])))
      for (const path of ['/v1/status', '/v1/overview'])
        assert.deepEqual(sumsIn(await read(path, limited)), new Set(), path)
    })

    it('from when on, where a zone had more updates than are looked at', async () => {
      const names = ['example.com.', 'apart.test.']
      const since = new Date(Date.now() - HOUR_MS)
      const { minutes, from } = await activityOfZones(system.db, names, since, 3)
      assert.equal(sumOf(minutes), 3 + 1)
      const counted = (await historyOf(system, zoneId)).slice(-3)
      assert.equal(from, counted[0]!.decidedAt)
    })
  })

  it('leave a history that is whole, and that verifies', async () => {
    await historyIsWhole(system, zoneId)
    const lines = (
      await (
        await api.fetch('/v1/zones/example.com/verify', {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).text()
    )
      .trim()
      .split('\n')
    assert.equal(JSON.parse(lines.at(-1)!).ok, true, lines.at(-1))
  })
})

interface SentMessage {
  readonly id: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
  readonly data: any
}

function messageOf(text: string): SentMessage {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return { id: field('id'), data: JSON.parse(field('data')) }
}
