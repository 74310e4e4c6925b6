import type { AskedPage, LoadedPage } from '../parts/cursor-pages.ts'
import { call } from './client.ts'
import type { ChangedRecords, RRset } from './operations.ts'

const PAGE = 500
/** RRsets between two places that are read at once. */
const MOST_BETWEEN = 5_000

/** Which RRsets of a zone: those whose names hold a text, of one type; an empty text is any. */
export interface RecordFilter {
  readonly type: string
  readonly search: string
}

export interface RecordPage extends LoadedPage<RRset> {
  /** The newest event of the zone when it was read. */
  readonly seq: number
}

/**
 * A part of a zone's RRsets. The API looks at so many names at a time for those that match; what is between two places is read
 * whole unless that is very much, and a page until it has some.
 */
export async function recordPage(
  zone: string,
  { type, search }: RecordFilter,
  asked: AskedPage,
  signal: AbortSignal,
): Promise<RecordPage> {
  const { backwards = false } = asked
  const isWhole = !backwards && asked.upTo !== undefined
  const wanted = { limit: PAGE, ...(type !== '' && { type }), ...(search !== '' && { search }) }
  const rows: RRset[] = []
  let place = asked
  let begin = asked.after
  for (;;) {
    const query = { ...wanted, ...place }
    const { rrsets, next, previous, seq } = await call('GET /v1/zones/{name}/rrsets', {
      path: { name: zone },
      query,
      signal,
    })
    if (backwards) rows.unshift(...rrsets)
    else rows.push(...rrsets)
    const further = backwards ? previous : next
    // that of the first look, and going backwards that of the last
    if (backwards || (place === asked && asked.from !== undefined)) begin = previous
    if (further === undefined || (isWhole ? rows.length >= MOST_BETWEEN : rows.length > 0))
      return { rows, next: backwards ? asked.upTo : next, previous: begin, seq }
    place = backwards
      ? { upTo: further, backwards }
      : { ...(isWhole && { upTo: asked.upTo! }), after: further }
  }
}

/** An RRset as it is now, and where the zone stood at that moment. */
export async function findRRset(
  zone: string,
  name: string,
  type: string,
): Promise<{ rrset: RRset | undefined; serial: number; seq: number }> {
  const { rrsets, serial, seq } = await call('GET /v1/zones/{name}/rrsets', {
    path: { name: zone },
    query: { name, type },
  })
  return { rrset: rrsets[0], serial, seq }
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
