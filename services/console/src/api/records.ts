import type { LoadedPage } from '../parts/cursor-pages.ts'
import { call } from './client.ts'
import type { ChangedRecords, RRset } from './operations.ts'

const PAGE = 500

/** A page of a zone's RRsets, those whose names hold a text, of one type. */
export async function recordPage(
  zone: string,
  { type, search }: { readonly type: string; readonly search: string },
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<LoadedPage<RRset>> {
  const wanted = {
    ...(type === '' ? {} : { type }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  }
  const place = cursor === undefined ? {} : { after: cursor }
  const { rrsets, next } = await call('GET /v1/zones/{name}/rrsets', {
    path: { name: zone },
    query: { limit: PAGE, ...wanted, ...place },
    signal,
  })
  return { rows: rrsets, next }
}

/** An RRset as it is now, and the serial of the zone at that moment. */
export async function findRRset(
  zone: string,
  name: string,
  type: string,
): Promise<{ rrset: RRset | undefined; serial: number }> {
  const { rrsets, serial } = await call('GET /v1/zones/{name}/rrsets', {
    path: { name: zone },
    query: { name, type },
  })
  return { rrset: rrsets[0], serial }
}

/** Which RRset, and what it is to be: undefined for nothing. */
export interface RecordEdit {
  readonly name: string
  readonly type: string
  readonly after: RRset | undefined
}

/** Changes an RRset; `ifSerial`: only where the zone still stands there, else an ApiError with the code `serial-changed`. */
export async function changeRecords(
  zone: string,
  { name, type, after }: RecordEdit,
  how: { readonly ifSerial?: number; readonly dryRun?: boolean; readonly signal?: AbortSignal },
): Promise<ChangedRecords> {
  const { signal, ...conditions } = how
  const change =
    after === undefined
      ? ({ action: 'delete', name, type } as const)
      : ({ action: 'replace', name, type, ttl: after.ttl, values: after.values } as const)
  return await call('POST /v1/zones/{name}/changes', {
    path: { name: zone },
    body: { changes: [change], ...conditions },
    ...(signal === undefined ? {} : { signal }),
  })
}
