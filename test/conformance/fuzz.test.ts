import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fuzzEverywhere } from './fuzz.ts'

describe('messages that are nearly right', () => {
  it('1,000,000 of them: decoding, deciding and applying never throw', async () => {
    const tally = await fuzzEverywhere({ seed: 1, messages: 1_000_000 })
    const messages = Object.values(tally).reduce((sum, count) => sum + count, 0)
    assert.ok(messages >= 1_000_000)
    // mutations that spoil everything, or nothing, would show little
    for (const outcome of ['changed', 'NOERROR', 'FORMERR', 'NOTZONE', 'NOTAUTH', 'NXRRSET', 'YXDOMAIN'])
      assert.ok((tally[outcome] ?? 0) > messages / 200, `too few ${outcome}: ${JSON.stringify(tally)}`)
    assert.ok((tally.malformed ?? 0) < 0.8 * messages, JSON.stringify(tally))
  })
})
