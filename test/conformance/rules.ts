import { Class, Opcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage, type MessageParts } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { asking } from '../clients/bind-difference-list.ts'
import type { UpdateSpec } from '../support/spec.ts'

// The rules of RFC 2136 as messages, with what each of three servers does. rules.test.ts asks them; docs/conformance.md has a row
// for each (`node test/conformance/rules-table.ts` prints them).

/** An rcode; of NOERROR whether the zone changed. `dies` is not asked again. */
export type Outcome =
  | 'changed'
  | 'unchanged'
  | 'FORMERR'
  | 'NOTAUTH'
  | 'NOTZONE'
  | 'NXDOMAIN'
  | 'NXRRSET'
  | 'YXDOMAIN'
  | 'YXRRSET'
  | 'REFUSED'
  | 'NOTIMP'
  | 'SERVFAIL'
  | 'silence'
  | 'dies'

export interface Rule {
  /** Of RFC 2136, unless it says otherwise. */
  readonly section: string
  readonly rule: string
  /** The specification that says more: `file › name`. */
  readonly test: string
  readonly message: Uint8Array
  readonly us: Outcome
  /** As ours when left out. */
  readonly bind?: Outcome
  readonly knot?: Outcome
}

/** What all three have in the beginning. Rules follow each other, so each that changes something has owners of its own. */
export const RULES_ZONE = nameOf('example.com.')
export const RULES_ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 100 3600 600 86400 300
@ NS ns1
@ NS ns2
@ TXT "apex"
ns1 A 192.0.2.53
ns2 A 192.0.2.54
host A 192.0.2.1
host A 192.0.2.2
host TXT "one"
mail MX 10 Mail.Example.COM.
alias CNAME host
other-alias CNAME host
*.wild A 192.0.2.9
b.ent A 192.0.2.5
cut NS ns.example.net.
gone A 192.0.2.7
gone-set A 192.0.2.7
gone-set TXT "stays"
gone-one A 192.0.2.7
gone-one A 192.0.2.8
gone-ttl A 192.0.2.7
wks TYPE11 \\# 9 c00002010600000040
`

const PREREQUISITES = 'test/decide/rfc2136-3.2-prerequisites.test.ts'
const UPDATES = 'test/decide/rfc2136-3.4-update.test.ts'
const BIND_LIST = 'test/clients/bind-difference-list.ts'

function raw(parts: Partial<MessageParts>): Uint8Array {
  return encodeMessage({ id: 1, opcode: Opcode.UPDATE, ...parts })
}
const zoneQuestion = { name: RULES_ZONE, type: Type.SOA, class: Class.IN }
const say = (spec: UpdateSpec) => spec.wire()
const soa = (serial: number) => `@ 300 SOA ns1 hostmaster ${serial} 3600 600 86400 300`

type Row = [
  section: string,
  rule: string,
  test: string,
  message: Uint8Array,
  us: Outcome,
  others?: Outcome | [bind: Outcome, knot: Outcome],
]

const ROWS: readonly Row[] = [
  // the zone section
  [
    '3.1.1',
    'A zone section without a record is malformed.',
    'test/conformance/rules.test.ts › as the table says',
    raw({}),
    'FORMERR',
    ['FORMERR', 'FORMERR'],
  ],
  [
    '3.1.1',
    'Nor may it have two.',
    'test/conformance/rules.test.ts › as the table says',
    raw({ questions: [zoneQuestion, zoneQuestion] }),
    'FORMERR',
    ['FORMERR', 'silence'],
  ],
  [
    '3.1.1',
    'Its type is SOA.',
    'test/conformance/rules.test.ts › as the table says',
    raw({ questions: [{ ...zoneQuestion, type: Type.A }] }),
    'FORMERR',
  ],
  [
    '3.1.2',
    'A zone that the server does not have is NOTAUTH.',
    'test/clients/signatures.test.ts › to a zone that is not ours: NOTAUTH',
    raw({ questions: [{ ...zoneQuestion, name: nameOf('example.org.') }] }),
    'NOTAUTH',
  ],
  [
    '3.1.2',
    'So is a name inside a zone.',
    'test/clients/signatures.test.ts › to a name inside a zone, as if it were one: NOTAUTH',
    raw({ questions: [{ ...zoneQuestion, name: nameOf('host.example.com.') }] }),
    'NOTAUTH',
  ],
  [
    '3.1.2',
    'So is a class in which there is no zone.',
    `${BIND_LIST} › a zone section of a class without zones`,
    raw({ questions: [{ ...zoneQuestion, class: Class.CH }] }),
    'NOTAUTH',
    ['NOTIMP', 'NOTIMP'],
  ],
  [
    '2.4, 2.5',
    'A message may have neither prerequisites nor updates.',
    `${UPDATES} › does not move for a message without updates`,
    say(asking()),
    'unchanged',
  ],
  // prerequisites
  [
    '2.4.1, 3.2.1',
    'RRset exists: met by any record of the type at the name.',
    `${PREREQUISITES} › is met by any record of the type`,
    say(asking().requireRRset('host A')),
    'unchanged',
  ],
  [
    '2.4.1, 3.2.1',
    'Otherwise NXRRSET.',
    `${PREREQUISITES} › is not met by another type`,
    say(asking().requireRRset('host AAAA')),
    'NXRRSET',
  ],
  [
    '2.4.1, 3.2.1',
    'A wildcard is no record of the names that it answers for.',
    `${PREREQUISITES} › is not met by a wildcard`,
    say(asking().requireRRset('x.wild A')),
    'NXRRSET',
  ],
  [
    '2.4.1, 3.2.1',
    'A CNAME is not followed.',
    `${PREREQUISITES} › is not met through a CNAME`,
    say(asking().requireRRset('alias A')),
    'NXRRSET',
  ],
  [
    '2.4.2, 3.2.3',
    'RRset exists with these values: the sets are equal, whatever the order.',
    `${PREREQUISITES} › is met by exactly the stored set, in any order`,
    say(asking().requireValues('host A 192.0.2.2', 'host A 192.0.2.1')),
    'unchanged',
  ],
  [
    '2.4.2, 3.2.3',
    'A part of the set does not do: NXRRSET.',
    `${PREREQUISITES} › is not met by a subset`,
    say(asking().requireValues('host A 192.0.2.1')),
    'NXRRSET',
  ],
  [
    '2.4.2, 3.2.3',
    'Nor does more than the set.',
    `${PREREQUISITES} › is not met by a superset`,
    say(asking().requireValues('host A 192.0.2.1', 'host A 192.0.2.2', 'host A 192.0.2.3')),
    'NXRRSET',
  ],
  [
    '2.4.2, 3.2.3',
    'Each RRset is compared for itself.',
    `${PREREQUISITES} › judges each RRset for itself`,
    say(asking().requireValues('host A 192.0.2.1', 'host A 192.0.2.2', 'host TXT "two"')),
    'NXRRSET',
  ],
  [
    '1.1.1, 3.2.3',
    'Names inside RDATA are equal in any case.',
    `${PREREQUISITES} › compares names in RDATA without regard to case`,
    say(asking().requireValues('mail MX 10 mail.EXAMPLE.com.')),
    'unchanged',
  ],
  [
    '1.1.1, 3.2.3',
    'Other RDATA is compared as octets.',
    `${PREREQUISITES} › compares other RDATA octet by octet`,
    say(asking().requireValues('host TXT "ONE"')),
    'NXRRSET',
  ],
  [
    '3.2.3',
    'A set holds a value once, however often it is given (RFC 2181 §5).',
    `${PREREQUISITES} › is met when a value is given twice`,
    say(asking().requireValues('host TXT "one"', 'host TXT "one"')),
    'unchanged',
    ['NXRRSET', 'unchanged'],
  ],
  [
    '2.4.3, 3.2.2',
    'RRset does not exist: met when the type is not at the name.',
    `${PREREQUISITES} › is met by a name without the type`,
    say(asking().requireNoRRset('host AAAA')),
    'unchanged',
  ],
  [
    '2.4.3, 3.2.2',
    'Otherwise YXRRSET.',
    `${PREREQUISITES} › is not met by a stored RRset`,
    say(asking().requireNoRRset('host A')),
    'YXRRSET',
  ],
  [
    '2.4.4, 3.2.1',
    'Name is in use: met by any record at the name.',
    `${PREREQUISITES} › is met by any record`,
    say(asking().requireName('alias')),
    'unchanged',
  ],
  [
    '2.4.4, 3.2.1',
    'Otherwise NXDOMAIN.',
    `${PREREQUISITES} › is not met by a name without records`,
    say(asking().requireName('nobody')),
    'NXDOMAIN',
  ],
  [
    '2.4.4, 7.7',
    'An empty non-terminal is not in use, although a query for it is no NXDOMAIN.',
    `${PREREQUISITES} › is not met by an empty non-terminal`,
    say(asking().requireName('ent')),
    'NXDOMAIN',
  ],
  [
    '2.4.5, 3.2.2',
    'Name is not in use: met by a name without records.',
    `${PREREQUISITES} › is met by a name without records`,
    say(asking().requireNoName('nobody')),
    'unchanged',
  ],
  [
    '2.4.5, 3.2.2',
    'Otherwise YXDOMAIN.',
    `${PREREQUISITES} › is not met by a name with records`,
    say(asking().requireNoName('host')),
    'YXDOMAIN',
  ],
  [
    '2.4.5',
    'An empty non-terminal meets it.',
    `${PREREQUISITES} › is met by an empty non-terminal`,
    say(asking().requireNoName('ent')),
    'unchanged',
  ],
  [
    '3.2',
    'Forms may be mixed, about one name too; all must be met.',
    `${PREREQUISITES} › may stand beside other forms for the same RRset`,
    say(
      asking()
        .requireName('host')
        .requireRRset('host A')
        .requireValues('host TXT "one"')
        .requireNoRRset('host AAAA'),
    ),
    'unchanged',
  ],
  [
    '3.2',
    'A name outside the zone is NOTZONE.',
    `${PREREQUISITES} › a name outside the zone is NOTZONE`,
    say(asking().requireName('www.example.net.')),
    'NOTZONE',
  ],
  [
    '3.2.1',
    'The TTL is 0, else FORMERR.',
    `${PREREQUISITES} › a TTL is FORMERR`,
    say(asking().prerequisite(Class.ANY, ['host 60 A'])),
    'FORMERR',
  ],
  [
    '3.2.1',
    'With class ANY there is no RDATA, else FORMERR.',
    `${PREREQUISITES} › RDATA with class ANY is FORMERR`,
    say(asking().prerequisite(Class.ANY, ['host A 192.0.2.1'])),
    'FORMERR',
  ],
  [
    '3.2.2',
    'Nor with class NONE.',
    `${PREREQUISITES} › RDATA with class NONE is FORMERR`,
    say(asking().prerequisite(Class.NONE, ['host A 192.0.2.1'])),
    'FORMERR',
  ],
  [
    '3.2.3',
    'Another class than ANY, NONE and the zone’s is FORMERR.',
    `${PREREQUISITES} › another class is FORMERR`,
    say(asking().prerequisite(Class.CH, ['host A'])),
    'FORMERR',
  ],
  [
    '3.2, 3.4',
    'Prerequisites come before the update section, so theirs is the rcode.',
    `${BIND_LIST} › a prerequisite is looked at before the update section`,
    say(asking().requireNoName('host').add('www.example.net. 300 A 192.0.2.1')),
    'YXDOMAIN',
    ['NOTZONE', 'YXDOMAIN'],
  ],
  [
    '3.2',
    'An unmet prerequisite stops the whole message.',
    `${PREREQUISITES} › an unmet prerequisite stops the updates`,
    say(asking().requireNoName('host').add('stopped 300 A 192.0.2.1')),
    'YXDOMAIN',
  ],
  // prescan
  [
    '3.4.1',
    'A name outside the zone is NOTZONE.',
    `${UPDATES} › a name outside the zone is NOTZONE`,
    say(asking().add('www.example.net. 300 A 192.0.2.1')),
    'NOTZONE',
  ],
  [
    '3.4.1',
    'Another class than ANY, NONE and the zone’s is FORMERR.',
    `${UPDATES} › another class is FORMERR`,
    say(asking().update(Class.CH, ['host 300 A 192.0.2.1'])),
    'FORMERR',
  ],
  [
    '3.4.1.2',
    'What is only asked for (ANY, AXFR, MAILA, MAILB …) cannot be added.',
    `${UPDATES} › a type that is only asked for cannot be added`,
    say(asking().add('axfr 300 AXFR octets:00')),
    'FORMERR',
  ],
  [
    '3.4.1.2',
    'A type that the server does not know is stored like any other (RFC 3597 came later).',
    `${UPDATES} › stores types that it does not know`,
    say(asking().add('unknown 300 TYPE65280 octets:0102')),
    'changed',
  ],
  [
    '3.4.1.2',
    'A deletion has TTL 0, else FORMERR.',
    `${UPDATES} › a TTL in a deletion is FORMERR`,
    say(asking().update(Class.ANY, ['gone-ttl 60 A'])),
    'FORMERR',
    ['FORMERR', 'changed'],
  ],
  [
    '3.4.1.2',
    'That of one record, too.',
    `${UPDATES} › a TTL in the deletion of a record is FORMERR`,
    say(asking().update(Class.NONE, ['host 60 A 192.0.2.1'])),
    'FORMERR',
  ],
  [
    '3.4.1.2',
    'With class ANY there is no RDATA, else FORMERR.',
    `${UPDATES} › RDATA in the deletion of an RRset is FORMERR`,
    say(asking().update(Class.ANY, ['host A 192.0.2.1'])),
    'FORMERR',
  ],
  [
    '2.2',
    'RDATA that does not parse as its type is FORMERR and is never stored.',
    `${UPDATES} › RDATA that does not fit its type is FORMERR`,
    say(asking().add('bad 300 HINFO octets:0141016200')),
    'FORMERR',
    ['FORMERR', 'changed'],
  ],
  [
    '3.4.1',
    'One record that is not sound stops the whole message.',
    `${UPDATES} › one bad record stops the whole message`,
    say(asking().add('sound 300 A 192.0.2.1', 'www.example.net. 300 A 192.0.2.1')),
    'NOTZONE',
  ],
  // adding
  [
    '2.5.1, 3.4.2.2',
    'A record is added to its set, and makes the name.',
    `${UPDATES} › makes a name`,
    say(asking().add('new 300 A 192.0.2.1')),
    'changed',
  ],
  [
    '2.5.1',
    'One that is there changes nothing.',
    `${UPDATES} › changes nothing when the record is there`,
    say(asking().add('host 300 A 192.0.2.1')),
    'unchanged',
  ],
  [
    '3.4.2.2',
    'A CNAME where there is other data is ignored.',
    `${UPDATES} › a CNAME beside other data is ignored`,
    say(asking().add('host 300 CNAME mail')),
    'unchanged',
  ],
  [
    '3.4.2.2',
    'Other data where there is a CNAME is ignored.',
    `${UPDATES} › other data beside a CNAME is ignored`,
    say(asking().add('alias 300 A 192.0.2.1')),
    'unchanged',
  ],
  [
    '3.4.2.2',
    'A CNAME takes the place of a CNAME.',
    `${UPDATES} › a CNAME replaces a CNAME`,
    say(asking().add('other-alias 300 CNAME mail')),
    'changed',
  ],
  [
    '3.4.2.2',
    'What may stand beside a CNAME (RFC 2181 §10.1) is added there.',
    'test/conformance/rules.test.ts › as the table says',
    say(asking().add('alias 300 KEY 512 3 8 AwEAAbqJ')),
    'changed',
    ['changed', 'unchanged'],
  ],
  [
    '3.4.2.2',
    'An SOA below the apex is ignored.',
    `${UPDATES} › an SOA below the apex is ignored`,
    say(asking().add('host 300 SOA ns1 hostmaster 1000 3600 600 86400 300')),
    'unchanged',
    ['unchanged', 'dies'],
  ],
  [
    '3.4.2.2, 3.6',
    'An SOA that is not later is ignored (RFC 1982 §3.2).',
    `${UPDATES} › an SOA that is not later is ignored`,
    say(asking().add(soa(100))),
    'unchanged',
  ],
  [
    '3.4.2.2, 3.6',
    'A later one takes the SOA’s place and brings its serial.',
    `${UPDATES} › a later SOA replaces the SOA and brings its serial`,
    say(asking().add(soa(1_000))),
    'changed',
  ],
  [
    '3.4.2.2',
    'A WKS takes the place of the one for its address and protocol.',
    `${UPDATES} › a WKS replaces the one for the same address and protocol, and no other`,
    say(asking().add('wks 300 WKS 192.0.2.1 6 80')),
    'changed',
  ],
  [
    'RFC 6672 §2.4',
    'A name has one DNAME: another takes its place.',
    `${UPDATES} › a DNAME replaces a DNAME`,
    say(asking().add('dname 300 DNAME example.net.', 'dname 300 DNAME example.org.')),
    'changed',
    ['changed', 'dies'],
  ],
  // deleting
  [
    '2.5.2, 3.4.2.3',
    'A set is deleted; the name’s other sets stay.',
    `${UPDATES} › takes all of its records`,
    say(asking().deleteRRset('gone-set A')),
    'changed',
  ],
  [
    '2.5.2',
    'One that is not there is no error.',
    `${UPDATES} › of a type that is not there changes nothing`,
    say(asking().deleteRRset('host AAAA')),
    'unchanged',
  ],
  [
    '3.4.2.3',
    'The apex keeps its SOA.',
    `${UPDATES} › leaves the SOA`,
    say(asking().deleteRRset('@ SOA')),
    'unchanged',
  ],
  [
    '3.4.2.3',
    'The apex keeps its NS set.',
    `${UPDATES} › leaves the NS of the apex`,
    say(asking().deleteRRset('@ NS')),
    'unchanged',
  ],
  [
    '2.5.3, 3.4.2.3',
    'All sets of a name are deleted.',
    `${UPDATES} › takes every type`,
    say(asking().deleteName('gone')),
    'changed',
  ],
  [
    '2.5.3',
    'Of a name without any, that is no error.',
    'test/conformance/rules.test.ts › as the table says',
    say(asking().deleteName('nobody')),
    'unchanged',
  ],
  [
    '3.4.2.3, 7.13',
    'The apex loses all but SOA and NS.',
    `${UPDATES} › leaves SOA and NS of the apex`,
    say(asking().deleteName('@')),
    'changed',
  ],
  [
    '2.5.4, 3.4.2.4',
    'One record is deleted; the others of its set stay.',
    `${UPDATES} › takes that value only`,
    say(asking().deleteRecord('gone-one A 192.0.2.7')),
    'changed',
  ],
  [
    '2.5.4',
    'One that is not there is no error.',
    `${UPDATES} › of a value that is not there changes nothing`,
    say(asking().deleteRecord('host A 192.0.2.99')),
    'unchanged',
  ],
  [
    '3.4.2.4',
    'The SOA is never deleted.',
    `${UPDATES} › never takes the SOA`,
    say(asking().deleteRecord(soa(1_000).replace(' 300', ''))),
    'unchanged',
  ],
  [
    '3.4.2.4',
    'An NS of the apex may go while another is left.',
    `${UPDATES} › takes one NS of two`,
    say(asking().deleteRecord('@ NS ns2')),
    'changed',
  ],
  [
    '3.4.2.4, 7.13',
    'The last NS of the apex stays.',
    `${UPDATES} › leaves the last NS of the apex`,
    say(asking().deleteRecord('@ NS ns1')),
    'unchanged',
  ],
  [
    '3.4.2.4',
    'The last NS of another name may go.',
    `${UPDATES} › takes the last NS below the apex`,
    say(asking().deleteRecord('cut NS ns.example.net.')),
    'changed',
  ],
  // the whole
  [
    '3.4.2',
    'Operations run in the order given: what is deleted and then added is there.',
    `${UPDATES} › delete then add replaces`,
    say(asking().deleteName('host').add('host 300 A 192.0.2.9')),
    'changed',
  ],
  [
    '3.4.2',
    'What is added and then deleted is not.',
    `${UPDATES} › add then delete leaves nothing`,
    say(asking().add('brief 300 A 192.0.2.1').deleteName('brief')),
    'unchanged',
  ],
  [
    '3.4.2',
    'A CNAME may come where an earlier operation made room.',
    `${UPDATES} › a CNAME may take the place of what was deleted before it`,
    say(asking().deleteName('host').add('host 300 CNAME mail')),
    'changed',
  ],
  [
    '7.14',
    'Nothing is looked up to see whether a record makes sense: a target need not exist.',
    'test/conformance/rules.test.ts › as the table says',
    say(asking().add('far 300 CNAME nowhere')),
    'changed',
  ],
]

export const RULES: readonly Rule[] = ROWS.map(([section, rule, test, message, us, others = us]) => {
  const [bind, knot] = Array.isArray(others) ? others : [others, others]
  return { section, rule, test, message, us, bind, knot }
})
