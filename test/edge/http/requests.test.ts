import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, it } from 'node:test'
import { addressRefusal } from '../../../services/edge/http-updates/accepted-address.ts'
import { LockOut } from '../../../services/edge/http-updates/credentials/lock-out.ts'
import { MOST_OF_ONE_SENDER } from '../../../services/edge/http-updates/server/connections.ts'
import { closeServer, listen, plainServer } from '../../../services/edge/http-updates/server/servers.ts'
import { MOST_PARAMETERS, readTarget } from '../../../services/edge/http-updates/server/target.ts'
import { RequestIds } from '../../../services/edge/http-updates/submit/request-ids.ts'
import { parseRange } from '../../../shared/config/answers.ts'
import { loadConfig } from '../../../shared/config.ts'
import { cameByTls, clientAddress } from '../../../shared/http/client-address.ts'
import { metricsRefusal } from '../../../shared/http/metrics-access.ts'
import { addressOctets } from '../../../shared/rules/address-range.ts'
import { until } from '../../support/until.ts'

describe('the target of a request line, as routers write it', () => {
  for (const [written, path] of [
    ['/nic/update', '/nic/update'],
    ['//nic/update', '/nic/update'],
    ['/\\/nic/update', '/nic/update'],
    ['nic/update', '/nic/update'],
    ['/nic/update/', '/nic/update'],
    ['http://members.dyndns.org/nic/update', '/nic/update'],
    ['HTTPS://members.dyndns.org:8245/nic/update', '/nic/update'],
    ['/nic/update#top', '/nic/update'],
    ['/', '/'],
    ['', '/'],
  ] as const)
    it(`${JSON.stringify(written)} is ${path}`, () => assert.equal(readTarget(written).path, path))

  it('keeps parameters, also behind a second question mark', () =>
    assert.deepEqual(
      [...readTarget('/nic/update?hostname=a.example?myip=192.0.2.1').query],
      [
        ['hostname', 'a.example'],
        ['myip', '192.0.2.1'],
      ],
    ))

  it('is read up to a hundred parameters, however many a stranger sends', () => {
    const { query, isCut } = readTarget(`/nic/update?${'a&'.repeat(30_000)}`)
    assert.deepEqual([query.size, isCut], [MOST_PARAMETERS, true])
    assert.equal(readTarget(`/nic/update?${'a=1&'.repeat(MOST_PARAMETERS - 1)}b=2`).isCut, false)
  })
})

describe('X-Forwarded-For', () => {
  const proxies = ['10.0.0.0/8', 'fd00::/8'].map(parseRange)
  const of = (address: string, forwarded?: string) =>
    clientAddress({ address, port: 4711 }, forwarded, proxies).address

  it('is nothing from somebody who is no proxy', () =>
    assert.equal(of('198.51.100.7', '192.0.2.1'), '198.51.100.7'))
  it('is believed from a proxy', () => assert.equal(of('10.0.0.1', '192.0.2.1'), '192.0.2.1'))
  it('gives the rightmost that is no proxy: the client wrote what stands before', () =>
    assert.equal(of('10.0.0.1', '203.0.113.66, 192.0.2.1, 10.9.9.9'), '192.0.2.1'))
  it('is read with ports and brackets', () => {
    assert.equal(of('fd00::1', '[2001:db8::7]:443'), '2001:db8::7')
    assert.equal(of('10.0.0.1', '192.0.2.1:1234'), '192.0.2.1')
  })
  it('counts for nothing from what is no address on', () =>
    assert.equal(of('10.0.0.1', '192.0.2.1, unknown, 10.9.9.9'), '10.9.9.9'))
  it('gives, where all are proxies, the one that the nearest proxy wrote, not what the client did', () =>
    assert.equal(of('10.0.0.1', '10.1.1.1, 10.8.8.8, 10.9.9.9'), '10.9.9.9'))
  it('is of IPv4 where the socket says it in the form of IPv6', () =>
    assert.equal(of('::ffff:10.0.0.1', '::ffff:192.0.2.1'), '192.0.2.1'))
})

describe('X-Forwarded-Proto', () => {
  const proxies = ['10.0.0.0/8'].map(parseRange)
  const byTls = (remoteAddress: string, said?: string) =>
    cameByTls(incoming(remoteAddress, said === undefined ? {} : { 'x-forwarded-proto': said }), proxies)

  it('is believed from a trusted proxy, and of several words the last, which that one wrote', () => {
    assert.deepEqual(
      ['https', 'HTTPS', 'http, https', 'https, http', undefined].map((said) => byTls('10.0.0.1', said)),
      [true, true, true, false, false],
    )
  })
  it('is nothing from somebody who is no proxy', () => assert.equal(byTls('127.0.0.1', 'https'), false))
})

describe('/metrics', () => {
  const proxies = ['10.0.0.0/8', '127.0.0.5'].map(parseRange)
  const { metricsAccess } = loadConfig({ ZONELOG_METRICS_TOKEN: 'sixteen-letters-' })
  const ASKED: readonly [title: string, from: string, headers: IncomingHttpHeaders, refused?: string][] = [
    ['is open to this machine', '127.0.0.9', {}],
    ['by IPv6 too, however the socket writes the address', '::ffff:127.0.0.1', {}],
    ['is not to others', '192.0.2.7', {}, 'missing'],
    ['nor to whom a proxy speaks for', '10.0.0.1', { 'x-forwarded-for': '192.0.2.7' }, 'missing'],
    ['who calls himself this machine', '10.0.0.1', { 'x-forwarded-for': '127.0.0.1, 192.0.2.7' }, 'missing'],
    ['nor by a proxy here that nobody named', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, 'missing'],
    ['whatever header it adds', '::1', { via: '1.1 squid' }, 'missing'],
    ['nor by a trusted one here that tells nobody', '127.0.0.5', { via: '1.1 squid' }, 'missing'],
    ['or tells it elsewhere', '127.0.0.5', { forwarded: 'for=127.0.0.1', 'x-real-ip': '::1' }, 'missing'],
    ['or says what is no address', '127.0.0.5', { 'x-forwarded-for': 'unknown' }, 'missing'],
    ['in part', '127.0.0.5', { 'x-forwarded-for': 'unix:, 127.0.0.5' }, 'missing'],
    [
      'nor to what a client in the trusted range wrote',
      '10.0.0.1',
      { 'x-forwarded-for': '127.0.0.5, 10.9.9.9' },
      'missing',
    ],
    ['is to a trusted one here that asks for itself', '127.0.0.5', {}],
    ['is to whom a proxy here speaks for', '10.0.0.1', { 'x-forwarded-for': '127.0.0.1' }],
    ['and to who has the token', '192.0.2.7', { authorization: 'Bearer sixteen-letters-' }],
    ['but no other', '192.0.2.7', { authorization: 'Bearer sixteen-letters-x' }, 'unknown'],
    ['in no other way', '192.0.2.7', { authorization: 'Basic c2l4dGVlbi1sZXR0ZXJzLQ==' }, 'missing'],
  ]
  for (const [title, from, headers, refused] of ASKED)
    it(title, () => assert.equal(metricsRefusal(incoming(from, headers), metricsAccess, proxies), refused))

  it('is open to the networks that are named, and with `none` to nobody without the token', () => {
    const access = (from: string) => loadConfig({ ZONELOG_METRICS_FROM: from }).metricsAccess
    const asked = (by: string, from: string) => metricsRefusal(incoming(by, {}), access(from), [])
    assert.equal(asked('192.0.2.7', '192.0.2.0/24,::1'), undefined)
    assert.equal(asked('127.0.0.1', '192.0.2.0/24,::1'), 'missing')
    assert.equal(asked('127.0.0.1', 'none'), 'missing')
  })
})

function incoming(remoteAddress: string, headers: IncomingHttpHeaders): IncomingMessage {
  return { socket: { remoteAddress, remotePort: 4711 }, headers } as IncomingMessage
}

describe('a lock-out', () => {
  const clock = { now: 0 }
  const fail = (lockOut: LockOut, network: string, user: string, times: number) => {
    for (let i = 0; i < times; i++) lockOut.failed(network, user, `wrong ${i}`)
  }

  it('makes a user of one network wait after five wrong passwords, twice as long after each further one', () => {
    const lockOut = new LockOut(() => clock.now)
    fail(lockOut, '192.0.2.1', 'home', 4)
    assert.equal(lockOut.waitMs('192.0.2.1', 'home'), 0)
    const waits = [5, 6, 7, 8].map(() => {
      fail(lockOut, '192.0.2.1', 'home', 1)
      return lockOut.waitMs('192.0.2.1', 'HOME') / 1_000
    })
    assert.deepEqual(waits, [30, 60, 120, 240])
  })

  it('does not touch the same user elsewhere', () => {
    const lockOut = new LockOut(() => clock.now)
    fail(lockOut, '192.0.2.1', 'home', 50)
    assert.equal(lockOut.waitMs('198.51.100.1', 'home'), 0)
  })

  it('stops one network that tries one user after another', () => {
    const lockOut = new LockOut(() => clock.now)
    for (let i = 0; i < 20; i++) lockOut.failed('192.0.2.1', `user${i}`, `guess ${i}`)
    assert.ok(lockOut.waitMs('192.0.2.1', 'another') > 0)
  })

  it('does not stop a network for one device that repeats one wrong password', () => {
    const lockOut = new LockOut(() => clock.now)
    for (let i = 0; i < 500; i++) lockOut.failed('192.0.2.1', 'router', 'the same')
    assert.equal(lockOut.waitMs('192.0.2.1', 'neighbour'), 0)
    assert.equal(lockOut.waitMs('192.0.2.1', 'router'), 15 * 60_000)
  })

  it('is not begun anew by whoever sits the longest one out; a day later it is', () => {
    const lockOut = new LockOut(() => clock.now)
    for (let i = 0; i < 40; i++) lockOut.failed('192.0.2.1', `user${i}`, `guess ${i}`)
    assert.equal(lockOut.waitMs('192.0.2.1', 'another'), 60 * 60_000)
    clock.now += 60 * 60_000 + 1
    assert.equal(lockOut.waitMs('192.0.2.1', 'another'), 0)
    lockOut.failed('192.0.2.1', 'another', 'guess')
    assert.equal(lockOut.waitMs('192.0.2.1', 'another'), 60 * 60_000)
    clock.now += 25 * 60 * 60_000
    lockOut.failed('192.0.2.1', 'another', 'guess')
    assert.equal(lockOut.waitMs('192.0.2.1', 'another'), 0)
  })

  it('ends', () => {
    const lockOut = new LockOut(() => clock.now)
    fail(lockOut, '192.0.2.1', 'home', 5)
    clock.now += 30_001
    assert.equal(lockOut.waitMs('192.0.2.1', 'home'), 0)
  })
})

describe('the connections of a server', () => {
  const opened = async (isProxy: boolean) => {
    let dropped = 0
    const server = plainServer((_, response) => response.end(), {
      onMalformed: () => {},
      onDropped: () => {
        dropped += 1
      },
      isProxy: () => isProxy,
    })
    let came = 0
    server.on('connection', () => {
      came += 1
    })
    await listen(server, { host: '127.0.0.1', port: 0 }, '')
    const { port } = server.address() as AddressInfo
    const sockets = Array.from({ length: MOST_OF_ONE_SENDER + 5 }, () =>
      connect(port, '127.0.0.1').on('error', () => {}),
    )
    try {
      await until('the server has seen all', () => came === sockets.length)
      // whose request is answered has its place, and then it is free again
      const places = async () => {
        const answers = sockets.map(async (socket) => {
          let octets = 0
          socket.on('data', (chunk) => {
            octets += chunk.length
          })
          socket.write('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')
          if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
          return octets > 0
        })
        return (await Promise.all(answers)).filter(Boolean).length
      }
      const answered = await places()
      const again = await fetch(`http://127.0.0.1:${port}/`)
      return [answered, dropped, again.status]
    } finally {
      for (const socket of sockets) socket.destroy()
      await closeServer(server)
    }
  }

  it('are so many of one sender; one more is closed, and counted', async () =>
    assert.deepEqual(await opened(false), [MOST_OF_ONE_SENDER, 5, 200]))
  it('of a trusted proxy are not counted as one sender', async () =>
    assert.deepEqual(await opened(true), [MOST_OF_ONE_SENDER + 5, 0, 200]))
})

describe('P2: the id of a request', () => {
  it('is the same while the outcome of the same request is awaited', () => {
    const ids = new RequestIds()
    const take = (content: string) => ids.take(content, [`name of ${content}`]).id
    assert.equal(take('a'), take('a'))
    assert.notEqual(take('a'), take('b'))
    assert.equal(take('a'), take('a'))
  })

  it('is another one afterwards: an address that came back is taken', () => {
    const ids = new RequestIds()
    const [first, second] = [ids.take('a', ['host']), ids.take('a', ['host'])]
    first.settled()
    second.settled()
    assert.notEqual(ids.take('a', ['host']).id, first.id)
  })

  it('is another one once something else was asked of one of its names, settled or not', () => {
    const ids = new RequestIds()
    const first = ids.take('x', ['host', 'other'])
    const between = ids.take('y', ['host'])
    const third = ids.take('x', ['host', 'other'])
    assert.notEqual(third.id, first.id)
    first.settled()
    between.settled()
    assert.equal(ids.take('x', ['host', 'other']).id, third.id)
    ids.take('z', ['other']).settled()
    assert.notEqual(ids.take('x', ['host', 'other']).id, third.id)
  })
})

describe('addresses', () => {
  const why = (text: string, accepted: 'unicast' | 'public' | 'any') =>
    addressRefusal(addressOctets(text)!, accepted)

  it('that no host has are not taken unless any is', () => {
    for (const text of [
      '0.0.0.0',
      '127.0.0.1',
      '169.254.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'ff02::1',
      '::ffff:192.0.2.1',
    ]) {
      assert.notEqual(why(text, 'unicast'), undefined, text)
      assert.notEqual(why(text, 'public'), undefined, text)
      assert.equal(why(text, 'any'), undefined, text)
    }
  })

  it('of private networks are taken unless only public ones are', () => {
    for (const text of [
      '10.0.0.1',
      '192.168.178.20',
      '172.31.255.255',
      '100.64.0.1',
      '192.0.2.1',
      'fd00::1',
    ]) {
      assert.equal(why(text, 'unicast'), undefined, text)
      assert.notEqual(why(text, 'public'), undefined, text)
    }
  })

  it('of the Internet are taken', () => {
    for (const text of ['8.8.8.8', '172.32.0.1', '2a00:1450::1']) assert.equal(why(text, 'public'), undefined)
  })
})
