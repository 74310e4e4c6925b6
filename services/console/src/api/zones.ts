import { call } from './client.ts'
import type { ZoneDetails } from './operations.ts'

/** A zone as it is now. */
export async function showZone(name: string, signal?: AbortSignal): Promise<ZoneDetails> {
  const asked = signal === undefined ? { path: { name } } : { path: { name }, signal }
  // without a moment of its history the API tells all of it
  return (await call('GET /v1/zones/{name}', asked)) as ZoneDetails
}
