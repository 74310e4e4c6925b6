import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Answer } from '../../services/edge/listeners/listener.ts'
import { Condenser, encodeDifference, recordsOfDifference } from '../../services/edge/transfers/condense.ts'
import { CondensedRoom } from '../../services/edge/transfers/condensed-room.ts'
import { differences } from '../../services/edge/transfers/contents.ts'
import { type Plan, planIxfr } from '../../services/edge/transfers/plan.ts'
import { recordsIn, slicesOf } from '../../services/edge/transfers/slices.ts'
import { Slots } from '../../services/edge/transfers/slots.ts'
import { Gate } from '../../services/edge/zones/gate.ts'
import type { HistoryClient } from '../../services/edge/zones/history-client.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import type { ZoneContents } from '../../shared/zone-contents.ts'
import { decoded, responderOf } from '../edge/answer-support.ts'
import { MessageEdge } from '../edge/message-edge.ts'
import { manyLines } from '../edge/stored-histories.ts'
import { APEX, History } from '../edge/zones-support.ts'
import { Turns } from '../support/turns.ts'

const HOSTS = ['a', 'b', 'c']
const line = (host: string, octet: number, ttl: number) => `${host} ${ttl} A 192.0.2.${octet}`

/** Changes that fit a zone, whatever numbers come: each adds a record that is not there, or takes one away that is. */
function historyOf(numbers: readonly number[]): History {
  const history = new History(1, 'www A 192.0.2.1')
  const present = new Map<string, Set<number>>(HOSTS.map((host) => [host, new Set()]))
  const ttls = new Map(HOSTS.map((host) => [host, 60]))
  for (const number of numbers) {
    const host = HOSTS[number % HOSTS.length]!
    const octet = number % 4
    const set = present.get(host)!
    // an empty set may come back with another TTL
    if (set.size === 0) ttls.set(host, number % 2 === 0 ? 60 : 120)
    const text = line(host, octet, ttls.get(host)!)
    if (set.delete(octet)) history.change(text, '')
    else {
      set.add(octet)
      history.change('', text)
    }
  }
  return history
}

const texts = (zone: ZoneContents) =>
  [...zone.rrsets()].flatMap(({ name, type, ttl, rdata }) =>
    rdata.map((one) => recordToText({ name, type, class: 1, ttl, rdata: one })),
  )

describe('RFC 1995 §5: several changes as one', () => {
  it('lead to the same zone, from any serial on, and never take more octets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        async (numbers, from) => {
          const history = historyOf(numbers)
          const start = 1 + (from % numbers.length)
          const condenser = new Condenser()
          const diffs = history.events.slice(start).map(({ diff }) => diff)
          for (const diff of diffs) condenser.push(diff)
          const difference = condenser.finish()
          const zone = history.contentsAt(start)
          zone.apply(difference)
          assert.deepEqual(texts(zone).sort(), texts(history.contentsAt(history.seq)).sort())
          const octets = diffs.reduce((sum, diff) => sum + diff.length, 0)
          const wire = await encodeDifference(difference)
          assert.ok(wire.length <= octets)
          assert.deepEqual([...slicesOf(wire)].flatMap(recordsIn), [...recordsOfDifference(difference)])
        },
      ),
    )
  })

  it('cut between any two records are read all the same; what ends too early is refused', () => {
    const history = historyOf([1, 2, 3])
    const condenser = new Condenser()
    assert.throws(() => condenser.finish(), TypeError)
    assert.throws(() => condenser.push(history.events[1]!.diff.subarray(0, 5)), TypeError)
  })
})

/** A large zone, and changes of it: each adds hosts, and takes those of the change before away. */
const SIZE = 12_000
const ADDED = 400
function longHistory(changes: number): History {
  const history = new History(1, manyLines(SIZE))
  const hosts = (round: number) =>
    Array.from({ length: ADDED }, (_, host) => `new-${round}-${host} 60 A 192.0.2.1`).join('\n')
  for (let round = 0; round < changes; round++)
    history.change(round === 0 ? '' : hosts(round - 1), hosts(round))
  return history
}

/** What writers tell of it. */
function clientOf(history: History): HistoryClient {
  const between = (after: number, upTo: number) => history.events.slice(after, upTo).map(({ diff }) => diff)
  return {
    async extent(_zone, serial, upTo) {
      const after = history.events.findIndex(({ serialAfter }) => serialAfter === serial) + 1
      const octets = Buffer.concat(between(after, upTo)).length
      return { kind: 'extent', after, upTo, changes: upTo - after, octets }
    },
    // one piece: as much at once as there is
    async *changes(_zone, after, upTo) {
      yield Buffer.concat(between(after, upTo))
    },
  }
}

describe('condensed differences', () => {
  const CHANGES = 30
  const history = longHistory(CHANGES)
  const zone = history.zoneAt(history.seq)
  const octets = Buffer.concat(history.events.slice(1).map(({ diff }) => diff)).length
  const plan = (room: CondensedRoom) =>
    planIxfr({ history: clientOf(history), condensing: new Gate(2), room }, zone, zone.head, 1 as Serial)
  const isCondensed = (made: Plan) => made.kind === 'condensed'

  it('are kept as octets, within a bound for all of them; beyond it changes are passed on as they come', async () => {
    const room = new CondensedRoom(octets + 100_000)
    const first = await plan(room)
    assert.ok(first.kind === 'condensed')
    // the hosts of the last change, and two SOAs
    assert.ok(first.difference.length < ADDED * 45, `${first.difference.length} octets`)
    assert.equal(room.octets, first.difference.length)
    const [second, third] = await Promise.all([plan(room), plan(room)])
    assert.deepEqual([isCondensed(second), third.kind], [true, 'changes'])
    for (const made of [first, second]) if (made.kind === 'condensed') made.close()
    assert.equal(room.octets, 0)
  })
  it('give their room back when the changes cannot be had, or the whole zone is shorter', async () => {
    const room = new CondensedRoom()
    const fails: HistoryClient = {
      ...clientOf(history),
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      async *changes() {
        throw new Error('no writer')
      },
    }
    const small = new History(1, 'www A 192.0.2.1')
    for (let host = 0; host < 50; host++) small.change('', `www A 192.0.2.${host + 2}`)
    const zones = [
      [fails, zone],
      [clientOf(small), small.zoneAt(small.seq)],
    ] as const
    for (const [client, held] of zones) {
      const deps = { history: client, condensing: new Gate(2), room }
      const made = await planIxfr(deps, held, held.head, 1 as Serial)
      assert.deepEqual([made.kind, room.octets], ['whole', 0])
    }
  })
  it('are not made of more octets than were said: changes are passed on', async () => {
    const client = clientOf(history)
    const about: HistoryClient = {
      ...client,
      extent: async (...asked) => ({ ...(await client.extent(...asked)), octets: octets - 1 }),
    }
    const room = new CondensedRoom()
    const deps = { history: about, condensing: new Gate(2), room }
    const made = await planIxfr(deps, zone, zone.head, 1 as Serial)
    assert.deepEqual([made.kind, room.octets], ['changes', 0])
  })
  it('of few changes do not wait for those of many', async () => {
    const busy = new Gate(1)
    const { promise, resolve } = Promise.withResolvers<void>()
    const other = busy.pass(() => promise)
    const few = new History(1, manyLines(100)).change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.3')
    const held = few.zoneAt(few.seq)
    const deps = { history: clientOf(few), condensing: busy, room: new CondensedRoom() }
    const made = await planIxfr(deps, held, held.head, 1 as Serial)
    assert.equal(made.kind, 'condensed')
    resolve()
    await other
  })
  it('are of so many records at most, however short: no more are read', async () => {
    const soa = { ...zone.soa, class: Class.IN, rdata: zone.soa.rdata[0]! }
    const rdata = Buffer.of(192, 0, 2, 1)
    const added = Array.from({ length: 60_000 }, (_, host) => {
      return { name: nameOf(`h${host}.example.com.`), type: Type.A, class: Class.IN, ttl: 60, rdata }
    })
    const octets = await encodeDifference({ oldSoa: soa, removed: [], newSoa: soa, added })
    const pieces = [...slicesOf(octets)]
    let read = 0
    const client: HistoryClient = {
      extent: async () => ({ kind: 'extent', after: 1, upTo: 2, changes: 1, octets: octets.length }),
      async *changes() {
        for (const piece of pieces) {
          read++
          yield piece
        }
      },
    }
    const room = new CondensedRoom()
    const deps = { history: client, condensing: new Gate(1), room }
    const made = await planIxfr(deps, zone, zone.head, 1 as Serial)
    assert.ok(read < pieces.length * 0.9, `${read} of ${pieces.length} pieces`)
    // the zone has fewer octets than they have
    assert.deepEqual([made.kind, room.octets], ['whole', 0])
  })
  it('let others have their turn while they are made, and while changes are passed on', async () => {
    const turns = new Turns()
    await plan(new CondensedRoom())
    const made = turns.stop()
    assert.ok(made >= octets / 64_000, `${made} turns for ${octets} octets`)
    const pieces = clientOf(history).changes(1, 1, history.seq)
    let largest = 0
    for await (const group of differences(zone.soa, pieces)) largest = Math.max(largest, [...group].length)
    assert.ok(largest < 1_500, `${largest} records at once`)
  })
})

const AXFR = encodeMessage({ id: 1, questions: [{ name: APEX, type: Type.AXFR, class: Class.IN }] })

describe('transfers at once', () => {
  it('are bounded in all and of one address; those beyond wait their turn, and not for ever', async () => {
    const slots = new Slots({ inAll: 3, ofAddress: 2, waiting: 1, waitMs: 50 })
    const [first, second] = [await slots.take('a'), await slots.take('a')]
    const other = await slots.take('b')
    assert.ok(first && second && other)
    const waits = slots.take('b')
    assert.equal(await slots.take('c'), undefined, 'one too many waits')
    first()
    first()
    const got = await waits
    assert.ok(got, 'a slot that was given back goes to who waits')
    assert.equal(await slots.take('c'), undefined, 'nobody waits for ever')
    for (const release of [second, other, got]) release()
    assert.deepEqual([slots.running, slots.waiting], [0, 0])
  })
  it('wait for a zone that may come, only so many, and none whose client has gone', async () => {
    let mayCome = true
    const zone = new History(1).zoneAt(1)
    const edge = new MessageEdge(zone, responderOf([zone]), {
      cache: { get: async () => undefined, isExpired: () => false, mayCome: () => mayCome },
    })
    const send = (isGone: boolean) => edge.send(AXFR, { transport: 'tcp', isGone: () => isGone })
    const isRefused = (answer: Answer) => answer instanceof Uint8Array && decoded(answer).header.rcode === 2
    assert.ok(isRefused(await send(true)))
    const waiting = Array.from({ length: 500 }, () => send(false))
    assert.ok(isRefused(await send(false)), 'one too many waits')
    mayCome = false
    assert.ok((await Promise.all(waiting)).every(isRefused))
  })
  it('that fail before their first message keep neither a slot nor the zone', async () => {
    const zone = new History(1).zoneAt(1)
    const responder = responderOf([zone])
    const edge = new MessageEdge(zone, responder, {
      responder: {
        limit: () => 'pass',
        udpSize: 1_232,
        optionsFor: () => {
          throw new Error('no options')
        },
      },
    })
    const answer = await edge.send(AXFR, { transport: 'tcp' })
    assert.ok(answer !== undefined && !(answer instanceof Uint8Array))
    await assert.rejects(answer.next(), /no options/)
    assert.deepEqual([edge.slots.running, zone.isPinned], [0, false])
  })
})
