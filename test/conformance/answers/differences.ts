import { Class, Type } from '../../../shared/dns/codes.ts'
import type { RandomQuery } from './queries.ts'
import type { Other, Said } from './race.ts'
import { zoneOfText } from './zones.ts'

/** Where zonelog's answer differs from another server's on purpose; listed in docs/conformance.md. */
export interface AnswerDifference {
  readonly title: string
  readonly because: string
  readonly us: string
  /** What the others do; one that is left out does as we do. */
  readonly others: Readonly<Partial<Record<Other, string>>>
  /** Whether the answers are of that kind, and differ in nothing else. */
  explains(query: RandomQuery, ours: Said, theirs: Said): boolean
}

const BESIDE_CNAME: readonly number[] = [Type.SIG, Type.KEY, Type.NXT, Type.RRSIG, Type.NSEC]
const SECTIONS = ['answer', 'authority', 'additional'] as const

/** Addresses that only spare a question are compared by {@link isHelp} alone. */
export const HELPFUL_ADDRESSES = {
  title: 'addresses in the additional section, but for glue below the cut',
  because:
    'they spare the client a question; no RFC says which. We add those that the zone of the answer has, for NS, MX, SRV, SVCB, HTTPS and their like',
  us: 'those of the zone',
  others: {
    BIND: 'those of all its zones, wildcards too; none of name servers beside the cut',
    Knot: 'those of the zone, wildcards too',
    NSD: 'those of the zone',
  },
} as const

export const ANSWER_DIFFERENCES: readonly AnswerDifference[] = [
  {
    title: 'ANY over UDP',
    because: 'RFC 8482 §4.1: any one set may stand for all',
    us: 'the first set of the name',
    others: { BIND: 'another set', Knot: 'another set, or TC', NSD: 'another set, or TC' },
    explains: ({ type }, ours, theirs) =>
      type === Type.ANY &&
      ours.rcode === theirs.rcode &&
      (theirs.tc || (ours.aa === theirs.aa && hasAnswers(ours, theirs))),
  },
  {
    title: 'ANY below a DNAME',
    because: 'the DNAME and the alias that it makes are what there is at the name, and may stand for all',
    us: 'both, and no more',
    others: { Knot: 'follows the alias', NSD: 'follows the alias' },
    explains: ({ type }, ours, theirs) =>
      type === Type.ANY &&
      ours.answer.some((line) => line.includes(' dname ')) &&
      ours.answer.every((line) => theirs.answer.includes(line)),
  },
  {
    title: 'glue below the cut that does not all fit',
    because: 'RFC 9471 §3.1: TC, so that the client asks again over TCP',
    us: 'TC',
    others: { BIND: 'what fits, without TC', NSD: 'what fits, without TC' },
    explains: (_query, ours, theirs) =>
      ours.tc && !theirs.tc && !theirs.aa && differsOnly(ours, theirs, 'tc', ...SECTIONS),
  },
  {
    title: 'a chain of aliases that leads into another zone of the server',
    because: 'RFC 1034 §4.3.2 step 3a goes back to step 1, which looks for the zone again',
    us: 'goes on there, denials and referrals included',
    others: {
      BIND: 'takes records from there, and nothing else',
      Knot: 'stops, or refers to the child zone',
    },
    explains: (_query, ours, theirs) =>
      leavesZone(ours) && ours.aa && theirs.aa && theirs.answer.every((line) => ours.answer.includes(line)),
  },
  {
    title: 'aliases in a loop',
    because: 'the zone says so, and the server has not failed: the client gets what there is, once',
    us: 'NOERROR',
    others: { BIND: 'SERVFAIL' },
    explains: (_query, ours, theirs) =>
      theirs.rcode === 'SERVFAIL' && ours.rcode === 'NOERROR' && differsOnly(ours, theirs, 'rcode'),
  },
  {
    title: 'a chain of more than five aliases',
    because: 'we follow 16; where a server stops, the client goes on',
    us: 'all of it',
    others: { Knot: 'the first five' },
    explains: (_query, ours, theirs) =>
      theirs.answer.length === 5 &&
      theirs.answer.every((line) => line.includes(' cname ') && ours.answer.includes(line)),
  },
  {
    title: 'RRSIG, NSEC, KEY and their like asked for at an alias',
    because: 'RFC 2181 §10.1, RFC 4035 §2.5: these are the alias’s own, so it is not followed',
    us: 'no data',
    others: { NSD: 'follows the alias' },
    explains: ({ type }, ours, theirs) =>
      BESIDE_CNAME.includes(type) &&
      ours.answer.every((line) => theirs.answer.includes(line)) &&
      theirs.answer.some((line) => line.includes(' cname ')),
  },
  {
    title: 'SOA asked for at a name that does not exist',
    because:
      'whoever asks this is often about to add the name; a resolver should not remember that it was not there',
    us: 'the SOA of the denial has TTL 0',
    others: { Knot: 'its usual TTL', NSD: 'its usual TTL' },
    explains: ({ type }, ours, theirs) =>
      type === Type.SOA &&
      ours.rcode === 'NXDOMAIN' &&
      differsOnly(ours, theirs, 'authority') &&
      withoutTtl(ours.authority) === withoutTtl(theirs.authority),
  },
  {
    title: 'MAILB and MAILA',
    because: 'RFC 1035 §3.2.3 calls them obsolete',
    us: 'NOTIMP',
    others: { Knot: 'like a type that is not there', NSD: 'like a type that is not there' },
    explains: ({ type }, ours) => type === Type.MAILB && ours.rcode === 'NOTIMP',
  },
  {
    title: 'a class that is no class of data (NONE)',
    because: 'we have no zone of that class',
    us: 'REFUSED',
    others: { BIND: 'FORMERR' },
    explains: (query, ours, theirs) =>
      query.class === Class.NONE && ours.rcode === 'REFUSED' && theirs.rcode === 'FORMERR',
  },
]

/** Whether the two differ in no other fields than these. */
export function differsOnly(ours: Said, theirs: Said, ...fields: readonly (keyof Said)[]): boolean {
  return (Object.keys(ours) as (keyof Said)[]).every(
    (field) => fields.includes(field) || String(ours[field]) === String(theirs[field]),
  )
}

function hasAnswers(ours: Said, theirs: Said): boolean {
  return ours.answer.length > 0 && theirs.answer.length > 0
}

/** Whether an alias of the answer leads out of the zone that its owner is in, into another of ours. */
function leavesZone({ answer }: Said): boolean {
  return answer.some((line) => {
    const [owner = '', , , type, target = ''] = line.split(' ')
    const [from, to] = [zoneOfText(owner), zoneOfText(target)]
    return (type === 'cname' || type === 'dname') && to !== undefined && from !== to
  })
}

function withoutTtl(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^(\S+) \d+ /, '$1 ')).join()
}
