import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { headers, type JetStreamManager, type NatsConnection, RetentionPolicy } from 'nats'
import { EdgeMetrics } from '../../services/edge/metrics.ts'
import { Turns } from '../../services/edge/turns.ts'
import { type NotAccepted, Submitter } from '../../services/edge/update/submitter.ts'
import type { Identity, UpdateCommand } from '../../shared/commands.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats, isConnected } from '../../shared/messaging/connect.ts'
import {
  NotConfirmed,
  NotConnected,
  StreamPublisher,
  StreamRefused,
} from '../../shared/messaging/stream-publisher.ts'
import { ALL_COMMANDS } from '../../shared/messaging/subjects.ts'
import { Guard } from '../faults/deployment/guard.ts'
import { NatsCluster } from '../faults/deployment/nats-cluster.ts'
import { type TestNats, temporaryFolder, testNats } from '../support/infrastructure.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

function command(id: string, identity: Identity): UpdateCommand {
  return {
    id,
    zoneId: 1,
    zone: nameOf('example.com.'),
    fingerprint: new Uint8Array(32),
    edgeId: 'e',
    identity,
    source: { address: '192.0.2.1', port: 1 },
    transport: 'udp',
    receivedAt: 0,
    deadline: 10_000,
    message: new Uint8Array(12),
  }
}

describe('publishing to a stream', () => {
  let server: TestNats
  let nats: NatsConnection
  let manager: JetStreamManager
  let publisher: StreamPublisher
  before(async () => {
    server = await testNats()
    nats = await connectNats(server.url, 'test', silentLogger())
    manager = await nats.jetstreamManager()
    await manager.streams.add({
      name: 'small',
      subjects: ['small.*'],
      retention: RetentionPolicy.Limits,
      discard: 'new' as never,
      max_msgs: 1_000,
    })
    publisher = new StreamPublisher(nats, { timeoutMs: 500, nowOrNever: true })
  })
  after(async () => {
    publisher.close()
    await nats.close()
    await server.stop()
  })
  const text = (number: number) => new TextEncoder().encode(String(number))

  it('confirms each message, and keeps their order', async () => {
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => publisher.publish('small.a', text(index))))
    const { messages, first_seq } = (await manager.streams.info('small')).state
    assert.equal(messages, 1_000)
    for (const index of [0, 1, 499, 998, 999]) {
      const { data } = await manager.streams.getMessage('small', { seq: first_seq + index })
      assert.equal(new TextDecoder().decode(data), String(index))
    }
  })

  it('says that a message is certainly not stored where the stream is full, and stores the next one that fits', async () => {
    await assert.rejects(publisher.publish('small.a', text(1)), StreamRefused)
    await manager.streams.purge('small')
    await publisher.publish('small.a', text(2))
  })

  it('does not take for stored what the stream has in the place of a copy that is still on its way', async () => {
    // as nats-server 2.10 writes it: the first copy was lost with the stream's leader, and the second was dropped for it
    const paused = nats.subscribe('paused.*', {
      callback: (_, message) => message.respond('{"stream":"small", "seq":0,"duplicate": true}'),
    })
    const leader = nats.subscribe('led.*', {
      callback: (_, message) => message.respond('{"stream":"small","seq":0,"duplicate": true}'),
    })
    await nats.flush()
    for (const subject of ['paused.a', 'led.a'])
      await assert.rejects(publisher.publish(subject, text(1)), /a copy is on its way/)
    for (const subscription of [paused, leader]) subscription.unsubscribe()
  })

  it('says so where no stream takes the subject', async () => {
    await assert.rejects(publisher.publish('nobody.listens', text(1)), /no stream takes the subject/)
  })

  it('says that it is not known where nothing is heard in time', async () => {
    const silent = nats.subscribe('silent.*')
    await nats.flush()
    await assert.rejects(publisher.publish('silent.a', text(1)), NotConfirmed)
    silent.unsubscribe()
  })

  it('leaves half of what an edge may have under way to updates with a signature', async () => {
    const silent = nats.subscribe(ALL_COMMANDS)
    await nats.flush()
    const submitter = new Submitter({
      nats,
      edgeId: 'e',
      partitions: 1,
      log: silentLogger(),
      mostInFlight: 4,
      reach: () => undefined,
      stages: new EdgeMetrics().stages,
      turns: new Turns(),
    })
    const submit = (id: string, identity: Identity) => submitter.submit(command(id, identity))
    const underWay = [submit('1', 'unsigned'), submit('2', 'unsigned')]
    const tooMany = (await submit('3', 'unsigned')) as NotAccepted
    underWay.push(submit('4', 'key:k.'), submit('5', 'key:k.'))
    const full = (await submit('6', 'key:k.')) as NotAccepted
    assert.deepEqual([tooMany.notAccepted, full.notAccepted], ['overloaded', 'overloaded'])
    await submitter.close(0)
    assert.deepEqual(await Promise.all(underWay), [undefined, undefined, undefined, undefined])
    silent.unsubscribe()
  })

  it('takes the answer of somebody else who listens for no answer', async () => {
    const stranger = nats.subscribe('small.b', { callback: (_, message) => message.respond('what?') })
    await nats.flush()
    await publisher.publish('small.b', text(1))
    stranger.unsubscribe()
    const other = nats.subscribe('chatty.*', { callback: (_, message) => message.respond('{"stream":""}') })
    await nats.flush()
    await assert.rejects(publisher.publish('chatty.a', text(1)), NotConfirmed)
    other.unsubscribe()
  })

  it('settles what is published after it was closed', async () => {
    const ending = new StreamPublisher(nats, { timeoutMs: 500 })
    const last = assert.rejects(ending.publish('silent.a', text(1)), NotConfirmed)
    ending.close()
    await last
    await assert.rejects(ending.publish('small.a', text(1)), NotConnected)
  })

  it('sends nothing later that it could not send now', async () => {
    await server.kill()
    await until('the loss is noticed', () => !isConnected(nats))
    await assert.rejects(publisher.publish('small.a', text(3)), NotConnected)
    await server.restart()
    await until('the connection is back', () => isConnected(nats))
    await publisher.publish('small.a', text(4))
    const { state } = await manager.streams.info('small')
    const { data } = await manager.streams.getMessage('small', { seq: state.last_seq })
    assert.equal(new TextDecoder().decode(data), '4')
    assert.equal(state.messages, 3)
  })

  it('gathers what comes while confirmations are awaited, in its order, and sends all of it', async () => {
    await manager.streams.purge('small')
    const gathering = new StreamPublisher(nats, { timeoutMs: 5_000, gather: true })
    const done: Promise<void>[] = []
    for (let index = 0; index < 1_000; index++) {
      done.push(gathering.publish('small.a', text(index)))
      if (index % 7 === 0) await new Promise(setImmediate)
    }
    await Promise.all(done)
    const { messages, first_seq } = (await manager.streams.info('small')).state
    assert.equal(messages, 1_000)
    for (const index of [0, 1, 500, 999]) {
      const { data } = await manager.streams.getMessage('small', { seq: first_seq + index })
      assert.equal(new TextDecoder().decode(data), String(index))
    }
    gathering.close()
  })

  it('holds nothing back for long where no confirmation comes', async () => {
    const heard: string[] = []
    const silent = nats.subscribe('silent.*', { callback: (_, message) => heard.push(message.string()) })
    await nats.flush()
    const gathering = new StreamPublisher(nats, { timeoutMs: 500, gather: true })
    const first = assert.rejects(gathering.publish('silent.a', text(1)), NotConfirmed)
    await until('the first has come', () => heard.length === 1)
    const second = assert.rejects(gathering.publish('silent.a', text(2)), NotConfirmed)
    await until('the second has come', () => heard.length === 2)
    await Promise.all([first, second])
    gathering.close()
    silent.unsubscribe()
  })
})

describe('a message that was not confirmed though a later one was', () => {
  let server: TestNats
  let nats: NatsConnection
  let proxy: TcpProxy
  before(async () => {
    server = await testNats()
    proxy = await TcpProxy.to(Number(new URL(server.url).port))
    nats = await connectNats(proxy.reroute(server.url), 'test', silentLogger())
  })
  after(async () => {
    await nats.close()
    proxy.close()
    await server.stop()
  })

  /** The next that the server says of a stored message is lost. */
  async function loseConfirmation(): Promise<void> {
    await new Promise<void>((resolve) => {
      proxy.alter = (octets) => {
        if (!octets.includes('"stream":')) return octets
        proxy.alter = (later) => later
        resolve()
        return Buffer.alloc(0)
      }
    })
  }

  async function publishTwo(stream: string): Promise<{ first: Promise<void>; publisher: StreamPublisher }> {
    const publisher = new StreamPublisher(nats, { timeoutMs: 10_000, hasIds: true })
    const lost = loseConfirmation()
    const first = publisher.publish(`${stream}.a`, new Uint8Array(1), withId('first'))
    first.catch(() => {})
    await lost
    return { first, publisher }
  }

  function withId(id: string) {
    const header = headers()
    header.set('Nats-Msg-Id', id)
    return header
  }

  it('is sent again, and stored once (P2)', async () => {
    const manager = await nats.jetstreamManager()
    await manager.streams.add({ name: 'again', subjects: ['again.*'] })
    const { first, publisher } = await publishTwo('again')
    await publisher.publish('again.a', new Uint8Array(1), withId('second'))
    await first
    assert.equal((await manager.streams.info('again')).state.messages, 2)
    publisher.close()
  })

  it('is not certainly refused where its copy is: the first one may be stored (P3)', async () => {
    const manager = await nats.jetstreamManager()
    await manager.streams.add({ name: 'gone', subjects: ['gone.*'] })
    const { first, publisher } = await publishTwo('gone')
    await publisher.publish('gone.a', new Uint8Array(1), withId('second'))
    await manager.streams.delete('gone')
    await assert.rejects(first, NotConfirmed)
    publisher.close()
  })
})

describe('publishing to a stream that several servers hold', () => {
  let cluster: NatsCluster
  let nats: NatsConnection
  before(async () => {
    const folder = temporaryFolder('cluster')
    cluster = await NatsCluster.start(folder, 3, new Guard(folder))
    nats = await connectNats(cluster.url, 'test', silentLogger(), { firstTryMs: 30_000 })
  })
  after(async () => {
    await nats.close()
    await cluster.stop()
  })

  it('says that it is not known where one of them finds it full, since another one may have stored it (P3)', async () => {
    const manager = await nats.jetstreamManager({ checkAPI: false })
    await until('the stream is made', () =>
      manager.streams
        .add({ name: 'small', subjects: ['small.*'], num_replicas: 3, discard: 'new' as never, max_msgs: 1 })
        .then(
          () => true,
          () => false,
        ),
    )
    const publisher = new StreamPublisher(nats, { timeoutMs: 20_000 })
    await publisher.publish('small.a', new Uint8Array(1))
    await assert.rejects(
      publisher.publish('small.a', new Uint8Array(1)),
      (error) => error instanceof NotConfirmed && error.message === 'maximum messages exceeded',
    )
    await assert.rejects(publisher.publish('nobody.listens', new Uint8Array(1)), StreamRefused)
    publisher.close()
  })
})
