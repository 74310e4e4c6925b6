import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { after, describe, it } from 'node:test'
import type { Listener, MessageHandler, Requester } from '../../services/edge/listeners/listener.ts'
import { listenUdp, type UdpOptions } from '../../services/edge/listeners/udp.ts'
import { silentLogger } from '../../shared/log.ts'
import { until } from './listeners-support.ts'

const log = silentLogger()
const open: { close(): unknown }[] = []
after(() => Promise.all(open.map((each) => each.close())))

async function listen(
  handle: MessageHandler,
  host = '127.0.0.1',
  more: Partial<UdpOptions> = {},
): Promise<Listener> {
  const listener = await listenUdp({ endpoints: [{ host, port: 0 }], handle, log, graceMs: 500, ...more })
  open.push(listener)
  return listener
}

class Client {
  readonly socket: Socket
  readonly messages: string[] = []
  private readonly host: string

  constructor(host = '127.0.0.1') {
    this.host = host
    this.socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    this.socket.on('message', (message) => this.messages.push(message.toString()))
    open.push(this.socket)
  }

  say(listener: Listener, ...messages: string[]): this {
    for (const message of messages) this.socket.send(message, listener.endpoints[0]!.port, this.host)
    return this
  }

  heard(count: number): Promise<void> {
    return until(() => this.messages.length >= count)
  }
}

const echo: MessageHandler = async (message) => message

describe('UDP', () => {
  it('answers to where the datagram came from, and tells the handler', async () => {
    const seen: Requester[] = []
    const listener = await listen(async (message, from) => {
      seen.push(from)
      return message
    }, '::')
    for (const host of ['127.0.0.1', '::1']) await new Client(host).say(listener, 'x').heard(1)
    assert.deepEqual(
      seen.map(({ address, transport }) => `${transport} ${address}`),
      ['udp 127.0.0.1', 'udp ::1'],
    )
  })
  it('silence for undefined and for a fault of the handler', async () => {
    const listener = await listen(async (message) => {
      if (message[0] === 0x21) throw new Error('fault')
      return message[0] === 0x3f ? undefined : message
    })
    const client = new Client().say(listener, '?', '!', 'x')
    await client.heard(1)
    assert.deepEqual(client.messages, ['x'])
    assert.deepEqual(
      [listener.counters.messages, listener.counters.answers, listener.counters.faults],
      [3, 1, 1],
    )
  })
  it('an answer too long for a datagram, or a client that is gone, is counted and harms nobody', async () => {
    const listener = await listen(async (message) => (message[0] === 0x4c ? Buffer.alloc(65_535) : message))
    const client = new Client().say(listener, 'L')
    await until(() => listener.counters.socketErrors === 1)
    const gone = new Client()
    gone.say(listener, 'x')
    await gone.heard(1)
    for (let round = 0; round < 20; round++) gone.say(listener, 'x')
    gone.socket.close()
    open.pop()
    await client.say(listener, 'x').heard(1)
  })
  it('drops what is too much at once', async () => {
    const waiting: (() => void)[] = []
    const listener = await listen(
      (message) => new Promise((resolve) => waiting.push(() => resolve(message))),
      '127.0.0.1',
      { maxInFlight: 2 },
    )
    const client = new Client().say(listener, 'a', 'b', 'c')
    await until(() => listener.counters.messages === 3)
    assert.equal(listener.counters.overload, 1)
    for (const answer of waiting) answer()
    await client.heard(2)
  })
  it('drops what is too long together', async () => {
    const waiting: (() => void)[] = []
    const listener = await listen(
      (message) => new Promise((resolve) => waiting.push(() => resolve(message))),
      '127.0.0.1',
      { mostOctetsInFlight: 1_000 },
    )
    const client = new Client().say(listener, 'a'.repeat(600), 'b'.repeat(600), 'c')
    await until(() => listener.counters.messages === 3)
    assert.equal(listener.counters.overload, 1)
    for (const answer of waiting) answer()
    await client.heard(2)
    await client.say(listener, 'd').heard(2)
    await until(() => waiting.length === 3)
    waiting[2]!()
    await client.heard(3)
  })
  it('close finishes what is in flight', async () => {
    const waiting: (() => void)[] = []
    const listener = await listen((message) => new Promise((resolve) => waiting.push(() => resolve(message))))
    const client = new Client().say(listener, 'x')
    await until(() => waiting.length === 1)
    const closing = listener.close()
    waiting[0]!()
    await closing
    await client.heard(1)
    open.splice(open.indexOf(listener), 1)
  })
  it('says which address cannot be bound, and gives the others back', async () => {
    const taken = (await listen(echo)).endpoints[0]!
    const free = await listen(echo)
    await free.close()
    open.splice(open.indexOf(free), 1)
    await assert.rejects(listenUdp({ endpoints: [free.endpoints[0]!, taken], handle: echo, log }), {
      message: `cannot listen on UDP 127.0.0.1:${taken.port}: the port is in use`,
    })
    await assert.rejects(listenUdp({ endpoints: [{ host: '192.0.2.1', port: 0 }], handle: echo, log }), {
      message: 'cannot listen on UDP 192.0.2.1:0: this machine does not have that address',
    })
    open.push(await listenUdp({ endpoints: [free.endpoints[0]!], handle: echo, log }))
  })
  it('IPv4 and IPv6 wildcard addresses share a port, and so do several processes when asked', async () => {
    const free = await listen(echo, '0.0.0.0')
    await free.close()
    open.splice(open.indexOf(free), 1)
    const { port } = free.endpoints[0]!
    const endpoints = [
      { host: '::', port },
      { host: '0.0.0.0', port },
    ]
    const first = await listenUdp({ endpoints, handle: echo, log, sharePort: true })
    const second = await listenUdp({ endpoints, handle: echo, log, sharePort: true })
    open.push(first, second)
    for (const host of ['127.0.0.1', '::1']) await new Client(host).say(first, 'x').heard(1)
    assert.equal(first.counters.answers + second.counters.answers, 2)
  })
})
