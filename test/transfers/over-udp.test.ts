import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ServerCookies } from '../../services/edge/answer/cookies.ts'
import { RateLimiter } from '../../services/edge/answer/rate-limit.ts'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import { RecentChanges } from '../../services/edge/zones/recent-changes.ts'
import { Class, Opcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage, type Message, type MessageParts } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../shared/dns/soa.ts'
import { signMessage } from '../../shared/dns/tsig.ts'
import { sipHashKey } from '../../shared/siphash.ts'
import { decoded, responderOf } from '../edge/answer-support.ts'
import { MessageEdge } from '../edge/message-edge.ts'
import { APEX, History } from '../edge/zones-support.ts'

const CHANGES = 12

/** At serial 1, then changed under the eyes of the edge, once to some length. */
function changedZone(): CachedZone {
  const history = new History(1)
  const zone = history.zoneAt(1)
  history.change('', Array.from({ length: 60 }, (_, host) => `many-${host} A 192.0.2.1`).join('\n'))
  for (let host = 1; host < CHANGES; host++) history.change('', `host-${host} A 192.0.2.${host}`)
  for (const event of history.events.slice(1)) zone.advance(event)
  return zone
}

const zone = changedZone()
const NEWEST = CHANGES + 1

function edgeOf(settings: Partial<ConstructorParameters<typeof RateLimiter>[0]> = {}): MessageEdge {
  const limiter = new RateLimiter({
    perSecond: 5,
    allPerSecond: 0,
    windowSeconds: 15,
    slip: 2,
    ipv4Prefix: 24,
    ipv6Prefix: 56,
    exempt: [],
    ...settings,
  })
  return new MessageEdge(zone, responderOf([zone], { limiter, cookies }))
}
const cookies = new ServerCookies(() => [sipHashKey(Buffer.alloc(16, 5))])

function ixfr(serial: number, parts: Partial<MessageParts> = {}): Uint8Array {
  const [rdata] = zone.soa.rdata
  const soa = { ...zone.soa, class: Class.IN, rdata: withSerial(rdata!, serial as Serial) }
  const questions = [{ name: APEX, type: Type.IXFR, class: Class.IN }]
  return encodeMessage({ id: 1, questions, authorities: [soa], ...parts })
}

const serialsIn = (answer: Message) =>
  answer.answers.filter(({ type }) => type === Type.SOA).map(({ rdata }) => serialOf(rdata))

async function answered(edge: MessageEdge, bytes: Uint8Array): Promise<Message> {
  const answer = await edge.send(bytes)
  assert.ok(answer instanceof Uint8Array)
  return decoded(answer)
}

/** What the answers are: `.` silence, `T` truncated, `A` whole. */
async function burst(edge: MessageEdge, count: number, bytes: Uint8Array): Promise<string> {
  let seen = ''
  for (let index = 0; index < count; index++) {
    const answer = await edge.send(bytes)
    const message = answer instanceof Uint8Array ? decoded(answer) : undefined
    if (message?.header.tc) assert.deepEqual(message.answers, [])
    seen += message === undefined ? '.' : message.header.tc ? 'T' : 'A'
  }
  return seen
}

describe('RFC 1995 §2: IXFR over UDP, from whatever address a request claims', () => {
  it('is answered of what the edge has at hand, and never costs the writers anything', async () => {
    const edge = edgeOf({ perSecond: 100 })
    assert.deepEqual(serialsIn(await answered(edge, ixfr(NEWEST - 3))), [NEWEST, NEWEST - 3, NEWEST, NEWEST])
    for (const serial of [1, 0, 4_000_000_000, NEWEST, NEWEST + 1])
      assert.deepEqual(serialsIn(await answered(edge, ixfr(serial))), [NEWEST], `from ${serial}`)
    assert.deepEqual([edge.asked, edge.slots.running], [[], 0])
  })
  it('is no longer than the largest UDP answer of this edge (ZONELOG_UDP_SIZE), whatever its client takes', async () => {
    const request = ixfr(NEWEST - 8, { edns: { udpSize: 4_096 } })
    for (const [udpSize, serials] of [
      [512, [NEWEST]],
      [1_232, [NEWEST, NEWEST - 8, NEWEST, NEWEST]],
      [4_096, [NEWEST, NEWEST - 8, NEWEST, NEWEST]],
    ] as const) {
      const answer = await answered(new MessageEdge(zone, responderOf([zone], { udpSize })), request)
      assert.deepEqual([serialsIn(answer), answer.edns?.udpSize], [serials, udpSize])
    }
  })
  it('takes some 3 KB while it is made: anybody can ask', async (t) => {
    const edge = edgeOf({ perSecond: 100 })
    const allocations = t.mock.method(Buffer, 'allocUnsafe')
    for (const serial of [1, NEWEST - 3, NEWEST]) await answered(edge, ixfr(serial))
    const octets = allocations.mock.calls.map((call) => call.arguments[0]!)
    assert.ok(octets.length > 0 && Math.max(...octets) < 4_000, `${octets} octets`)
  })
  it('takes 2 KiB of a zone’s memory, however often it changes', () => {
    const recent = new RecentChanges()
    for (let serial = 1; serial <= 1_000; serial++) recent.add(serial, new Uint8Array(150))
    assert.ok(recent.octets < 6 * 1024, `${recent.octets} octets`)
    assert.deepEqual(
      [recent.since(1_000)?.length, recent.since(995)?.length, recent.since(900)],
      [1, 6, undefined],
    )
  })
  it('has the limited rate of answers; what slips sends a secondary to TCP', async () => {
    assert.equal(await burst(edgeOf(), 10, ixfr(NEWEST - 1)), 'AAAAA.T.T.')
    assert.equal(await burst(edgeOf(), 10, ixfr(NEWEST)), 'AAAAA.T.T.')
  })
  it('is not limited where a signature or a cookie shows that the address is no forgery', async () => {
    const edge = edgeOf()
    assert.equal(await burst(edge, 10, edge.signed(ixfr(NEWEST - 1))), 'A'.repeat(10))
    const data = cookies.answer(Buffer.alloc(8, 1), '192.0.2.1', Date.now() / 1_000)
    const edns = { options: [{ code: 10, data }] }
    assert.equal(await burst(edge, 10, ixfr(NEWEST - 1, { edns })), 'A'.repeat(10))
  })
  it('tells what a client has only where its address is no forgery', async () => {
    const edge = edgeOf()
    await edge.send(ixfr(NEWEST - 1))
    assert.deepEqual(edge.serials, [])
    await edge.send(edge.signed(ixfr(NEWEST - 2)))
    await edge.send(ixfr(NEWEST), { transport: 'tcp' })
    assert.deepEqual(edge.serials, [NEWEST - 2, NEWEST])
  })
  it('waits for a zone that is being fetched, but only so many at once; who asks for one that is held need not', async () => {
    const { promise, resolve } = Promise.withResolvers<CachedZone | undefined>()
    let found: CachedZone | typeof promise = promise
    const edge = new MessageEdge(zone, responderOf([zone], { limiter: undefined }), {
      cache: { get: () => found, isExpired: () => false, mayCome: () => true },
    })
    const waiting = Array.from({ length: 200 }, () => edge.send(ixfr(NEWEST)))
    const busy = await Promise.all(waiting.slice(100))
    assert.ok(busy.every((answer) => answer instanceof Uint8Array && decoded(answer).header.rcode === 2))
    found = zone
    assert.deepEqual(serialsIn(await answered(edge, ixfr(NEWEST - 1))), [NEWEST, NEWEST - 1, NEWEST, NEWEST])
    resolve(zone)
    for (const answer of await Promise.all(waiting.slice(0, 100)))
      assert.equal((answer as Uint8Array)[3]! & 15, 0)
  })
})

describe('response rate limiting of what is no answer to a query', () => {
  const question = { questions: [{ name: APEX, type: Type.SOA, class: Class.IN }] }
  const stranger = (bytes: Uint8Array) =>
    signMessage(
      bytes,
      { name: nameOf('stranger.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32) },
      Date.now() / 1_000,
    ).bytes
  const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)
  const errors = (opcode: number) => [
    cut(encodeMessage({ id: 1, opcode, ...question })),
    stranger(encodeMessage({ id: 1, opcode, ...question })),
  ]
  const LIMITED = [
    ['another opcode', encodeMessage({ id: 1, opcode: Opcode.STATUS, ...question })],
    ['a malformed message', errors(Opcode.QUERY)[0]!],
    ['a key that is not known', errors(Opcode.QUERY)[1]!],
    ['NOTIFY', encodeMessage({ id: 1, opcode: Opcode.NOTIFY, ...question })],
    ['AXFR over UDP', encodeMessage({ id: 1, questions: [{ ...question.questions[0]!, type: Type.AXFR }] })],
    [
      'IXFR of a zone that is not here',
      ixfr(1, { questions: [{ name: nameOf('example.net.'), type: Type.IXFR, class: Class.IN }] }),
    ],
    [
      'a query outside our zones',
      encodeMessage({ id: 1, questions: [{ ...question.questions[0]!, name: nameOf('example.net.') }] }),
    ],
  ] as const
  for (const [what, bytes] of LIMITED)
    it(`${what}: as errors, which count together`, async () => {
      const edge = edgeOf({ slip: 0 })
      assert.equal(await burst(edge, 7, bytes), 'AAAAA..')
      for (const [, other] of LIMITED) assert.equal(await edge.send(other), undefined)
      assert.notEqual(await edge.send(bytes, { transport: 'tcp' }), undefined)
    })
  it('what slips leaves as it is, since it is as short as what would say to ask again', async () =>
    assert.equal(await burst(edgeOf(), 9, LIMITED[2][1]), 'AAAAA.A.A'))
  it('leaves UPDATE alone, whoever it comes from', async () => {
    const edge = edgeOf({ slip: 0 })
    const update = encodeMessage({ id: 1, opcode: Opcode.UPDATE, ...question })
    for (const bytes of [update, ...errors(Opcode.UPDATE)])
      assert.equal(await burst(edge, 20, bytes), 'A'.repeat(20))
  })
  it('what is refused is counted and audited whether or not anybody is told (P5)', async () => {
    const edge = edgeOf({ slip: 0 })
    await burst(edge, 20, LIMITED[1][1])
    assert.equal(edge.refusals.length, 20)
  })
})
