import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import { exportZone } from '../../services/zone-writer/admin/read-zones.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { BodyStalled, withTimeToCome, withTimeToTake } from '../../services/zone-writer/api/stalls.ts'
import { gathered } from '../../services/zone-writer/api/streams/gathered.ts'
import { Gone, LineTooLong, Turns } from '../../services/zone-writer/api/turns.ts'
import { compareNames, nameOf } from '../../shared/dns/name.ts'
import { freePort } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { adminApi, listOf, NOBODY } from './fixture.ts'
import { readOn, type SlowClient, slowClient } from './slow-client.ts'

type Api = Awaited<ReturnType<typeof adminApi>>

const HEAD = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

describe('zone files over the admin API', () => {
  let api: Api
  let port: number
  before(async () => {
    api = await adminApi()
    port = await freePort()
    await listenApi(api.app, { host: '127.0.0.1', port })
  })
  after(() => api.close())

  const put = async (url: string, payload: string | Readable, type = 'text/dns') => {
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': type }
    const answer = await api.app.inject({ method: 'PUT', url, headers, payload })
    return { status: answer.statusCode, body: answer.json() }
  }

  it('PUT of a zone creates it from a stream longer than any body, 201', async () => {
    const file = Readable.from(
      (function* () {
        yield HEAD
        for (let at = 0; at < 300; at++) yield `; ${'x'.repeat(9_998)}\n`
        yield 'www A 192.0.2.2'
      })(),
    )
    const { status, body } = await put('/v1/zones/stream.test?allowUpdate=10.0.0.0/8&allowUpdate=::1', file)
    assert.equal(status, 201)
    assert.equal(body.records, 4)
    assert.deepEqual(body.rules, ['grant ip:10.0.0.0/8 zonesub ANY', 'grant ip:::1 zonesub ANY'])
  })

  it('PUT of its contents replaces them, 200; 404 for one that is not there', async () => {
    await put('/v1/zones/put.test', HEAD)
    const { status, body } = await put('/v1/zones/put.test/contents', `${HEAD}a A 192.0.2.1\n`)
    assert.deepEqual([status, body.serialBefore, body.serial, body.added], [200, 5, 6, 1])
    const [event] = JSON.parse((await api.ask('GET', '/v1/zones/put.test/events')).text).events
    assert.deepEqual(
      [event.kind, event.reason, event.added],
      ['import', 'applied', ['a.put.test. 300 IN A 192.0.2.1']],
    )
    assert.equal((await put('/v1/zones/none.test/contents', HEAD)).status, 404)
  })

  it('409 for a zone that exists, before the file is read', async () => {
    await put('/v1/zones/exists.test', HEAD)
    let read = 0
    const endless = new Readable({
      read() {
        read++
        this.push('x'.repeat(1_000))
      },
    })
    const { status, body } = await put('/v1/zones/exists.test', endless)
    endless.destroy()
    assert.deepEqual([status, body.code], [409, 'zone-exists'])
    assert.ok(read < 10_000)
  })

  it('422 with every fault and its line; $INCLUDE is for the command line only', async () => {
    const { status, body } = await put(
      '/v1/zones/bad.test',
      `${HEAD}$INCLUDE /etc/passwd\na A 1\n$GENERATE 1-2 g$ A 192.0.2.$\n`,
    )
    assert.equal(status, 422)
    assert.deepEqual(
      body.errors.map(({ line }: { line: number }) => line),
      [5, 6],
    )
    assert.match(body.errors[0].message, /\$INCLUDE is not possible here: only `zonelog zone create --file`/)
    const json = await api.ask('POST', '/v1/zones', { name: 'bad.test', file: `${HEAD}$INCLUDE x\n` })
    assert.equal(json.status, 422)
  })

  it('415 for anything but a zone file', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const { status, body } = await put('/v1/zones/json.test', '{}', type)
      assert.equal(status, 415)
      assert.match(body.detail, /Content-Type: text\/dns/)
    }
  })

  it('a request that breaks off leaves nothing behind', async () => {
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'text/dns' }
    const request = httpRequest({ port, method: 'PUT', path: '/v1/zones/broken.test', headers })
    request.on('error', () => {})
    request.write(HEAD)
    await until('the zone-writer reads', async () => (await transactions(api)) > 0)
    request.destroy()
    await until('its transaction has ended', async () => (await transactions(api)) === 0)
    assert.equal((await api.ask('GET', '/v1/zones/broken.test')).status, 404)
  })

  it('clients that do not read what they asked for keep nobody from anything else, and each token from its own turns only', async (t) => {
    await putLargeZone(api)
    const other = JSON.parse((await api.ask('POST', '/v1/tokens', { name: 'slow', role: 'viewer' })).text)
    const paths = ['history', 'diff?from=%231&to=now', 'blame', 'export'].map(
      (path) => `/v1/zones/large.test/${path}`,
    )
    // what they read has to be indexed once, which may take its time
    for (const path of paths) assert.equal((await api.ask('GET', path)).status, 200)
    const readers = Array.from({ length: 68 }, (_, at) => read(api, paths[at % 4]!, other.secret))
    t.after(() => end(readers))
    const answers = () => readers.map(({ text }) => text.replace(/^HTTP.1.1 /, '').slice(0, 3)).toSorted()
    const told = [...Array.from({ length: 64 }, () => ''), '200', '200', '200', '503']
    await until('three are served, 64 wait, one is turned away', () => `${answers()}` === `${told}`).catch(
      () => assert.deepEqual(answers(), told),
    )
    const turnedAway = readers.find(({ text }) => text.startsWith('HTTP/1.1 503'))
    assert.match(turnedAway!.text, /retry-after: 10\r\n[\s\S]*"code":"too-busy"/i)
    for (const path of paths) assert.equal((await api.ask('GET', path)).status, 200)
    assert.equal((await put('/v1/zones/meanwhile.test', HEAD)).status, 201)
    end(readers)
    const again = await api.app.inject({
      url: paths[0]!,
      headers: { authorization: `Bearer ${other.secret}` },
    })
    assert.equal(again.statusCode, 200)
    await until('all transactions have ended', async () => (await transactions(api)) === 0)
  })

  it('HEAD of a long answer reads nothing for it', async () => {
    for (const path of ['history', 'blame', 'export']) {
      const headers = { authorization: `Bearer ${api.token}` }
      const answer = await api.app.inject({ method: 'HEAD', url: `/v1/zones/large.test/${path}`, headers })
      assert.deepEqual([answer.statusCode, answer.body, await transactions(api)], [200, '', 0])
    }
  })

  it('turns: those who wait come in order, those who hang up leave the line, and one token takes neither all turns nor all places', async () => {
    const turns = new Turns({ most: 3, mostOfOne: 2, longestLine: 3, longestLineOfOne: 2 })
    const ends = [await turns.take('a'), await turns.take('a')]
    const gone = new AbortController()
    const waiting = [turns.take('a', gone.signal), turns.take('a')] as const
    await assert.rejects(turns.take('a'), LineTooLong)
    const ofOther = await turns.take('b')
    const third = turns.take('b')
    await assert.rejects(turns.take('c'), LineTooLong)
    gone.abort()
    await assert.rejects(waiting[0], Gone)
    ofOther()
    ends.push(await third)
    ends[0]!()
    ends.push(await waiting[1])
    await assert.rejects(turns.take('c', AbortSignal.abort()), Gone)
    for (const end of ends.slice(1)) end()
    await turns.take('c')
  })

  it('turns: unless told otherwise one token leaves others a turn and most of the line', async () => {
    const turns = new Turns({ most: 2 })
    await turns.take('a')
    const waiting = Array.from({ length: 16 }, () => turns.take('a'))
    await assert.rejects(turns.take('a'), LineTooLong)
    const end = await turns.take('b')
    end()
    assert.equal(await Promise.race([...waiting, 'still waiting']), 'still waiting')
  })

  it('a body that comes octet by octet is given up, however short the pauses are', async () => {
    const drip = Readable.from(
      (async function* () {
        while (true) yield await delay(1, Buffer.from(' '))
      })(),
    )
    const pieces = withTimeToCome(drip, 60_000, { octetsPerSecond: 16 << 10, graceMs: 20 })
    await assert.rejects(async () => {
      for await (const _ of pieces);
    }, BodyStalled)
  })

  it('a reader that takes a bit now and then is given up, however fast it was before', async () => {
    const pieces = (async function* () {
      while (true) yield 'x'.repeat(16 << 10)
    })()
    let isLate = false
    const late = () => {
      isLate = true
    }
    let taken = 0
    for await (const _ of withTimeToTake(pieces, 100, late, 16 << 20)) {
      taken++
      // a second in advance, were it kept
      if (taken < 1_000) continue
      await delay(10)
      if (isLate) break
    }
    assert.ok(isLate)
  })

  it('what is one line of many octets is sent in parts, and no character is torn', async () => {
    const line = `${'\u{1F310}'.repeat(100_000)}x\n`
    for (const shift of ['', 'y']) {
      const parts: string[] = []
      for await (const part of gathered(Readable.from([shift, line]))) parts.push(part)
      assert.ok(parts.length > 3)
      assert.equal(parts.map((part) => Buffer.from(part).toString()).join(''), shift + line)
    }
  })

  describe('of a writer with little patience', () => {
    let hasty: Api
    let ahead = 0
    before(async () => {
      hasty = await adminApi((admin) => ({ ...admin, now: () => Date.now() + ahead }), { stallMs: 500 })
      await putLargeZone(hasty)
    })
    after(() => hasty?.close())

    it('a reader that takes nothing is cut off, a sender that sends nothing is told and cut off, and neither leaves anything', async () => {
      const reader = read(hasty, '/v1/zones/large.test/export', hasty.token)
      const sender = slowClient(
        hasty.app.server,
        [
          ...['PUT /v1/zones/half.test HTTP/1.1', 'host: x', `authorization: Bearer ${hasty.token}`],
          ...['content-type: text/dns', 'content-length: 10000'],
        ],
        HEAD,
      )
      readOn(sender)
      await until('both are given up', () => reader.isCut && sender.isCut)
      assert.match(reader.text, /^HTTP\/1.1 200/)
      assert.match(sender.text, /^HTTP\/1.1 408[\s\S]*connection: close[\s\S]*"code":"body-stalled"/i)
      await until('their transactions have ended', async () => (await transactions(hasty)) === 0)
      assert.equal((await hasty.ask('GET', '/v1/zones/half.test')).status, 404)
    })

    it('who takes too long for live history is told so, and may resume', async () => {
      await hasty.app.inject({
        method: 'PUT',
        url: '/v1/zones/large.test/contents',
        headers: { authorization: `Bearer ${hasty.token}`, 'content-type': 'text/dns' },
        payload: HEAD,
      })
      const follower = read(hasty, '/v1/zones/large.test/events/stream?after=0', hasty.token)
      await until('much waits to be read', () => follower.connection.readableLength > 65_536)
      await delay(600)
      readOn(follower)
      await until('it is cut', () => follower.isCut)
      assert.match(follower.text, /event: too-slow\ndata: \{"detail":"Resume with Last-Event-ID\."\}\n\n/)
      const [last] = [...follower.text.matchAll(/^id: (\d+)$/gm)].at(-1)!.slice(1)
      const resumed = read(hasty, `/v1/zones/large.test/events/stream?after=${Number(last) - 1}`, hasty.token)
      readOn(resumed)
      await until('it is where it was', () => resumed.text.includes(`id: ${last}\n`))
      end([resumed])
    })

    it('who goes before live history begins leaves no stream that would count', async () => {
      const path = '/v1/zones/large.test/events/stream'
      for (let turn = 0; turn < 25; turn++) {
        const leaving = read(hasty, path, hasty.token)
        await new Promise(setImmediate)
        end([leaving])
      }
      // all of them were looked at by then
      for (let turn = 0; turn < 25; turn++) await hasty.ask('GET', '/v1/zones')
      const follower = read(hasty, path, hasty.token)
      await until('it is answered', () => follower.text !== '')
      assert.match(follower.text, /^HTTP\/1.1 200/)
      end([follower])
    })

    it('whose token is revoked gets nothing of what happens then', async () => {
      const path = '/v1/zones/small.test/events/stream?after=0'
      const put = (contents: string) =>
        hasty.app.inject({
          method: 'PUT',
          url: `/v1/zones/small.test${contents === HEAD ? '' : '/contents'}`,
          headers: { authorization: `Bearer ${hasty.token}`, 'content-type': 'text/dns' },
          payload: contents,
        })
      await put(HEAD)
      const made = await hasty.ask('POST', '/v1/tokens', { name: 'listener', role: 'viewer' })
      const followers = ['stream', 'follow'].map((way) =>
        read(hasty, path.replace('stream', way), JSON.parse(made.text).secret),
      )
      for (const follower of followers) readOn(follower)
      await until('both have the first', () => followers.every(({ text }) => text.includes('small.test')))
      assert.equal((await hasty.ask('DELETE', '/v1/tokens/listener')).status, 200)
      ahead += 6_000
      await put(`${HEAD}later A 192.0.2.9\n`)
      await until('both are cut', () => followers.every(({ isCut }) => isCut))
      assert.match(followers[0]!.text, /event: token-ended\ndata: \{\}\n\n/)
      for (const { text } of followers) assert.doesNotMatch(text, /later/)
    })
  })

  async function putLargeZone(to: Api): Promise<void> {
    const text = Array.from({ length: 100 }, () => `"${'x'.repeat(250)}"`).join(' ')
    const lines = Array.from({ length: 24 }, (_, at) => `t${at} TXT ${text}\n`).join('')
    const headers = { authorization: `Bearer ${to.token}`, 'content-type': 'text/dns' }
    const [zone, contents] = ['/v1/zones/large.test', '/v1/zones/large.test/contents']
    const created = await to.app.inject({ method: 'PUT', url: zone, headers, payload: HEAD })
    const filled = await to.app.inject({ method: 'PUT', url: contents, headers, payload: HEAD + lines })
    assert.deepEqual([created.statusCode, filled.statusCode], [201, 200])
  }

  function read(from: Api, path: string, token: string): SlowClient {
    const head = [`GET ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${token}`]
    return slowClient(from.app.server, head)
  }

  function end(readers: readonly SlowClient[]): void {
    for (const { connection } of readers) connection.destroy()
  }

  async function transactions({ db }: Api): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`.execute(db)
    return rows[0]!.count
  }

  describe('RFC 4034 §6.1: an export', () => {
    const names = [
      '',
      'a',
      '\\*',
      '*',
      'Z',
      'z.a',
      'a.z',
      'yljkjljk.a',
      'Z.a',
      '\\001.z',
      '\\200.z',
      '\\000.\\002.a',
      'a\\.b',
      'a-b',
      'a\\.b.c',
      'b\\\\',
      '\\046a',
      '_x._tcp',
      '\\255',
      '\\003',
      '\\002b',
      'c.b.a.b.c',
    ]
    it('is in canonical order whatever the names, and imports to the same zone', async () => {
      for (const zone of ['order.test.', 'a\\.b.c.']) {
        const lines = names.map((name) => (name === '' ? '' : `${name} A 192.0.2.1\n`)).join('')
        const path = `/v1/zones/${encodeURIComponent(zone)}`
        assert.equal((await put(path, HEAD + lines)).status, 201)
        const { text } = await api.ask('GET', `${path}/export`)
        assert.ok(text.endsWith('\n; end\n'))
        const owners = text
          .split('\n')
          .slice(0, -2)
          .map((line) => nameOf(line.split(' ')[0]!))
        assert.deepEqual(owners, owners.toSorted(compareNames))
        const again = await put(`${path}/contents`, text)
        assert.deepEqual(
          [again.status, again.body.removed, again.body.added, again.body.serial],
          [200, 0, 0, 5],
        )
      }
    })

    it('is so for the root zone', async () => {
      const file = [names.map((name) => `${name}. 60 A 192.0.2.1\n`.replace(/^\./, 'ns1.')).join(''), HEAD]
      const { admin, db } = api
      const created = await createZone(admin, { name: '.', file, allowUpdate: [], ...NOBODY })
      assert.ok(created.ok)
      const exported = await exportZone(db, '.')
      assert.ok(exported.ok)
      const owners = (await listOf(exported.value)).map((line) => nameOf(line.split(' ')[0]!))
      assert.deepEqual(owners, owners.toSorted(compareNames))
    })
  })
})
