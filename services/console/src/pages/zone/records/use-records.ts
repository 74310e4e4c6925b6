import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RRset, ZoneDetails } from '../../../api/operations.ts'
import { type RecordFilter, recordPage } from '../../../api/records.ts'
import { useResource } from '../../../api/use-resource.ts'
import { useZoneChanges } from '../../../api/use-zone-changes.ts'
import { showZone } from '../../../api/zones.ts'
import { CursorPages } from '../../../parts/cursor-pages.ts'
import { useSeldom } from '../../../parts/use-seldom.ts'
import { type RecordRow, recordKey, recordOrder, recordRows } from './record-rows.tsx'
import { soaSerial } from './soa-draft.ts'

/** Counting goes through all records of a zone: so many ms for each of them, and no less than this. */
const COUNTED_EVERY_MS = 15_000
const COUNTED_EVERY_MS_A_RECORD = 0.1

export interface Records {
  readonly pages: CursorPages<RecordRow>
  /** Undefined until they are counted. */
  readonly details: ZoneDetails | undefined
  /** Of the newest change that was told. */
  readonly serial: number | undefined
  /** These names have changed; undefined for any. */
  changed(names: readonly string[] | undefined): void
}

/** The records of a zone that match, as they are and as they become: what changes is read again, and the rest stays where it is. */
export function useRecords(zone: string, { type, search }: RecordFilter): Records {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  const [since, setSince] = useState<{ zone: string; seq: number }>()
  const [soa, setSoa] = useState<{ zone: string; rrset: RRset }>()
  const pages = useMemo(() => {
    const load = async (...asked: [Parameters<typeof recordPage>[2], AbortSignal]) => {
      const { rows, seq, ...places } = await recordPage(zone, { type, search }, ...asked)
      setSince((before) => (before?.zone === zone ? before : { zone, seq }))
      return { rows: rows.flatMap(recordRows), ...places }
    }
    return new CursorPages<RecordRow>(load, recordOrder(zone))
  }, [zone, type, search])
  useEffect(() => () => pages.close(), [pages])
  const records = details.value?.records ?? 0
  const everyMs = Math.max(COUNTED_EVERY_MS, records * COUNTED_EVERY_MS_A_RECORD)
  const countAgain = useSeldom(details.reload, everyMs)
  const changed = (names: readonly string[] | undefined) => {
    pages.refresh(names?.map((name) => recordKey(name, zone)))
    countAgain()
  }
  useZoneChanges(zone, since?.zone === zone ? since.seq : undefined, ({ names, soa: line }) => {
    const rrset = line === undefined ? undefined : soaFromLine(line)
    if (rrset !== undefined) {
      setSoa({ zone, rrset })
      for (const row of recordRows(rrset)) pages.change(row)
    }
    changed(names)
  })
  return {
    pages,
    details: details.value,
    serial: soa?.zone === zone ? soaSerial(soa.rrset) : undefined,
    changed,
  }
}

/** `NAME TTL IN SOA RDATA`, as events have it. */
function soaFromLine(line: string): RRset | undefined {
  const [, name, ttl, value] = /^(\S+) (\d+) IN SOA (.+)$/.exec(line) ?? []
  return name === undefined ? undefined : { name, type: 'SOA', ttl: Number(ttl), values: [value!] }
}
