import type { Config } from '../../shared/config.ts'
import type { Problem } from '../../shared/health.ts'
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
  if (ready.status === 503) {
    const problems = problemsIn(await ready.text())
    const why = problems.map(({ what }) => what).join('; ') || 'it does not say why'
    const mend = problems.map(({ todo }) => todo).join('; ') || 'see what is said of Postgres and NATS here'
    return [
      { area, verdict: 'wrong', found: `the writer at ${apiUrl} cannot decide updates now: ${why}`, mend },
    ]
  }
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

/** As shared/health.ts answers; none of what is something else, such as a proxy before a writer. */
function problemsIn(body: string): readonly Problem[] {
  try {
    const { problems = [] } = JSON.parse(body) as { problems?: readonly Problem[] }
    return problems
  } catch {
    return []
  }
}
