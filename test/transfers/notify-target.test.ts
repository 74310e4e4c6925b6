import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseNotifyTarget } from '../../shared/transfers/notify-target.ts'

describe('a server to be notified', () => {
  for (const [given, text] of [
    ['192.0.2.1', '192.0.2.1:53'],
    ['NS1.Example.net:5353', 'ns1.example.net.:5353'],
    ['xfr+192.0.2.1', 'xfr+192.0.2.1:53'],
    // answers are told apart by the address that the system says they come from
    ['2001:DB8:0:0::1', '[2001:db8::1]:53'],
    ['[2001:0db8::0001]:5353', '[2001:db8::1]:5353'],
    ['fe80:0::1%eth0', '[fe80::1%eth0]:53'],
  ] as const)
    it(`'${given}' is ${text}`, () => {
      const target = parseNotifyTarget(given)
      assert.ok(target.ok)
      assert.equal(target.value.text, text)
    })
})
