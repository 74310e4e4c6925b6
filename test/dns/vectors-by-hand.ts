import type { Vector } from './vectors.ts'

// What no client can be made to send. The zone is `example.`, at octet 12.

const ZONE = '07 6578616d706c65 00 0006 0001'
/** `prerequisites` and `updates` are counts. */
function message(prerequisites: number, updates: number, additionals: number, records: string): string {
  const counts = [1, prerequisites, updates, additionals].map((count) => count.toString(16).padStart(4, '0'))
  return `1234 2800 ${counts.join(' ')} ${ZONE} ${records}`
}

const LABEL_63 = `3f ${'61'.repeat(63)}`
/** 255 octets with the zone: 3 × 64, 52 and 1 + 7 + 1. */
const LONGEST = `${LABEL_63} ${LABEL_63} ${LABEL_63} 35 ${'62'.repeat(53)}`
const A63 = 'a'.repeat(63)
const OPT_LEASE = '00 0029 04d0 00000000 000c 0002 0008 00000e10 00093a80'
const SIG_0 = '00 0018 00ff 00000000 0014 0000 0800 00000000 00000000 00000000 0001 00 00'

export const BY_HAND: readonly Vector[] = [
  {
    title: 'no prerequisite and no update',
    section: 'RFC 2136 §2.3',
    wire: message(0, 0, 0, ''),
    prerequisites: [],
    updates: [],
  },
  {
    title: 'a class that is none of IN, ANY and NONE, in both sections',
    section: 'RFC 2136 §3.2, §3.4.1',
    wire: message(1, 1, 0, 'c00c 0001 0003 00000000 0000  c00c 0001 0002 00000000 0004 c0000201'),
    prerequisites: ['example. 0 CH A'],
    updates: ['example. 0 CLASS2 A c0000201'],
  },
  {
    title: 'TTLs and RDATA where none may be',
    section: 'RFC 2136 §2.4.1, §2.5.2',
    wire: message(1, 1, 0, 'c00c 0001 00ff 00000001 0001 ff  c00c 00ff 00ff ffffffff 0001 00'),
    prerequisites: ['example. 1 ANY A ff'],
    updates: ['example. 4294967295 ANY ANY 00'],
  },
  {
    title: 'an owner of 255 octets',
    section: 'RFC 1035 §2.3.4',
    wire: message(0, 1, 0, `${LONGEST} c00c 0001 00ff 00000000 0000`),
    prerequisites: [],
    updates: [`${A63}.${A63}.${A63}.${'b'.repeat(53)}.example. 0 ANY A`],
  },
  {
    title: 'a pointer to a name that ends in a pointer',
    section: 'RFC 1035 §4.1.4',
    wire: message(0, 2, 0, '01 61 c00c 0001 00ff 00000000 0000  01 62 c019 0001 00ff 00000000 0000'),
    prerequisites: [],
    updates: ['a.example. 0 ANY A', 'b.a.example. 0 ANY A'],
  },
  {
    title: 'both names of an SOA compressed',
    section: 'RFC 3597 §4',
    wire: message(
      0,
      1,
      0,
      'c00c 0006 0001 0000003c 001e 02 6e73 c00c 02 6e73 c00c 00000001 00000002 00000003 00000004 00000005',
    ),
    prerequisites: [],
    updates: [
      'example. 60 IN SOA 026e73076578616d706c6500026e73076578616d706c65000000000100000002000000030000000400000005',
    ],
  },
  {
    title: 'what looks like a pointer in a type that is not to be decompressed',
    section: 'RFC 3597 §4',
    wire: message(0, 1, 0, 'c00c ff00 0001 0000003c 0002 c00c'),
    prerequisites: [],
    updates: ['example. 60 IN TYPE65280 c00c'],
  },
  {
    title: 'RDATA of a class that nobody knows is left alone',
    section: 'RFC 3597 §3',
    wire: message(0, 1, 0, 'c00c 0002 0063 0000003c 0002 c00c'),
    prerequisites: [],
    updates: ['example. 60 CLASS99 NS c00c'],
  },
  {
    title: 'letters in any case, and a label of octets that are no letters',
    section: 'RFC 4343 §3',
    wire: message(0, 1, 0, '04 41 5a e9 20 c00c 0010 00fe 00000000 0002 01 41'),
    prerequisites: [],
    updates: ['AZ\\233\\032.example. 0 NONE TXT 0141'],
  },
  {
    title: 'an Update Lease of eight octets',
    section: 'RFC 9664 §4',
    wire: message(0, 0, 1, OPT_LEASE),
    prerequisites: [],
    updates: [],
    edns: '1232 2:00000e1000093a80',
  },
  {
    title: 'a SIG(0) after the OPT',
    section: 'RFC 2931 §3.1',
    wire: message(0, 0, 2, `${OPT_LEASE} ${SIG_0}`),
    prerequisites: [],
    updates: [],
    edns: '1232 2:00000e1000093a80',
  },
  {
    title: 'a TSIG without a MAC',
    section: 'RFC 8945 §5.3.2',
    wire: message(
      0,
      0,
      1,
      '01 6b 00 00fa 00ff 00000000 001d 0b 686d61632d736861323536 00 000000000000 012c 0000 1234 0011 0000',
    ),
    prerequisites: [],
    updates: [],
    tsig: 'k. hmac-sha256. 0',
  },
]

/** Octets that are no message, and what is said of them. */
export const MALFORMED: readonly { title: string; section: string; wire: string; reason: RegExp }[] = [
  ['a pointer to itself', 'RFC 1035 §4.1.4', message(0, 1, 0, 'c019 0001 00ff 00000000 0000'), /backwards/],
  ['a pointer ahead', 'RFC 1035 §4.1.4', message(0, 1, 0, 'c01b 0001 00ff 00000000 0000'), /backwards/],
  [
    'a loop of two pointers',
    'RFC 1035 §4.1.4',
    message(0, 2, 0, '01 61 c01b 0001 00ff 00000000 0000 c019 0001 00ff 00000000 0000'),
    /backwards/,
  ],
  [
    'a pointer into the header',
    'RFC 1035 §4.1.4',
    message(0, 1, 0, 'c000 0001 00ff 00000000 0000'),
    /header/,
  ],
  ['a label of type 01', 'RFC 6891 §5', message(0, 1, 0, '41 61 00 0001 00ff 00000000 0000'), /label type/],
  ['a label of type 10', 'RFC 1035 §4.1.4', message(0, 1, 0, '80 00 0001 00ff 00000000 0000'), /label type/],
  [
    'a name of 256 octets',
    'RFC 1035 §2.3.4',
    message(
      0,
      1,
      0,
      `${LABEL_63} ${LABEL_63} ${LABEL_63} 36 ${'62'.repeat(54)} c00c 0001 00ff 00000000 0000`,
    ),
    /longer than 255/,
  ],
  [
    'RDLENGTH past the end',
    'RFC 1035 §3.2.1',
    message(0, 1, 0, 'c00c 0001 0001 00000000 0005 c0000201'),
    /past the end/,
  ],
  [
    'a name past the end of its RDATA',
    'RFC 1035 §3.3',
    message(0, 1, 0, 'c00c 0002 0001 00000000 0001 c00c'),
    /RDATA/,
  ],
  [
    'more updates announced than are there',
    'RFC 1035 §4.1.1',
    message(0, 2, 0, 'c00c 0001 00ff 00000000 0000'),
    /past the end/,
  ],
  [
    'fewer updates announced than are there',
    'RFC 1035 §4.1.1',
    message(0, 0, 0, 'c00c 0001 00ff 00000000 0000'),
    /after the last/,
  ],
  ['two OPTs', 'RFC 6891 §6.1.1', message(0, 0, 2, `${OPT_LEASE} ${OPT_LEASE}`), /second OPT/],
  ['an OPT among the updates', 'RFC 6891 §6.1.1', message(0, 1, 0, OPT_LEASE), /outside/],
  [
    'an OPT of another owner than the root',
    'RFC 6891 §6.1.2',
    message(0, 0, 1, `c00c ${OPT_LEASE.slice(3)}`),
    /root/,
  ],
  [
    'an option past the end of the OPT',
    'RFC 6891 §6.1.2',
    message(0, 0, 1, '00 0029 04d0 00000000 0004 0002 0001'),
    /option/,
  ],
  ['a SIG(0) before the OPT', 'RFC 2931 §3.1', message(0, 0, 2, `${SIG_0} ${OPT_LEASE}`), /not the last/],
  [
    'a TSIG of class IN',
    'RFC 8945 §4.2',
    message(0, 0, 1, '01 6b 00 00fa 0001 00000000 0011 00 000000000000 012c 0000 1234 0000 0000'),
    /class of TSIG/,
  ],
  [
    'a TSIG before the OPT',
    'RFC 8945 §5.1',
    message(
      0,
      0,
      2,
      `01 6b 00 00fa 00ff 00000000 0011 00 000000000000 012c 0000 1234 0000 0000 ${OPT_LEASE}`,
    ),
    /not the last/,
  ],
].map(([title, section, wire, reason]) => ({ title, section, wire, reason }) as (typeof MALFORMED)[number])
