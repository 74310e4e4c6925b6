import { Class, Type } from '../../../../shared/dns/codes.ts'
import { rdataEqual } from '../../../../shared/dns/rdata.ts'
import { compareSerial, type Serial } from '../../../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../../../shared/dns/soa.ts'
import { nextSerial } from '../../decide/serial.ts'
import type { Db, ZoneSummary } from '../../store/admin-zones.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { readSettings } from '../../store/zones.ts'
import type { AskedChange, AskedRecords } from './asked-changes.ts'

/** The changes, and the serial at which alone they hold. */
export interface Guarded {
  readonly records: AskedRecords
  readonly ifSerial: number | undefined
}

/**
 * An SOA record that takes the place of the zone's keeps its serial where that is later than the zone's; otherwise the zone's policy gives the
 * next (P7), which holds only while the zone stands where it was looked up.
 */
export async function withPolicySerial(
  db: Db,
  zone: ZoneSummary,
  changes: readonly AskedChange[],
  asked: Guarded,
  now: number,
): Promise<Guarded> {
  const isAsked = changes.some(({ action, type }) => action === 'replace' && type?.toUpperCase() === 'SOA')
  if (!isAsked) return asked
  const { id, name } = zone
  const stored = (await loadRRsets(db, [id], [name])).find(({ rrset }) => rrset.type === Type.SOA)?.rrset
  const current = stored?.rdata[0]
  if (stored === undefined || current === undefined) throw new Error(`zone ${name} has no SOA record`)
  const { serialPolicy } = await readSettings(db, id)
  const serial = serialOf(current)
  let isMoved = false
  const updates = asked.records.updates.map((record) => {
    if (record.type !== Type.SOA || record.class !== Class.IN) return record
    const { rdata, ttl } = record
    const isSame = ttl === stored.ttl && rdataEqual(Type.SOA, withSerial(rdata, serial), current)
    if (isSame || compareSerial(serial, serialOf(rdata)) === -1) return record
    isMoved = true
    return { ...record, rdata: withSerial(rdata, nextSerial(serial as Serial, serialPolicy, now)) }
  })
  if (!isMoved) return asked
  return { records: { ...asked.records, updates }, ifSerial: asked.ifSerial ?? serial }
}
