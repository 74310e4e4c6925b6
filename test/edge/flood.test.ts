import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { FairShare } from '../../services/edge/flood/fair-share.ts'
import { Kind, kindOf } from '../../services/edge/flood/kinds.ts'
import { ProvenSenders } from '../../services/edge/flood/proven-senders.ts'
import { parseQueues } from '../../services/edge/flood/socket-queues.ts'
import { slotOf } from '../../services/edge/flood/source-slots.ts'
import { listenUdp } from '../../services/edge/listeners/udp.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { addA, DnsClient, query, signed, update } from '../support/dns-client.ts'
import { until } from './listeners-support.ts'

const KEY = { name: nameOf('k.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1) } as const
const QUESTION = query('example.com.', 'SOA')
const UPDATE = update({ updates: [addA('a.example.com.', '192.0.2.1')] })
const SIGNED = signed(UPDATE, KEY)
const FLOODER = '192.0.2.1'

const LOSS = { read: 1_000, lost: 500, fill: 1 }
const CALM = { read: 1_000, lost: 0, fill: 0 }

function flooded(proven = new ProvenSenders()): FairShare {
  const share = new FairShare(proven)
  share.look(LOSS)
  assert.equal(share.look(LOSS), 'flooded')
  return share
}

/** How many of so many datagrams are taken. */
function taken(
  share: FairShare,
  count: number,
  message: Uint8Array,
  from: (index: number) => string,
): number {
  return Array.from({ length: count }, (_, index) => share.takes(message, from(index))).filter(Boolean).length
}

const flooder = () => FLOODER
const anybody = (index: number) => `10.0.${index >> 8}.${index & 0xff}`

describe('in a flood of datagrams', () => {
  it('a pause of the edge, which fills a buffer once, is none', () => {
    const share = new FairShare(new ProvenSenders())
    for (const pressure of [LOSS, CALM, LOSS, CALM]) share.look(pressure)
    assert.equal(share.isOn, false)
  })
  it('each sender has its share, so who sends little does not notice', () => {
    const share = flooded()
    assert.equal(taken(share, 10_000, UPDATE, flooder), 700)
    assert.equal(share.takes(UPDATE, '192.0.2.2'), true)
    assert.equal(share.shed, 9_300)
  })
  it('the share shrinks until reading keeps up, but never to nothing', () => {
    const share = flooded()
    share.look({ read: 40_000, lost: 0, fill: 0.6 })
    assert.equal(taken(share, 1_000, UPDATE, flooder), 490)
    for (let look = 0; look < 100; look++) share.look(LOSS)
    assert.equal(taken(share, 1_000, UPDATE, flooder), 2)
  })
  it('it grows where there is room, and at last nobody is limited', () => {
    const share = flooded()
    taken(share, 10_000, UPDATE, flooder)
    share.look(CALM)
    assert.equal(taken(share, 10_000, UPDATE, flooder), 770)
    const looks = Array.from({ length: 60 }, () => share.look(CALM))
    assert.deepEqual(looks.filter(Boolean), ['over'])
    assert.equal(share.isOn, false)
  })
  it('from endless addresses, one kind of message leaves room for the others', () => {
    const share = flooded()
    assert.equal(taken(share, 60_000, UPDATE, anybody), 5_600)
    assert.deepEqual([share.takes(QUESTION, FLOODER), share.takes(SIGNED, FLOODER)], [true, true])
  })
  it('and forged signatures leave alone who signed rightly before', () => {
    let now = 0
    const proven = new ProvenSenders(() => now)
    proven.add('192.0.2.7')
    const share = flooded(proven)
    taken(share, 60_000, SIGNED, anybody)
    assert.deepEqual([share.takes(SIGNED, FLOODER), share.takes(SIGNED, '192.0.2.7')], [false, true])
    now = 25 * 3_600_000
    assert.equal(share.takes(SIGNED, '192.0.2.7'), false)
  })
  it('a host of IPv6 is one sender with all addresses of its /64', () => {
    assert.equal(slotOf('2001:db8::1'), slotOf('2001:db8::ffff:2'))
    assert.notEqual(slotOf('2001:db8::1'), slotOf('2001:db8:0:1::1'))
  })

  for (const [what, message, kind] of [
    ['a query', QUESTION, Kind.QUERY],
    ['a signed update', SIGNED, Kind.SIGNED_UPDATE],
    ['another update', UPDATE, Kind.OTHER_UPDATE],
    ['an answer', Uint8Array.from(QUESTION, (octet, at) => (at === 2 ? octet | 0x80 : octet)), Kind.OTHER],
    ['less than a header', QUESTION.subarray(0, 11), Kind.OTHER],
  ] as const)
    it(`${what} is told by its header`, () => assert.equal(kindOf(message), kind))

  it('Linux tells what waits in a socket, and what was lost', () => {
    const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
16076: 0100007F:72C9 00000000:0000 07 00000000:00004B00 00:00000000 00000000     0        0 3334519 2 00000000d50a32ea 342230
`
    assert.deepEqual(parseQueues(table), [{ inode: '3334519', octets: 0x4b00, drops: 342_230 }])
  })
})

describe('an edge that is flooded', { skip: process.platform !== 'linux' }, () => {
  const open: (() => unknown)[] = []
  after(() => Promise.all(open.map((close) => close())))

  it('answers others all the same', async () => {
    const listener = await listenUdp({
      endpoints: [{ host: '127.0.0.1', port: 0 }],
      handle: (message) => answerSlowly(message),
      log: silentLogger(),
    })
    open.push(() => listener.close())
    const { port } = listener.endpoints[0]!
    const workerData = { port, zone: 'example.com.', seed: 1, seconds: 60, sources: 1 }
    const worker = new Worker(new URL('../faults/flood-worker.ts', import.meta.url), { workerData })
    open.push(() => worker.terminate())
    await until(() => listener.flood.share.shed > 1_000, 30_000)
    assert.ok(listener.flood.lost > 0)
    const client = await DnsClient.to(port, '127.0.0.2')
    open.push(() => client.close())
    for (let question = 0; question < 20; question++) {
      const message = query('example.com.', 'SOA')
      let answer: unknown
      for (let attempt = 0; attempt < 4 && answer === undefined; attempt++)
        answer = await client.send(message, 1_000)
      assert.ok(answer !== undefined, `question ${question}`)
    }
  })

  /** A tenth of a millisecond of work, without a pause. */
  function answerSlowly(message: Uint8Array): Uint8Array {
    const end = performance.now() + 0.1
    while (performance.now() < end);
    return message
  }
})
