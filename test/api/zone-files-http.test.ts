import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import { exportZone } from '../../services/zone-writer/admin/read-zones.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { BodyStalled, withTimeToCome, withTimeToTake } from '../../services/zone-writer/api/stalls.ts'
import { compareNames, nameOf } from '../../shared/dns/name.ts'
import { freePort } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { adminApi, listOf, NOBODY } from './fixture.ts'

const HEAD = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

describe('zone files over the admin API', () => {
  let api: Awaited<ReturnType<typeof adminApi>>
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
    await until('the zone-writer reads', async () => (await transactions()) > 0)
    request.destroy()
    await until('its transaction has ended', async () => (await transactions()) === 0)
    assert.equal((await api.ask('GET', '/v1/zones/broken.test')).status, 404)
  })

  it('clients that do not read what they asked for keep nobody from anything else, and from their turn only so many', async (t) => {
    const text = Array.from({ length: 100 }, () => `"${'x'.repeat(250)}"`).join(' ')
    const lines = Array.from({ length: 200 }, (_, at) => `t${at} TXT ${text}\n`).join('')
    assert.equal((await put('/v1/zones/large.test', HEAD)).status, 201)
    assert.equal((await put('/v1/zones/large.test/contents', HEAD + lines)).status, 200)
    const paths = ['history', 'diff?from=%231&to=now', 'blame', 'export'].map(
      (path) => `/v1/zones/large.test/${path}`,
    )
    const heads: string[] = []
    const readers = Array.from({ length: 24 }, (_, at) => {
      const reader = connect(port, '127.0.0.1')
      reader.on('error', () => {})
      reader.once('readable', () => heads.push(String(reader.read(600) ?? reader.read())))
      reader.write(
        `GET ${paths[at % paths.length]} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.token}\r\n\r\n`,
      )
      return reader
    })
    t.after(() => {
      for (const reader of readers) reader.destroy()
    })
    const turnedAway = () => heads.filter((head) => head.startsWith('HTTP/1.1 503'))
    await until('four are served, sixteen wait', () => turnedAway().length === 4)
    for (const head of turnedAway()) assert.match(head, /retry-after: 10\r\n[\s\S]*"code":"too-busy"/i)
    assert.equal((await api.ask('GET', '/v1/zones')).status, 200)
    assert.equal((await put('/v1/zones/meanwhile.test', HEAD)).status, 201)
    for (const reader of readers) reader.destroy()
    await until('those who have gone are out of the line', async () => {
      return (await api.ask('GET', paths[0]!)).status === 200
    })
    for (const path of paths) assert.equal((await api.ask('GET', path)).status, 200)
    await until('all transactions have ended', async () => (await transactions()) === 0)
  })

  it('a reader that takes nothing, and a sender that sends nothing, are not waited for', async () => {
    const pieces = withTimeToTake(piecesOnDemand(), 10, () => void pieces.return(undefined))
    assert.equal((await pieces.next()).value, 'piece')
    const silent = new Readable({ read() {} })
    silent.push('half')
    const body = withTimeToCome(silent, 10)
    assert.equal(String((await body.next()).value), 'half')
    await assert.rejects(body.next(), BodyStalled)
    await until('the reader is given up', async () => ended)
  })

  let ended = false
  async function* piecesOnDemand() {
    try {
      while (true) yield 'piece'
    } finally {
      ended = true
    }
  }

  async function transactions(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`.execute(api.db)
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
        const owners = text
          .trim()
          .split('\n')
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
