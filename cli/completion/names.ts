import type { ApiClient } from '../api-client.ts'
import type { Candidate } from './complete.ts'

/** Longer, and who types would wait for it. */
const PATIENCE_MS = 2_000
const MOST = 1_000

type Api = Pick<ApiClient, 'get'>

export async function zoneNames(api: Api): Promise<Candidate[]> {
  const page = await quickly(
    api.get<{ zones: { name: string; serial: number }[] }>('/zones', { limit: MOST }),
  )
  return (page?.zones ?? []).map(({ name, serial }) => ({
    word: plain(name),
    what: `zone, serial ${serial}`,
  }))
}

export async function keyNames(api: Api): Promise<Candidate[]> {
  const page = await quickly(api.get<{ keys: { name: string; algorithm: string }[] }>('/keys'))
  return (page?.keys ?? []).map(({ name, algorithm }) => ({ word: plain(name), what: `key, ${algorithm}` }))
}

/** Undefined when it fails or takes too long: a shell that completes must neither complain nor wait. */
async function quickly<T>(asked: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  try {
    return await Promise.race([asked.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}

function plain(name: string): string {
  return name === '.' ? name : name.slice(0, -1)
}
