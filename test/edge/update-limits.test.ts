import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RateBuckets } from '../../services/edge/update/rate-buckets.ts'
import { senderOf, UpdateLimits } from '../../services/edge/update/update-limits.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { rateFromText, rateText } from '../../shared/zone-settings.ts'

/** A clock that the test moves, in ms. */
function clock() {
  let at = 0
  return { now: () => at, pass: (ms: number) => (at += ms) }
}

describe('a rate of updates', () => {
  const rate = { count: 3, seconds: 60 }
  it('is so many at once, then one each part of the period', () => {
    const { now, pass } = clock()
    const buckets = new RateBuckets(now)
    const take = () => buckets.take('a', rate)
    assert.deepEqual([take(), take(), take(), take()], [true, true, true, false])
    pass(19_999)
    assert.equal(take(), false)
    pass(1)
    assert.deepEqual([take(), take()], [true, false])
  })
  it('gathers no more than its count', () => {
    const { now, pass } = clock()
    const buckets = new RateBuckets(now)
    pass(3_600_000)
    const taken = Array.from({ length: 5 }, () => buckets.take('a', rate))
    assert.deepEqual(taken, [true, true, true, false, false])
  })
  it('is counted for each by itself', () => {
    const buckets = new RateBuckets(clock().now)
    const one = { count: 1, seconds: 60 }
    assert.deepEqual(
      [buckets.take('a', one), buckets.take('b', one), buckets.take('a', one)],
      [true, true, false],
    )
  })

  for (const [text, shown] of [
    ['10/1m', '10/1m'],
    ['10/60s', '10/1m'],
    ['5/m', '5/1m'],
    ['100/90s', '100/90s'],
    ['1/24h', '1/1d'],
    ['0', 'no limit'],
  ] as const)
    it(`${text} is ${shown}`, () => assert.equal(rateText(rateFromText(text)!), shown))
  for (const text of ['', '10', '10/', '/m', '0/m', '10/0m', '10/1w', '-1/m', '1.5/m', '10/400d'])
    it(`'${text}' is none`, () => assert.equal(rateFromText(text), undefined))
})

describe('one sender', () => {
  for (const [identity, address, sender] of [
    ['key:demo.', '192.0.2.1', 'key:demo.'],
    ['unsigned', '192.0.2.1', '192.0.2.1'],
    ['unsigned', '2001:db8::1', '2001:0db8:0000:0000::/64'],
    ['unsigned', '2001:db8::2:3', '2001:0db8:0000:0000::/64'],
    ['unsigned', 'fe80::1%eth0', 'fe80:0000:0000:0000::/64'],
  ] as const)
    it(`${identity} from ${address} is ${sender}`, () => assert.equal(senderOf(identity, address), sender))
})

describe('the limits of an edge', () => {
  const free = { id: 1, name: nameOf('example.com.'), rules: [] }
  const zone = { ...free, updateRate: { count: 1, seconds: 60 } }
  const print = (octet: number) => Uint8Array.of(octet)

  it('a request is counted once within 30 s, whatever became of it', () => {
    const { now, pass } = clock()
    const limits = new UpdateLimits(10, now)
    const admit = (octet: number) => limits.admit(zone, 'key:a.', print(octet))?.reason
    assert.deepEqual([admit(1), admit(1), admit(2)], [undefined, undefined, 'rate-limited'])
    pass(30_001)
    assert.equal(admit(1), 'rate-limited')
  })
  it('a sender has so many updates under way, until they are settled', () => {
    const limits = new UpdateLimits(2)
    const admit = (sender: string) => limits.admit(free, sender, print(1))?.reason
    const leaves = [limits.enter('a'), limits.enter('a')]
    assert.deepEqual([admit('a'), admit('b')], ['too-many-in-flight', undefined])
    for (const leave of leaves) leave()
    assert.equal(admit('a'), undefined)
  })
  it('the tokens of a key are counted one by one, and all together by larger limits', () => {
    const limits = new UpdateLimits(20)
    const admit = (token?: string) => limits.admit(free, 'key:a.', print(1), token)?.reason
    const under = (count: number, token: string) =>
      Array.from({ length: count }, () => limits.enter('key:a.', token))
    const looping = under(2, 'looping')
    assert.deepEqual(['looping', 'other', undefined].map(admit), ['too-many-in-flight', undefined, undefined])
    const others = Array.from({ length: 18 }, (_, at) => under(1, `other ${at}`)).flat()
    assert.deepEqual(['other', undefined].map(admit), ['too-many-in-flight', 'too-many-in-flight'])
    for (const leave of [...looping, ...others]) leave()
    const send = (octet: number, token?: string) => limits.admit(zone, 'key:a.', print(octet), token)?.reason
    assert.deepEqual([send(1, 'looping'), send(2, 'looping')], [undefined, 'rate-limited'])
    for (let at = 3; at < 12; at++) assert.equal(send(at, `token ${at}`), undefined)
    assert.equal(send(12, 'the eleventh'), 'rate-limited')
    assert.equal(send(13), undefined)
  })
})
