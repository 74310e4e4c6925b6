import { given, type UpdateSpec, zoneOf } from '../support/spec.ts'

// Where zonelog and BIND's named do not do the same with a message, and why. docs/conformance.md has a row for each.

const SHA_256 = 'AB'.repeat(32)
/** What a reply's changes are when nothing changed. */
export const NOTHING = 'serial +0'

export const asking = () => given(zoneOf())

export interface Difference {
  readonly title: string
  /** Why zonelog does what it does. */
  readonly because: string
  readonly message: UpdateSpec
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

export const DIFFERENCES: readonly Difference[] = [
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
    because: 'a signer in front of zonelog may bring them, where a rule names them; BIND signs itself',
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

/** Two whose messages no specification words: the test makes them. */
export const MANY_RECORDS = {
  title: 'more than 100 records in a set',
  because:
    'both have that limit; ours says that it is one of policy, which another message would not pass either',
}
export const OTHER_CLASS = {
  title: 'a zone section of a class without zones',
  because: 'RFC 2136 §3.1.2 says NOTAUTH',
}
