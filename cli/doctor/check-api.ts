import type { Config } from '../../shared/config.ts'
import type { Finding } from './finding.ts'

const LIMIT_MS = 4_000

/** The writer that the command line talks to: whether it lives, decides updates, and takes our token. */
export async function checkApi({ apiUrl, apiToken }: Config): Promise<Finding[]> {
  const area = 'API'
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    await fetch(`${apiUrl.replace(/\/+$/, '')}${path}`, { headers, signal: AbortSignal.timeout(LIMIT_MS) })
  const ready = await ask('/readyz').catch(() => undefined)
  if (ready === undefined)
    return [
      {
        area,
        verdict: 'wrong',
        found: `nothing answers at ${apiUrl}`,
        mend: 'start a writer, or set ZONELOG_API_URL to where one is',
      },
    ]
  if (ready.status === 503)
    return [
      {
        area,
        verdict: 'wrong',
        found: `the writer at ${apiUrl} cannot decide updates now: ${reason(await ready.text())}`,
        mend: 'see what is said of Postgres and NATS here',
      },
    ]
  if (apiToken === undefined)
    return [
      {
        area,
        verdict: 'skipped',
        found: `${apiUrl} is ready; there is no token here to ask more`,
        mend: 'ZONELOG_API_TOKEN, or run this where the data directory is',
      },
    ]
  const { status } = await ask('/v1/status', { authorization: `Bearer ${apiToken}` })
  if (status === 401 || status === 403)
    return [
      {
        area,
        verdict: 'wrong',
        found: `${apiUrl} does not take the token`,
        mend: 'ZONELOG_API_TOKEN: make another with zonelog token create',
      },
    ]
  return [{ area, verdict: 'ok', found: `${apiUrl} decides updates and takes the token` }]
}

function reason(body: string): string {
  try {
    const { nats, postgres } = JSON.parse(body) as {
      nats?: { connected?: boolean }
      postgres?: { breaker?: string }
    }
    const parts = [
      ...(nats?.connected === false ? ['no connection to NATS'] : []),
      ...(postgres?.breaker === 'open' ? ['no connection to Postgres'] : []),
    ]
    return parts.join(', ') || 'it does not say why'
  } catch {
    return 'it does not say why'
  }
}
