import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Condenser, octetsOf } from '../../services/edge/transfers/condense.ts'
import { Slots } from '../../services/edge/transfers/slots.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import type { ZoneContents } from '../../shared/zone-contents.ts'
import { History } from '../edge/zones-support.ts'

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
  it('lead to the same zone, from any serial on, and never take more octets', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }), fc.nat(), (numbers, from) => {
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
        assert.ok(octetsOf(difference) <= octets)
      }),
    )
  })

  it('cut between any two records are read all the same; what ends too early is refused', () => {
    const history = historyOf([1, 2, 3])
    const condenser = new Condenser()
    assert.throws(() => condenser.finish(), TypeError)
    assert.throws(() => condenser.push(history.events[1]!.diff.subarray(0, 5)), TypeError)
  })
})

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
})
