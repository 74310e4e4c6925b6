import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AnswerCache, type Remembered } from '../../services/edge/answer/answer-cache.ts'
import { answerQuestion } from '../../services/edge/answer/answer-question.ts'
import { RateLimiter } from '../../services/edge/answer/rate-limit.ts'
import { MemoryBudget, ZoneTooLarge } from '../../services/edge/zones/memory-budget.ts'
import { parseName } from '../../shared/dns/name.ts'
import { zoneWith } from './answer-support.ts'

describe('a remembered answer', () => {
  it('keeps its own octets, and nothing of the larger buffer that it was written in', () => {
    const written = Buffer.allocUnsafe(65_536).subarray(100, 220)
    const cache = new AnswerCache()
    cache.keep('q', { draft: { bytes: written, rcode: 0, kind: 0 } } as unknown as Remembered)
    const { bytes } = cache.find('q')!.draft
    assert.deepEqual(Buffer.from(bytes), written)
    assert.equal(bytes.buffer.byteLength, written.length)
  })
  it('counts with the names that it rests on, of which there are many where a name has 120 labels', () => {
    const zone = zoneWith('* A 192.0.2.1')
    const asked = parseName(`${'a.'.repeat(120)}example.com.`)
    assert.ok(asked.ok)
    const { names } = zone.noting(() => answerQuestion(zone, asked.value, 1, false, () => undefined))
    assert.ok(names.length >= 120, `${names.length} names`)
    const cache = new AnswerCache()
    const bytes = new Uint8Array(290)
    for (let number = 0; number < 60_000; number++) {
      const question = String(number).padEnd(270, 'a')
      cache.keep(question, { draft: { bytes, rcode: 0, kind: 0 }, names } as unknown as Remembered)
    }
    const each = 290 + 270 + 8 * names.length
    assert.ok(cache.size * each < 32 * 2 ** 20, `${cache.size} answers of ${each} octets`)
  })
})

describe('rate limiting on an edge that has run for a month', () => {
  it('still lets the account make room that was idle longest', () => {
    const settings = {
      perSecond: 5,
      allPerSecond: 0,
      windowSeconds: 15,
      slip: 0,
      ipv4Prefix: 24,
      ipv6Prefix: 56,
      exempt: [],
    }
    const limiter = new RateLimiter(settings)
    const flows = 100_000
    const floodAt = (now: number) => {
      let passed = 0
      for (let kind = 1; kind <= flows; kind++)
        if (limiter.judge(`10.${kind >> 16}.${(kind >> 8) & 255}.1`, kind, now) === 'pass') passed++
      return passed
    }
    // many more flows than accounts: what passes is what a fresh account has
    const began = 1_800_000_000_000
    const overdraw = (now: number) => {
      let passed = 0
      for (let answer = 0; answer < 100; answer++) if (limiter.judge('192.0.2.1', 7, now) === 'pass') passed++
      return passed
    }
    floodAt(began)
    assert.equal(overdraw(began), 5)
    const later = began + 2 ** 31 + 60_000
    floodAt(later)
    assert.equal(overdraw(later), 5)
    assert.equal(overdraw(later + 1), 0, 'the account of an answer just judged is not the one that goes')
  })
})

describe('the budget of the cache', () => {
  it('lets a zone that fits be fetched anew beside itself, and others make room', () => {
    const evicted: number[] = []
    const other = { id: 2, mayGo: true, lastUsed: 1, evict: () => evicted.push(2) }
    const budget = new MemoryBudget(100, () => [other])
    budget.use(2, 30)
    budget.use(1, 60)
    budget.use(1, 60, 60)
    assert.deepEqual(evicted, [2])
  })
  it('refuses one that can never fit, held or being fetched', () => {
    const budget = new MemoryBudget(100, () => [])
    assert.throws(() => budget.use(1, 101), ZoneTooLarge)
    assert.throws(() => budget.use(1, 10, 101), ZoneTooLarge)
  })
})
