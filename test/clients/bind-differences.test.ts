import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Class, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { newId } from '../support/dns-client.ts'
import type { UpdateSpec } from '../support/spec.ts'
import { asking, DIFFERENCES, MANY_RECORDS, NOTHING, OTHER_CLASS } from './bind-difference-list.ts'
import { Contest } from './contest.ts'

// Where zonelog and BIND's named do not do the same with a message, and why; and rare cases in which they do.

const APEX = nameOf('example.com.')
const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 100 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
host A 192.0.2.1
host NS ns.example.net.
alias CNAME host
`
const UPDATE = 5

let contest: Contest
before(async () => {
  contest = await Contest.start(APEX, ZONE_FILE)
})
after(() => contest?.close())

/** A message whose id differs from those before, so that no one takes it for a re-send. */
function octets(spec: UpdateSpec): Uint8Array {
  const bytes = spec.wire()
  Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt16BE(newId())
  return bytes
}

describe('where BIND does otherwise', () => {
  for (const { title, because, message, ours, theirs } of DIFFERENCES)
    it(`${title} — ${because}`, async () => {
      const replies = await contest.ask(octets(message))
      assert.deepEqual(
        replies.map(({ rcode, changes }) => [rcode, ...changes]),
        [ours, theirs],
      )
    })

  it(`${MANY_RECORDS.title} — ${MANY_RECORDS.because}`, async () => {
    const spec = asking()
    for (let octet = 0; octet <= 100; octet++) spec.add(`many 60 A 10.0.0.${octet}`)
    const [ours, theirs] = await contest.ask(octets(spec))
    assert.deepEqual([ours.rcode, ours.changes], ['REFUSED', [NOTHING]])
    assert.deepEqual([theirs.rcode, theirs.changes], ['SERVFAIL', [NOTHING]])
  })

  it(`${OTHER_CLASS.title} — ${OTHER_CLASS.because}`, async () => {
    for (const [class_, rcode] of [
      [Class.CH, 'NOTIMP'],
      [Class.ANY, 'FORMERR'],
    ] as const) {
      const questions = [{ name: APEX, type: Type.SOA, class: class_ }]
      const message = encodeMessage({ id: newId(), opcode: UPDATE, questions })
      const [ours, theirs] = await contest.ask(message)
      assert.deepEqual([ours.rcode, theirs.rcode], ['NOTAUTH', rcode])
    }
  })
})

/** Messages that say the same to both, and chance would hardly make. */
const AGREED: readonly { title: string; message: UpdateSpec; rcode: string; changes?: readonly string[] }[] =
  [
    {
      title: 'RFC 2136 §3.4.2.2 a WKS takes the place of the one with its address and protocol',
      message: asking().add('wks 60 WKS 192.0.2.1 6 25', 'wks 60 WKS 192.0.2.1 6 80'),
      rcode: 'NOERROR',
      changes: ['+ wks.example.com. 60 IN WKS 192.0.2.1 6 80', 'serial +1'],
    },
    {
      title:
        'RFC 2136 §2.2 RDATA that cannot be of its type makes the message malformed, in a prerequisite too',
      message: asking().requireNoName('host').requireValues('host A octets:01'),
      rcode: 'FORMERR',
    },
    {
      title: 'RFC 6895 §3.1 type 0 is no type of a record',
      message: asking().add('zero 60 TYPE0 octets:00'),
      rcode: 'FORMERR',
    },
    {
      title: 'RFC 2136 §3.2.3 forms of prerequisite about one set stand side by side',
      message: asking().requireName('alias').requireRRset('alias CNAME').requireValues('alias CNAME host'),
      rcode: 'NOERROR',
    },
    {
      title: 'RFC 2136 §2.5.4 a value of no octets is one of an unknown type',
      message: asking().deleteRecord('host TYPE65280 octets:'),
      rcode: 'NOERROR',
    },
    {
      title: 'RFC 2136 §3.4.1 nor of a known type',
      message: asking().deleteRecord('host A octets:'),
      rcode: 'FORMERR',
    },
    {
      title: 'a name of 255 octets',
      message: asking().add(
        `${['a', 'b', 'c'].map((letter) => letter.repeat(63)).join('.')}.${'d'.repeat(47)} 60 A 192.0.2.1`,
      ),
      rcode: 'NOERROR',
    },
    {
      title: 'labels of any octets',
      message: asking().add('\\000\\.\\255x 60 TYPE65280 octets:00ff'),
      rcode: 'NOERROR',
      changes: ['+ \\000\\.\\255x.example.com. 60 IN TYPE65280 \\# 2 00ff', 'serial +1'],
    },
    {
      title: 'what is added and deleted again moves no serial',
      message: asking().add('brief 60 A 192.0.2.1').deleteRecord('brief A 192.0.2.1'),
      rcode: 'NOERROR',
      changes: [NOTHING],
    },
    {
      title: 'what is deleted and added again moves no serial',
      message: asking().deleteName('ns1').add('ns1 300 A 192.0.2.53'),
      rcode: 'NOERROR',
      changes: [NOTHING],
    },
  ]

describe('where both do the same', () => {
  for (const { title, message, rcode, changes } of AGREED)
    it(title, async () => {
      const [ours, theirs] = await contest.ask(octets(message))
      assert.deepEqual([ours.rcode, theirs.rcode], [rcode, rcode])
      if (changes !== undefined) assert.deepEqual([ours.changes, theirs.changes], [changes, changes])
      else assert.deepEqual(ours.changes.slice(0, -1), theirs.changes.slice(0, -1))
    })

  it('the serial 2^32 - 1 is followed by 1, for 0 means to some that there is none', async () => {
    for (const serial of [2_000_000_900, 4_000_000_000, 0xffff_ffff])
      await contest.ask(octets(asking().add(`@ 300 SOA ns1 hostmaster ${serial} 3600 600 86400 300`)))
    assert.equal(contest.serial, 0xffff_ffff)
    const [ours, theirs] = await contest.ask(octets(asking().add('wrap 60 A 192.0.2.1')))
    assert.deepEqual([ours.changes.at(-1), theirs.changes.at(-1)], ['serial +2', 'serial +2'])
    assert.equal(contest.serial, 1)
  })
})
