import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { raceBind } from './against-bind.ts'

describe('RFC 2136 as BIND understands it', () => {
  it('5,000 random messages do the same to both, but for the agreed differences', async () => {
    const { messages, rcodes, failures } = await raceBind({ seed: 1, messages: 5_000 })
    assert.deepEqual(failures, [])
    assert.ok(messages >= 5_000)
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
      assert.ok((rcodes.get(rcode) ?? 0) >= 10, `too few ${rcode}: ${JSON.stringify([...rcodes])}`)
  })
})
