import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import { newId, update } from '../support/dns-client.ts'
import { PolicyContest } from './policy-contest.ts'
import { PLAIN, POLICY_AGREED, POLICY_DIFFERENCES, type PolicyCase } from './policy-differences.ts'
import { policyRace, ZONE_FILE } from './update-policy.ts'

describe("update rules and BIND's update-policy", () => {
  it('say the same to 2,000 random updates under random lists', async () => {
    const { messages, rcodes, failures } = await policyRace({ seed: 1, messages: 2_000, zones: 40 })
    assert.deepEqual(failures, [])
    assert.ok(messages >= 2_000)
    for (const rcode of ['NOERROR', 'REFUSED', 'NOTZONE'])
      assert.ok((rcodes.get(rcode) ?? 0) >= 5, `too few ${rcode}: ${JSON.stringify([...rcodes])}`)
    assert.ok(rcodes.get('NOERROR')! >= 400, `too few NOERROR: ${JSON.stringify([...rcodes])}`)
  })

  describe('in cases of their own', () => {
    const cases = [...POLICY_DIFFERENCES, ...POLICY_AGREED]
    let contest: PolicyContest
    before(async () => {
      const zones = new Map(cases.map(({ zone, ours, bind }) => [zone, { name: zone, ours, bind }]))
      contest = await PolicyContest.start([...zones.values()], [PLAIN, nameOf('other.plain.')], ZONE_FILE)
    })
    after(() => contest?.close())

    const ask = async ({ zone, key, tcp, updates }: PolicyCase) =>
      await contest.ask(update({ id: newId(), zone, updates }), key, tcp)

    for (const each of POLICY_DIFFERENCES)
      it(`differ: ${each.title} — ${each.because}`, async () =>
        assert.deepEqual(await ask(each), each.rcodes))
    for (const each of POLICY_AGREED)
      it(`agree: ${each.title}`, async () =>
        assert.deepEqual(await ask(each), [each.rcodes[0], each.rcodes[0]]))
  })
})
