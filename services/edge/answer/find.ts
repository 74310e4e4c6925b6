import { Type } from '../../../shared/dns/codes.ts'
import { type Name, parentOf } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { NameContents } from '../../../shared/zone-contents.ts'
import type { CachedZone } from '../zones/cached-zone.ts'

/** Where the search for a name ends (RFC 1034 §4.3.2 step 3, RFC 4592 §3.3, RFC 6672 §3.2). */
export type Found =
  /** The name has records, or takes those of a wildcard. */
  | { kind: 'records'; types: NameContents; wildcard: boolean }
  /** The name, or the wildcard that it takes, exists without records. */
  | { kind: 'empty' }
  | { kind: 'nothing' }
  /** The name is at or below a delegation. */
  | { kind: 'cut'; ns: RRset }
  /** The name is below a DNAME. */
  | { kind: 'dname'; dname: RRset }

const EMPTY: Found = { kind: 'empty' }
const NOTHING: Found = { kind: 'nothing' }

/** Searches for a name that is the apex or below it. DS belongs to the parent side of a cut (RFC 4035 §3.1.4.1). */
export function find(zone: CachedZone, name: Name, type: number): Found {
  const stopped = zone.hasCuts ? findCut(zone, name, type) : undefined
  if (stopped !== undefined) return stopped
  const types = zone.at(name)
  if (types !== undefined) return { kind: 'records', types, wildcard: false }
  if (zone.exists(name)) return EMPTY
  return findWildcard(zone, name)
}

/** The cut nearest to the apex: nothing below it is ours to answer. */
function findCut(zone: CachedZone, name: Name, type: number): Found | undefined {
  let stopped: Found | undefined
  for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
    const types = zone.at(at)
    const ns = at === zone.apex || (at === name && type === Type.DS) ? undefined : types?.get(Type.NS)
    const dname = at === name ? undefined : types?.get(Type.DNAME)
    if (ns !== undefined) stopped = { kind: 'cut', ns }
    else if (dname !== undefined) stopped = { kind: 'dname', dname }
    if (at === zone.apex) break
  }
  return stopped
}

/** RFC 4592 §3.3.1: only the wildcard right below the closest encloser counts. */
function findWildcard(zone: CachedZone, name: Name): Found {
  let encloser = parentOf(name)
  while (encloser !== undefined && encloser !== zone.apex && !zone.exists(encloser))
    encloser = parentOf(encloser)
  if (encloser === undefined) return NOTHING
  const wildcard = (encloser === '.' ? '*.' : `*.${encloser}`) as Name
  const types = zone.at(wildcard)
  if (types !== undefined) return { kind: 'records', types, wildcard: true }
  return zone.exists(wildcard) ? EMPTY : NOTHING
}
