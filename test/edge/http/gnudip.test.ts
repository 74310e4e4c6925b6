import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { saltedDigest } from '../../../services/edge/http-updates/gnudip/password.ts'
import { SignedSalts } from '../../../services/edge/http-updates/gnudip/salts.ts'
import { requestOf } from '../../../services/edge/http-updates/gnudip/tcp-server.ts'
import { freePort } from '../../support/infrastructure.ts'
import { HttpSystem } from './http-system.ts'

// The protocol of gnudip2.sourceforge.net, which is off unless it is turned on.

let http: HttpSystem
let port: number
before(async () => {
  port = await freePort()
  http = await HttpSystem.start(['dip.example'], ['grant customers name customers A AAAA'], {
    ZONELOG_GNUDIP_LISTEN: `127.0.0.1:${port}`,
    ZONELOG_GNUDIP_HTTP: 'yes',
    // the clients of this protocol have addresses of this machine
    ZONELOG_HTTP_UPDATE_ADDRESSES: 'any',
  })
})
after(() => http?.close())

/** A client that makes its line of the salt that it gets; all that it is told then. */
function tcp(line: (salt: string) => string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let text = ''
  let salt: string | undefined
  socket.on('data', (chunk) => {
    text += chunk
    if (salt !== undefined || !text.includes('\n')) return
    salt = text.trim()
    text = ''
    socket.write(line(salt))
  })
  socket.on('error', () => {})
  socket.on('close', () => resolve(text))
  return promise
}

const ask = (rest: string, { user = 'customers', password = http.secret } = {}) =>
  tcp((salt) => `${user}:${saltedDigest(password, salt)}:${rest}\n`)
const host = async (type = 'A') => await http.records('customers.dip.example.', type)

describe('the digest of GnuDIP', () => {
  it('is MD5 of the hexadecimal MD5, a period and the salt', () =>
    assert.equal(saltedDigest('bob', '3mzZdlXFEP'), '28511c7acd8ce5b906ca6919ee4b1b73'))
  it('has a line around it, whose address may have colons', () => {
    const line = requestOf('u:d:z:0:2001:db8::1', 's')
    assert.deepEqual(line, {
      user: 'u',
      digest: 'd',
      salt: 's',
      domain: 'z',
      request: '0',
      address: '2001:db8::1',
    })
    assert.equal(requestOf('u:d:z', 's'), undefined)
  })
})

describe('GnuDIP over TCP', () => {
  it('registers an address, tells that of the sender, and goes offline', async () => {
    assert.equal(await ask('dip.example:0:192.0.2.7'), '0\n')
    assert.equal(await host(), '192.0.2.7')
    assert.equal(await ask('dip.example:0:2001:db8::7'), '0\n')
    assert.deepEqual([await host(), await host('AAAA')], ['192.0.2.7', '2001:db8::7'])
    assert.equal(await ask('dip.example:2'), '0:127.0.0.1\n')
    assert.equal(await host(), '127.0.0.1')
    assert.equal(await ask('dip.example:1'), '2\n')
    assert.deepEqual([await host(), await host('AAAA')], ['', ''])
    const [event] = await http.events('dip.example')
    assert.deepEqual([event!.by, event!.transport], ['key:customers.', 'http'])
  })
  it('says 1 to everything that will not be, and changes nothing', async () => {
    const before = (await http.events('dip.example')).length
    for (const answer of [
      await ask('dip.example:0:192.0.2.7', { password: 'wrong' }),
      await ask('dip.example:0:192.0.2.7', { user: 'nobody' }),
      await ask('elsewhere.example:0:192.0.2.7'),
      await ask('dip.example:7'),
      await ask('dip.example:0:not-an-address'),
      await tcp(() => 'hello\n'),
      await tcp(() => `customers:${'0'.repeat(32)}:dip.example:0:192.0.2.7\n`),
      await tcp(() => 'x'.repeat(5_000)),
    ])
      assert.equal(answer, '1\n')
    assert.equal((await http.events('dip.example')).length, before)
  })
})

describe('GnuDIP over HTTP', () => {
  const PATH = '/gnudip/cgi-bin/gdipupdt.cgi'
  const metas = (body: string) =>
    Object.fromEntries(
      [...body.matchAll(/<meta name="(\w+)" content="([^"]*)">/g)].map(([, name, value]) => [name!, value!]),
    )
  const salted = async (from: string) => metas((await http.ask(PATH, { from })).body)
  const from = '192.0.2.71'
  const query = (parts: Record<string, string>, reqc: string, addr?: string) => {
    const { salt, time, sign } = parts
    const pass = saltedDigest(http.secret, salt!)
    const own = { salt: salt!, time: time!, sign: sign!, user: 'customers', pass, domn: 'dip.example', reqc }
    return `${PATH}?${new URLSearchParams({ ...own, ...(addr === undefined ? {} : { addr }) })}`
  }

  it('gives a salt, and takes the request that comes with it, once', async () => {
    const target = query(await salted(from), '0', '192.0.2.72')
    assert.deepEqual(metas((await http.ask(target, { from })).body), { retc: '0' })
    assert.equal(await host(), '192.0.2.72')
    assert.deepEqual(metas((await http.ask(target, { from })).body), { retc: '1' })
    const own = query(await salted(from), '2')
    assert.deepEqual(metas((await http.ask(own, { from })).body), { retc: '0', addr: from })
    assert.deepEqual(metas((await http.ask(query(await salted(from), '1'), { from })).body), { retc: '2' })
    assert.equal(await host(), '')
  })
  it('believes no salt that it did not give, and none that is old', async () => {
    const { salt, time } = await salted(from)
    const forged = query({ salt: salt!, time: time!, sign: '0'.repeat(32) }, '0', '192.0.2.72')
    assert.deepEqual(metas((await http.ask(forged, { from })).body), { retc: '1' })
    const clock = { now: 1_000_000 }
    const salts = new SignedSalts(() => clock.now)
    const [first, second] = [salts.give(), salts.give()]
    assert.deepEqual([salts.take(first), salts.take(first)], [true, false])
    clock.now += 62_000
    assert.equal(salts.take(second), false)
  })
})
