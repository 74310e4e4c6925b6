import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Class, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { newId } from '../support/dns-client.ts'
import { given, type UpdateSpec, zoneOf } from '../support/spec.ts'
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
const SHA_256 = 'AB'.repeat(32)
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

const asking = () => given(zoneOf())

interface Difference {
  readonly title: string
  /** Why zonelog does what it does. */
  readonly because: string
  readonly message: UpdateSpec
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

const NOTHING = 'serial +0'

const DIFFERENCES: readonly Difference[] = [
  {
    title: 'an SOA that is later than one before it in the message, yet not than the stored one',
    because: 'RFC 1982: the serial would go backwards',
    message: asking().add(
      '@ 300 SOA ns1 hostmaster 2000000000 3600 600 86400 300',
      '@ 300 SOA ns1 hostmaster 4147483647 3600 600 86400 300',
      '@ 300 SOA ns1 hostmaster 50 3600 600 86400 300',
    ),
    ours: ['NOERROR', `serial +${2_000_000_000 - 100}`],
    theirs: ['SERVFAIL', NOTHING],
  },
  {
    title: 'a prerequisite is looked at before the update section',
    because: 'RFC 2136 §3.2 comes before §3.4.1; BIND scans first to save work',
    message: asking().requireNoName('host').add('www.example.net. 60 A 192.0.2.1'),
    ours: ['YXDOMAIN', NOTHING],
    theirs: ['NOTZONE', NOTHING],
  },
  {
    title: 'a required value of TKEY, whose RDATA BIND reads and we do not',
    because: 'RFC 2136 §3.2.3 compares RDATA; a type for questions only is in no zone',
    message: asking().requireValues('host TKEY octets:01'),
    ours: ['NXRRSET', NOTHING],
    theirs: ['FORMERR', NOTHING],
  },
  {
    title: 'a required value given twice',
    because: 'RFC 2136 §3.2.3 compares sets, in which a value is once (RFC 2181 §5)',
    message: asking().requireValues('host A 192.0.2.1', 'host A 192.0.2.1'),
    ours: ['NOERROR', NOTHING],
    theirs: ['NXRRSET', NOTHING],
  },
  {
    title: 'a TTL of 2^31 or more',
    because: 'RFC 2181 §8: treated as 0',
    message: asking().add('ttl 2147483648 A 192.0.2.1'),
    ours: ['NOERROR', '+ ttl.example.com. 0 IN A 192.0.2.1', 'serial +1'],
    theirs: ['NOERROR', '+ ttl.example.com. 2147483648 IN A 192.0.2.1', 'serial +1'],
  },
  {
    title: 'a stored record, its owner in another case',
    because: 'the names are equal (RFC 4343), so nothing changes, and then the serial stays',
    message: asking().add('HOST 300 A 192.0.2.1'),
    ours: ['NOERROR', NOTHING],
    theirs: [
      'NOERROR',
      '- host.example.com. 300 IN A 192.0.2.1',
      '+ HOST.example.com. 300 IN A 192.0.2.1',
      'serial +1',
    ],
  },
  {
    title: 'a stored record with a new TTL, a name in its RDATA in another case',
    because: 'the RDATA is equal (RFC 2136 §1.1.1), so only the TTL changes',
    message: asking().add('host 60 NS NS.example.net.'),
    ours: [
      'NOERROR',
      '- host.example.com. 300 IN NS ns.example.net.',
      '+ host.example.com. 60 IN NS ns.example.net.',
      'serial +1',
    ],
    theirs: [
      'NOERROR',
      '- host.example.com. 300 IN NS ns.example.net.',
      '+ host.example.com. 60 IN NS NS.example.net.',
      'serial +1',
    ],
  },
  {
    title: 'an NS at the apex whose host has no address',
    because: 'RFC 2136 knows no such rule: another message may bring the address',
    message: asking().add('@ 300 NS nowhere'),
    ours: ['NOERROR', '+ example.com. 300 IN NS nowhere.example.com.', 'serial +1'],
    theirs: ['REFUSED', NOTHING],
  },
  {
    title: 'a DS where no NS stands',
    because: 'RFC 2136 stores what it is given; the NS may come in the next message',
    message: asking().add(`orphan 60 DS 1 8 2 ${SHA_256}`),
    ours: ['NOERROR', `+ orphan.example.com. 60 IN DS 1 8 2 ${SHA_256}`, 'serial +1'],
    theirs: ['NOERROR', 'serial +1'],
  },
  {
    title: 'an NS at a wildcard',
    because: 'RFC 4592 §4.2 leaves it without meaning, but does not forbid it',
    message: asking().add('*.wild 60 NS ns.example.net.'),
    ours: ['NOERROR', '+ *.wild.example.com. 60 IN NS ns.example.net.', 'serial +1'],
    theirs: ['NOERROR', NOTHING],
  },
  {
    title: 'a DNAME at a wildcard',
    because: 'RFC 6672 §3.3 discourages it, but does not forbid it',
    message: asking().add('*.wild 60 DNAME example.net.'),
    ours: ['NOERROR', '+ *.wild.example.com. 60 IN DNAME example.net.', 'serial +1'],
    theirs: ['NOERROR', NOTHING],
  },
  {
    title: 'NSEC and RRSIG from outside',
    because: 'a signer in front of zonelog may bring them; BIND signs itself',
    message: asking().add('signed 60 NSEC host A'),
    ours: ['NOERROR', '+ signed.example.com. 60 IN NSEC host.example.com. A', 'serial +1'],
    theirs: ['REFUSED', NOTHING],
  },
  {
    title: 'the private type by which BIND keeps notes of its signing',
    because: 'RFC 3597: a type without a meaning is stored as it is',
    message: asking().add('note 60 TYPE65534 octets:00'),
    ours: ['NOERROR', '+ note.example.com. 60 IN TYPE65534 \\# 1 00', 'serial +1'],
    theirs: ['NOERROR', NOTHING],
  },
]

describe('where BIND does otherwise', () => {
  for (const { title, because, message, ours, theirs } of DIFFERENCES)
    it(`${title} — ${because}`, async () => {
      const replies = await contest.ask(octets(message))
      assert.deepEqual(
        replies.map(({ rcode, changes }) => [rcode, ...changes]),
        [ours, theirs],
      )
    })

  it('more than 100 records in a set — RFC 2136 has no limit; what fits into a message is stored', async () => {
    const spec = asking()
    for (let octet = 0; octet <= 100; octet++) spec.add(`many 60 A 10.0.0.${octet}`)
    const [ours, theirs] = await contest.ask(octets(spec))
    assert.deepEqual([ours.rcode, ours.changes.length], ['NOERROR', 102])
    assert.deepEqual([theirs.rcode, theirs.changes], ['SERVFAIL', [NOTHING]])
  })

  it('a zone section of a class without zones — RFC 2136 §3.1.2 says NOTAUTH', async () => {
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
