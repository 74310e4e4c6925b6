import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessageHandler, Requester } from '../../services/edge/listeners/listener.ts'
import { listenTcp, type TcpLimits, type TcpListener } from '../../services/edge/listeners/tcp.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { silentLogger } from '../../shared/log.ts'
import { until } from './listeners-support.ts'

const log = silentLogger()
const open: TcpListener[] = []
after(() => Promise.all(open.map((listener) => listener.close())))

async function listen(
  handle: MessageHandler,
  limits: Partial<TcpLimits> = {},
  host = '127.0.0.1',
): Promise<TcpListener> {
  const listener = await listenTcp({ endpoints: [{ host, port: 0 }], handle, log, limits, graceMs: 500 })
  open.push(listener)
  return listener
}

const echo: MessageHandler = async (message) => message

/** A client that gathers what it is sent. */
class Client {
  readonly socket: Socket
  readonly messages: string[] = []
  private readonly reader = new FrameReader()
  readonly closed: Promise<unknown>
  isClosed = false

  constructor(listener: TcpListener, host = '127.0.0.1', localAddress?: string) {
    this.socket = connect({ host, port: listener.endpoints[0]!.port, localAddress, allowHalfOpen: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk: Buffer) => {
      this.reader.push(chunk)
      for (let next = this.reader.next(); next !== undefined; next = this.reader.next())
        this.messages.push(Buffer.from(next).toString())
    })
    this.closed = once(this.socket, 'close').then(() => {
      this.isClosed = true
    })
    this.socket.on('end', () => this.socket.end())
  }

  say(...messages: string[]): this {
    this.socket.write(Buffer.concat(messages.map((message) => frame(Buffer.from(message)))))
    return this
  }

  heard(count: number): Promise<void> {
    return until(() => this.messages.length >= count)
  }
}

/** A handler whose answers are given one by one, from outside. */
function held() {
  const waiting: (() => void)[] = []
  const handle: MessageHandler = (message) => new Promise((resolve) => waiting.push(() => resolve(message)))
  return { waiting, handle }
}

describe('RFC 7766: several messages on one connection', () => {
  it('§6.2.1.1 each is answered as it finishes, not in the order sent', async () => {
    const { waiting, handle } = held()
    const client = new Client(await listen(handle)).say('one', 'two', 'three')
    await until(() => waiting.length === 3)
    for (const index of [2, 0, 1]) waiting[index]!()
    await client.heard(3)
    assert.deepEqual(client.messages, ['three', 'one', 'two'])
    client.socket.destroy()
  })
  it('§8 pieces of one octet, and messages of 65,535 octets', async () => {
    const listener = await listen(echo)
    const client = new Client(listener)
    client.socket.setNoDelay(true)
    for (const octet of frame(Buffer.from('slow and steady'))) {
      client.socket.write(Uint8Array.of(octet))
      await new Promise(setImmediate)
    }
    client.say('x'.repeat(65_535))
    await client.heard(2)
    assert.deepEqual(
      client.messages.map((message) => message.length),
      [15, 65_535],
    )
    client.socket.destroy()
  })
  it('a client that closes its half after asking gets every answer, then the end', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle, { outstanding: 2 })
    const client = new Client(listener).say('a', 'b', 'c', 'd')
    client.socket.end()
    await until(() => {
      waiting.shift()?.()
      return client.messages.length === 4
    })
    await client.closed
    await until(() => listener.connections === 0)
  })
  it('a client that closes its half inside a message gets what it asked before, then the end', async () => {
    const listener = await listen(echo)
    const client = new Client(listener).say('whole')
    client.socket.end(frame(Buffer.from('part')).subarray(0, 4))
    await client.closed
    assert.deepEqual(client.messages, ['whole'])
    await until(() => listener.connections === 0)
  })
  it('many messages of 65,535 octets at once, both ways, all whole', async () => {
    const messages = Array.from({ length: 12 }, (_, number) =>
      String.fromCharCode(97 + number).repeat(65_535),
    )
    const client = new Client(await listen(echo)).say(...messages)
    await client.heard(messages.length)
    assert.deepEqual(new Set(client.messages), new Set(messages))
    client.socket.destroy()
  })
  it('tells the handler who asked', async () => {
    let seen: Requester | undefined
    const listener = await listen(
      async (message, from) => {
        seen = from
        return message
      },
      {},
      '::',
    )
    const client = new Client(listener, '127.0.0.1').say('x')
    await client.heard(1)
    const rest = { port: 0, isGone: undefined }
    assert.deepEqual({ ...seen, ...rest }, { address: '127.0.0.1', transport: 'tcp', ...rest })
    const client6 = new Client(listener, '::1').say('x')
    await client6.heard(1)
    assert.equal(seen?.address, '::1')
    for (const { socket } of [client, client6]) socket.destroy()
  })
  it('silence for undefined and for a fault of the handler; the connection goes on', async () => {
    const listener = await listen(async (message) => {
      if (message[0] === 0x21) throw new Error('fault')
      return message[0] === 0x3f ? undefined : message
    })
    const client = new Client(listener).say('?', '!', 'x')
    await client.heard(1)
    assert.deepEqual(client.messages, ['x'])
    assert.deepEqual(
      [listener.counters.messages, listener.counters.answers, listener.counters.faults],
      [3, 1, 1],
    )
    client.socket.destroy()
  })
})

describe('RFC 7766 §6.1, §6.2.3, §10: limits', () => {
  it('a connection without messages is closed after the idle time, not while a message is being answered', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle, { idleMs: 100 })
    const idle = new Client(listener)
    const busy = new Client(listener).say('x')
    await idle.closed
    await until(() => waiting.length === 1)
    assert.equal(busy.isClosed, false)
    waiting[0]!()
    await busy.heard(1)
    await busy.closed
  })
  it('a message that does not become complete in time ends the connection', async () => {
    const client = new Client(await listen(echo, { stallMs: 100 }))
    client.socket.write(Uint8Array.of(0, 5, 1))
    const drip = setInterval(() => client.socket.write(Uint8Array.of(0)), 60)
    await client.closed
    clearInterval(drip)
    assert.deepEqual(client.messages, [])
  })
  it('a connection that never sends anything, or only the length of a message, is closed', async () => {
    const listener = await listen(echo, { idleMs: 100, stallMs: 100 })
    const [mute, lengthOnly] = [new Client(listener), new Client(listener)]
    lengthOnly.socket.write(Uint8Array.of(255))
    await Promise.all([mute.closed, lengthOnly.closed])
    await until(() => listener.connections === 0)
  })
  it('a long message may come slowly as long as it is complete in time', async () => {
    const client = new Client(await listen(echo, { idleMs: 50, stallMs: 2_000 }))
    const octets = frame(Buffer.from('slow'))
    for (let at = 0; at < octets.length; at++) {
      client.socket.write(octets.subarray(at, at + 1))
      await delay(20)
    }
    await client.heard(1)
    assert.deepEqual(client.messages, ['slow'])
    client.socket.destroy()
  })
  it('no more messages are in flight than allowed, none is lost, and the client is slowed down', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle, { outstanding: 3 })
    const names = Array.from({ length: 50 }, (_, number) => `message ${number}`)
    const client = new Client(listener).say(...names)
    await until(() => waiting.length === 3)
    await new Promise(setImmediate)
    assert.equal(listener.counters.messages, 3)
    await until(() => {
      waiting.shift()?.()
      assert.ok(waiting.length <= 3)
      return client.messages.length === 50
    })
    assert.deepEqual(client.messages, names)
    client.socket.destroy()
  })
  it('a client that does not take its answers is cut off', async () => {
    const listener = await listen(async () => Buffer.alloc(65_535), { stallMs: 300 })
    const client = new Client(listener)
    client.socket.pause()
    client.say(...new Array(2_000).fill('more'))
    await until(() => listener.counters.messages > 0 && listener.connections === 0, 10_000)
    assert.ok(listener.counters.messages < 2_000)
    client.socket.destroy()
  })
  /** Clients that ask for 16 MiB each, and read none of it. */
  async function unreading(handle: MessageHandler, limits: Partial<TcpLimits>, count: number) {
    let most = 0
    const listener: TcpListener = await listen(
      (message, from) => {
        most = Math.max(most, listener.unsent)
        return handle(message, from)
      },
      { stallMs: 60_000, ...limits },
    )
    const clients = Array.from({ length: count }, () => new Client(listener))
    for (const client of clients) {
      client.socket.pause()
      client.say(...new Array<string>(256).fill('\0\0\0?'))
    }
    let asked = 0
    await until(() => {
      const stands = listener.counters.messages === asked && listener.unsent > 0
      asked = listener.counters.messages
      return stands && asked > count * 8
    }, 20_000)
    assert.ok(asked < count * 256, 'the client was slowed down')
    const close = () => {
      for (const { socket } of clients) socket.destroy()
      return until(() => listener.unsent === 0)
    }
    return { listener, most: Math.max(most, listener.unsent), close }
  }
  const large = Buffer.alloc(65_535)
  for (const [how, handle] of [
    ['at once', () => large],
    ['later', async () => large],
    [
      'later, together',
      async () => {
        await delay(20)
        return large
      },
    ],
  ] as const)
    it(`a client that does not read makes us hold so many octets of answers and no more, made ${how}`, async () => {
      const { most, close } = await unreading(handle, {}, 1)
      assert.ok(most <= 256 * 1024, `${most} octets`)
      await close()
    })
  it('clients that do not read make us hold so much in all, and one that does is answered all the same', async () => {
    const inAll = 512 * 1024
    const { listener, most, close } = await unreading(() => large, { unsentInAll: inAll }, 6)
    assert.ok(most <= inAll + 6 * 65_537, `${most} octets`)
    const client = new Client(listener).say('\0\0\0?', '\0\0\0?', '\0\0\0?')
    await client.heard(3)
    client.socket.destroy()
    await close()
  })
  it('connections in all, and of one address', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle, { connections: 3, perAddress: 2 })
    const connected = [new Client(listener).say('x'), new Client(listener).say('x')]
    await until(() => waiting.length === 2)
    const third = new Client(listener)
    await third.closed
    const other = new Client(listener, '127.0.0.1', '127.0.0.2').say('x')
    await until(() => waiting.length === 3)
    await new Client(listener, '127.0.0.1', '127.0.0.3').closed
    assert.equal(listener.counters.overload, 2)
    for (const answer of waiting) answer()
    await other.heard(1)
    connected[0]!.socket.destroy()
    await until(() => listener.connections === 2)
    const again = new Client(listener).say('x')
    await until(() => waiting.length === 4)
    waiting[3]!()
    await again.heard(1)
    for (const { socket } of [...connected, other, again]) socket.destroy()
  })
  it('a new client takes the place of the idlest one, first of one that never asked', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle, { connections: 3 })
    const idle = new Client(listener).say('x')
    await until(() => waiting.length === 1)
    waiting[0]!()
    await idle.heard(1)
    const busy = new Client(listener).say('x')
    await until(() => waiting.length === 2)
    const silent = new Client(listener)
    await until(() => listener.connections === 3)
    const next = new Client(listener).say('y')
    await silent.closed
    await until(() => waiting.length === 3)
    const last = new Client(listener).say('z')
    await idle.closed
    await until(() => waiting.length === 4)
    await new Client(listener).closed
    for (const answer of waiting.slice(1)) answer()
    for (const client of [busy, next, last]) await client.heard(1)
    for (const { socket } of [busy, next, last]) socket.destroy()
  })
  it('a client that resets the connection harms nobody', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle)
    const client = new Client(listener).say('x')
    await until(() => waiting.length === 1)
    client.socket.resetAndDestroy()
    await until(() => listener.connections === 0)
    waiting[0]!()
    const next = new Client(listener).say('y')
    await until(() => waiting.length === 2)
    waiting[1]!()
    await next.heard(1)
    next.socket.destroy()
  })
})

describe('close', () => {
  it('finishes what is in flight and takes nothing new', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle)
    const client = new Client(listener).say('x')
    const idle = new Client(listener)
    await until(() => waiting.length === 1 && listener.connections === 2)
    const closing = listener.close()
    client.say('too late')
    await idle.closed
    waiting[0]!()
    await Promise.all([closing, client.closed])
    assert.deepEqual(client.messages, ['x'])
    assert.equal(listener.counters.messages, 1)
  })
  it('does not wait for ever', async () => {
    const { waiting, handle } = held()
    const listener = await listen(handle)
    const client = new Client(listener).say('x')
    await until(() => waiting.length === 1)
    await Promise.all([listener.close(), client.closed])
  })
})

describe('binding', () => {
  it('says which address cannot be bound, and gives the others back', async () => {
    const taken = (await listen(echo)).endpoints[0]!
    const free = (await listen(echo)).endpoints[0]!
    await open.pop()!.close()
    await assert.rejects(listenTcp({ endpoints: [free, taken], handle: echo, log }), {
      message: `cannot listen on TCP 127.0.0.1:${taken.port}: the port is in use`,
    })
    open.push(await listenTcp({ endpoints: [free], handle: echo, log }))
  })
  it('IPv4 and IPv6 wildcard addresses share a port', async () => {
    const port = (await listen(echo, {}, '0.0.0.0')).endpoints[0]!.port
    await open.pop()!.close()
    const endpoints = [
      { host: '::', port },
      { host: '0.0.0.0', port },
    ]
    const listener = await listenTcp({ endpoints, handle: echo, log })
    open.push(listener)
    for (const host of ['127.0.0.1', '::1']) {
      const client = new Client(listener, host).say('x')
      await client.heard(1)
      client.socket.destroy()
    }
  })
  it('several processes may share a port when asked', async () => {
    const first = await listenTcp({
      endpoints: [{ host: '127.0.0.1', port: 0 }],
      handle: echo,
      log,
      sharePort: true,
    })
    const second = await listenTcp({ endpoints: first.endpoints, handle: echo, log, sharePort: true })
    open.push(first, second)
    assert.deepEqual(second.endpoints, first.endpoints)
  })
})
