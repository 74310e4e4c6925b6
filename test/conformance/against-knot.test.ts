import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { raceKnot } from './against-knot.ts'

describe('RFC 2136 as Knot DNS understands it', () => {
  it('1,500 random messages do the same to both, but for the agreed differences', async () => {
    const { messages, rcodes, failures } = await raceKnot({ seed: 1, messages: 1_600 })
    assert.deepEqual(failures, [])
    assert.ok(messages >= 1_500, `${messages}`)
    for (const rcode of [
      'NOERROR',
      'FORMERR',
      'NOTAUTH',
      'NOTZONE',
      'NXDOMAIN',
      'NXRRSET',
      'YXDOMAIN',
      'YXRRSET',
    ])
      assert.ok((rcodes.get(rcode) ?? 0) >= 5, `too few ${rcode}: ${JSON.stringify([...rcodes])}`)
  })
})
