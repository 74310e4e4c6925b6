import type { LoadedPage } from '../parts/cursor-pages.ts'
import { call } from './client.ts'
import type { RRset } from './operations.ts'

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
