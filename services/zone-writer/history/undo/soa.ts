import { Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { rdataEqual } from '../../../../shared/dns/rdata.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import { serialOf, withSerial } from '../../../../shared/dns/soa.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import type { ChangedRRset } from '../../store/changed-rrsets.ts'
import { placeFrom } from '../../store/history-events.ts'
import { type UndoScope, undoneDiffs } from '../../store/undone-events.ts'
import { soaAt } from '../as-of.ts'
import { diffOf } from '../fold.ts'
import { LARGE_DIFF_OCTETS } from '../index-events.ts'
import { rrsetOf } from '../rrset-state.ts'
import type { Conflict } from './steps.ts'

export interface SoaUndone {
  readonly change: ChangedRRset | undefined
  readonly conflicts: readonly Conflict[]
}

/** An SOA without its progress. */
type Soa = Pick<RRset, 'name' | 'ttl' | 'rdata'>

/** The SOA but for its serial, as it is without what the selected events did to it, the newest first. */
export async function soaUndone(trx: DbTransaction, apex: Name, scope: UndoScope): Promise<SoaUndone> {
  const soaAfter = async (seq: number): Promise<RRset> => {
    const place = (await placeFrom(trx, scope.zoneId, seq))!
    return rrsetOf(await soaAt(trx, { ...place, zoneId: scope.zoneId, apex }))!
  }
  const now = await soaAfter(scope.upTo)
  // a zone's SOA is seldom changed but for its serial
  if (same(now, await soaAfter(scope.first - 1))) return { change: undefined, conflicts: [] }
  const conflicts: Conflict[] = []
  let soa: Soa = now
  for await (const page of undoneDiffs(trx, scope.zoneId, LARGE_DIFF_OCTETS))
    for (const { seq, diff } of page) {
      const [was, is] = diff === null ? [await soaAfter(seq - 1), await soaAfter(seq)] : soasIn(seq, diff)
      if (same(was, is)) continue
      if (same(soa, is)) soa = was
      else conflicts.push(conflictAt(apex, seq, was))
    }
  if (same(soa, now)) return { change: undefined, conflicts }
  return {
    change: { owner: apex, type: Type.SOA, before: now, after: { ...soa, type: Type.SOA } },
    conflicts,
  }
}

function soasIn(seq: number, diff: Uint8Array): [Soa, Soa] {
  const { oldSoa, newSoa } = diffOf({ seq, diff })!
  return [
    { ...(oldSoa ?? newSoa), rdata: [(oldSoa ?? newSoa).rdata] },
    { ...newSoa, rdata: [newSoa.rdata] },
  ]
}

function same(a: Soa, b: Soa): boolean {
  const [one, other] = [a.rdata[0]!, b.rdata[0]!]
  return a.ttl === b.ttl && rdataEqual(Type.SOA, one, withSerial(other, serialOf(one)))
}

/** Somebody else has changed the SOA since. */
function conflictAt(name: Name, undone: number, { ttl, rdata }: Soa): Conflict {
  const what = { name, type: Type.SOA, would: 'add', rdata: rdata[0], ttl } as const
  return { ...what, undone, since: undefined, reason: 'replaced-since', forced: false }
}
