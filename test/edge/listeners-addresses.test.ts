import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Listener } from '../../services/edge/listeners/listener.ts'
import { localAddresses } from '../../services/edge/listeners/local-addresses.ts'
import { listenTcp } from '../../services/edge/listeners/tcp.ts'
import { listenUdp, type UdpOptions } from '../../services/edge/listeners/udp.ts'
import { frame } from '../../shared/dns/frame-reader.ts'
import { silentLogger } from '../../shared/log.ts'
import { plainAddress } from '../../shared/plain-address.ts'

const log = silentLogger()
const echo = async (message: Uint8Array) => message
const open: { close(): unknown }[] = []
after(() => Promise.all(open.map((each) => each.close())))

async function listen(more: Partial<UdpOptions> & { host?: string } = {}): Promise<Listener> {
  const { host = '0.0.0.0', ...options } = more
  const listener = await listenUdp({
    endpoints: [{ host, port: 0 }],
    handle: echo,
    log,
    graceMs: 100,
    addressCheckMs: 60_000,
    ...options,
  })
  open.push(listener)
  return listener
}

/** The address that the answer comes from when this one is asked. */
async function answersFrom(listener: Listener, address: string, withinMs = 20_000): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(withinMs) })
    socket.send('x', listener.endpoints[0]!.port, address)
    const [, from] = await answered
    return from.address
  } finally {
    socket.close()
  }
}

/** Asks again after silence: what waits in a socket that is being closed is lost, as datagrams may be. */
async function untilItAnswersFrom(listener: Listener, address: string, from: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answered = await answersFrom(listener, address, 500).catch((error: Error) => error.name)
    if (answered === from) return
    await delay(20)
  }
  assert.fail(`${address} does not answer from ${from}`)
}

describe('RFC 2181 §4: UDP answers leave from the address that was asked', () => {
  const aliases = () => ['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1']

  for (const [host, addresses] of [
    ['127.0.0.2', ['127.0.0.2']],
    ['0.0.0.0', ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
    ['::', ['127.0.0.1', '127.0.0.2', '::1']],
  ] as const)
    it(`listening on ${host}`, async () => {
      const listener = await listen({ host, addresses: aliases })
      for (const address of addresses) assert.equal(await answersFrom(listener, address), address)
    })
  it('at every address that this machine has, link-local ones included', async () => {
    const listener = await listen({ host: '::' })
    for (const address of localAddresses()) assert.equal(await answersFrom(listener, address), address)
  })
  it('0.0.0.0 and [::] side by side', async () => {
    const { port } = (await listen({ host: '127.0.0.9' })).endpoints[0]!
    await (open.pop() as Listener).close()
    const endpoints = ['::', '0.0.0.0'].map((host) => ({ host, port }))
    const listener = await listen({ endpoints, addresses: aliases })
    for (const address of aliases()) assert.equal(await answersFrom(listener, address), address)
  })
  it('an address named beside the wildcard, such as one of 127.0.0.0/8 that no interface lists', async () => {
    const { port } = (await listen({ host: '127.0.0.9' })).endpoints[0]!
    await (open.pop() as Listener).close()
    const endpoints = ['127.0.0.53', '0.0.0.0'].map((host) => ({ host, port }))
    const listener = await listen({ endpoints })
    for (const address of ['127.0.0.53', '127.0.0.1'])
      assert.equal(await answersFrom(listener, address), address)
  })
  it('an address that nobody listed is answered all the same, from where the routes say', async () => {
    const listener = await listen({ addresses: () => ['127.0.0.1'] })
    assert.equal(await answersFrom(listener, '127.0.0.2'), '127.0.0.1')
  })
  it('several processes may share all of it when asked', async () => {
    const first = await listen({ addresses: aliases })
    await first.close()
    const again = { endpoints: first.endpoints, addresses: aliases, sharePort: true }
    for (const listener of [await listen(again), await listen(again)])
      assert.equal(await answersFrom(listener, '127.0.0.2'), '127.0.0.2')
  })
})

describe('addresses that come and go', () => {
  it('a new one is found in time', async () => {
    const addresses = ['127.0.0.1']
    const listener = await listen({ addresses: () => addresses, addressCheckMs: 10 })
    addresses.push('127.0.0.2')
    await untilItAnswersFrom(listener, '127.0.0.2', '127.0.0.2')
  })
  it('or as soon as it is asked', async () => {
    const addresses = ['127.0.0.1']
    const listener = await listen({ addresses: () => addresses })
    addresses.push('127.0.0.2')
    await untilItAnswersFrom(listener, '127.0.0.2', '127.0.0.2')
  })
  it('one that is gone is left, and the others go on', async () => {
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
    const listener = await listen({ addresses: () => addresses, addressCheckMs: 10 })
    addresses.splice(1, 1)
    await untilItAnswersFrom(listener, '127.0.0.2', '127.0.0.1')
    assert.equal(await answersFrom(listener, '127.0.0.3'), '127.0.0.3')
  })
  it('one that cannot be bound yet is no obstacle, and is bound when it can be', async () => {
    const addresses = ['203.0.113.1', '127.0.0.1']
    const listener = await listen({ addresses: () => addresses, addressCheckMs: 10 })
    assert.equal(await answersFrom(listener, '127.0.0.1'), '127.0.0.1')
    addresses[0] = '127.0.0.2'
    await untilItAnswersFrom(listener, '127.0.0.2', '127.0.0.2')
  })
  it('a system that does not tell its addresses leaves the wildcard socket', async () => {
    const listener = await listen({
      addresses: () => {
        throw new Error('not permitted')
      },
    })
    assert.equal(await answersFrom(listener, '127.0.0.1'), '127.0.0.1')
  })
  it('after close every one of them is free, even when they were being bound', async () => {
    let round = 0
    const addresses = () => ['127.0.0.1', `127.0.1.${round++ % 250}`]
    const listener = await listen({ addresses, addressCheckMs: 1 })
    for (let asked = 0; asked < 20; asked++) await answersFrom(listener, '127.0.0.1')
    await listener.close()
    await listen({ endpoints: listener.endpoints, addresses: () => [] })
  })
})

describe('a port that is in use', () => {
  const inUse = (listener: Listener) => ({
    message: `cannot listen on UDP 0.0.0.0:${listener.endpoints[0]!.port}: the port is in use`,
  })
  it('by another edge is noticed, though its sockets could share it', async () => {
    const first = await listen()
    await assert.rejects(listen({ endpoints: first.endpoints }), inUse(first))
    assert.equal(await answersFrom(first, '127.0.0.1'), '127.0.0.1')
  })
  it('at one address is noticed', async () => {
    const first = await listen({ host: '127.0.0.2' })
    const { port } = first.endpoints[0]!
    await assert.rejects(listen({ endpoints: [{ host: '0.0.0.0', port }] }), inUse(first))
  })
})

describe('TCP', () => {
  it('one server at the wildcard address serves the addresses named beside it', async () => {
    const { port } = (await listen({ host: '127.0.0.9' })).endpoints[0]!
    const endpoints = ['0.0.0.0', '127.0.0.53', '::1'].map((host) => ({ host, port }))
    const listener = await listenTcp({ endpoints, handle: echo, log, graceMs: 100 })
    open.push(listener)
    assert.deepEqual(listener.endpoints, [endpoints[0], endpoints[2]])
    for (const host of ['127.0.0.53', '127.0.0.1', '::1']) {
      const socket = connect(port, host)
      socket.write(frame(Buffer.from('x')))
      assert.deepEqual(await once(socket, 'data'), [Buffer.from([0, 1, 0x78])])
      assert.equal(plainAddress(socket.remoteAddress!), host)
      socket.destroy()
    }
  })
})

describe('addresses of this machine', () => {
  const info = (address: string, scopeid = 0) =>
    ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4', scopeid }) as NetworkInterfaceInfo
  it('each once, and link-local ones with their interface', () =>
    assert.deepEqual(
      localAddresses({
        lo: [info('127.0.0.1'), info('::1')],
        eth0: [info('192.0.2.1'), info('fd00::1'), info('fe80::1', 2)],
        eth1: [info('192.0.2.1'), info('febf::1', 3)],
        none: undefined,
      }),
      ['127.0.0.1', '::1', '192.0.2.1', 'fd00::1', 'fe80::1%eth0', 'febf::1%eth1'],
    ))
})
