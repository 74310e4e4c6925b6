import { Rcode, Type } from '../../../shared/dns/codes.ts'
import {
  canonicalName,
  type GivenName,
  isSubdomain,
  type Name,
  readPlainName,
} from '../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import type { NameContents } from '../../../shared/zone-contents.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { addressesOf, targetsOf } from './additional.ts'
import { synthesizeCname } from './dname.ts'
import { find } from './find.ts'
import { recordsOf } from './records.ts'

/** What a zone says to a question, before it is fitted into a message. */
export interface Answer {
  rcode: number
  authoritative: boolean
  answers: ResourceRecord[]
  authorities: ResourceRecord[]
  /** Addresses without which a referral leads nowhere; a response without them is truncated (RFC 9471 §3). */
  glue: ResourceRecord[]
  /** Addresses that spare the client a question, and may be left out. */
  additionals: ResourceRecord[]
  outcome: Outcome
  /** Whether a wildcard or a DNAME stood for a name. */
  synthesized: boolean
  /** The name of the cut that a referral tells of. */
  cut: Name | undefined
}

/** What the last name of a chain came to. */
export type Outcome = 'records' | 'nodata' | 'nxdomain' | 'referral'

/** The zone that goes on with a chain of aliases at this name; undefined when none of ours does. */
export type ZoneOf = (name: Name) => CachedZone | undefined

/** What is the alias's own: RFC 2181 §10.1 and RFC 4035 §2.5 let these stand beside a CNAME. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([
  Type.CNAME,
  Type.ANY,
  Type.SIG,
  Type.KEY,
  Type.NXT,
  Type.RRSIG,
  Type.NSEC,
])

/** Aliases followed in one answer; a chain that is longer is continued by the client. */
const MAX_ALIASES = 16

/**
 * RFC 1034 §4.3.2 from step 3 on, for a name that is the zone's apex or below it; aliases are followed through the zones that
 * `zoneOf` knows. `wholeAny` gives every set of the name to a question for ANY, otherwise one of them stands for all (RFC 8482
 * §4.1).
 */
export function answerQuestion(
  zone: CachedZone,
  asked: GivenName,
  type: number,
  wholeAny: boolean,
  zoneOf: ZoneOf,
): Answer {
  const answer: Answer = {
    rcode: Rcode.NOERROR,
    authoritative: true,
    answers: [],
    authorities: [],
    glue: [],
    additionals: [],
    outcome: 'records',
    synthesized: false,
    cut: undefined,
  }
  let name = canonicalName(asked)
  let alias = step(zone, asked, name, type, wholeAny, answer)
  if (alias === undefined) return answer
  const seen = new Set<Name>()
  while (alias !== undefined && seen.size < MAX_ALIASES) {
    seen.add(name)
    name = canonicalName(alias)
    const next = seen.has(name) ? undefined : zoneOf(name)
    if (next === undefined) break
    alias = step(next, alias, name, type, wholeAny, answer)
  }
  return answer
}

/** Adds what the zone has at one name; returns the name to go on with when this one is an alias. */
function step(
  zone: CachedZone,
  owner: GivenName,
  name: Name,
  type: number,
  wholeAny: boolean,
  answer: Answer,
): GivenName | undefined {
  const found = find(zone, name, type)
  switch (found.kind) {
    case 'cut':
      return refer(zone, found.ns, answer)
    case 'dname':
      answer.synthesized = true
      return redirect(owner, found.dname, type, answer)
    case 'empty':
      return deny(zone, Rcode.NOERROR, type, answer)
    case 'nothing':
      return deny(zone, Rcode.NXDOMAIN, type, answer)
    case 'records': {
      const as = found.wildcard ? owner : undefined
      if (found.wildcard) answer.synthesized = true
      const cname = found.types.get(Type.CNAME)
      if (cname === undefined || BESIDE_CNAME.has(type))
        return give(zone, found.types, type, wholeAny, as, answer)
      answer.answers.push(...recordsOf(cname, as))
      return aliasTarget(cname.rdata[0]!)
    }
  }
}

function give(
  zone: CachedZone,
  types: NameContents,
  type: number,
  wholeAny: boolean,
  as: GivenName | undefined,
  answer: Answer,
): undefined {
  const sets = type === Type.ANY ? [...types.values()].slice(0, wholeAny ? undefined : 1) : [types.get(type)]
  for (const rrset of sets) {
    if (rrset === undefined) return deny(zone, Rcode.NOERROR, type, answer)
    answer.answers.push(...recordsOf(rrset, as))
    if (type !== Type.ANY) answer.additionals.push(...addressesOf(zone, targetsOf(rrset), type === Type.NS))
  }
}

/** RFC 2308 §2 and §3; RFC 6604 §3: the rcode is that of the last name of a chain. */
function deny(zone: CachedZone, rcode: number, type: number, answer: Answer): undefined {
  answer.rcode = rcode
  answer.outcome = rcode === Rcode.NXDOMAIN ? 'nxdomain' : 'nodata'
  const soa = zone.soaOfNegativeAnswers
  // clients of UPDATE ask for the SOA of the name that they are about to add; a resolver that remembered the denial
  // would hide the name from them afterwards
  answer.authorities.push(rcode === Rcode.NXDOMAIN && type === Type.SOA ? { ...soa, ttl: 0 } : soa)
}

/** Authoritative only for aliases that led here. Addresses of hosts below the cut are found nowhere else. */
function refer(zone: CachedZone, ns: RRset, answer: Answer): undefined {
  const cut = canonicalName(ns.name)
  answer.authoritative = answer.answers.length > 0
  answer.outcome = 'referral'
  answer.cut = cut
  answer.authorities.push(...recordsOf(ns))
  for (const target of targetsOf(ns)) {
    const wanted = isSubdomain(target, cut) ? answer.glue : answer.additionals
    wanted.push(...addressesOf(zone, [target], true))
  }
}

function redirect(owner: GivenName, dname: RRset, type: number, answer: Answer): GivenName | undefined {
  const cname = synthesizeCname(owner, dname)
  answer.answers.push(...recordsOf(dname))
  if (cname === 'too-long') answer.rcode = Rcode.YXDOMAIN
  if (cname === undefined || cname === 'too-long') return undefined
  answer.answers.push(cname)
  // the CNAME is what was asked for
  if (type === Type.CNAME || type === Type.ANY) return undefined
  return aliasTarget(cname.rdata)
}

function aliasTarget(rdata: Uint8Array): GivenName | undefined {
  const target = readPlainName(rdata, 0)
  return target.ok ? target.value.name : undefined
}
