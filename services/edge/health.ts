import type { BreakerState } from '../../shared/breaker.ts'
import type { Health, Problem } from '../../shared/health.ts'
import type { EdgeLag } from '../../shared/messaging/presence.ts'

/** Zones that have lacked events for longer than this are old enough to say so, in seconds. */
const LAG_S = 5

export interface EdgeHealth extends Health {
  readonly nats: { readonly connected: boolean; readonly breaker: BreakerState }
  readonly zones: {
    readonly known: number
    readonly held: number
    readonly behind: number
    /** Not served: unconfirmed for longer than their SOA allows. */
    readonly expired: number
    /** Not served: larger than the memory budget. */
    readonly tooLarge: number
  }
  readonly lag: EdgeLag
  readonly updatesInFlight: number
}

/** What an edge knows of itself. */
export interface EdgeFacts extends Pick<EdgeHealth, 'nats' | 'zones' | 'lag' | 'updatesInFlight'> {
  /** Whether its listeners are there. */
  readonly isStarted: boolean
  /** Whether the connection to NATS has ended for good. */
  readonly isClosed: boolean
  /** Whether the zones that are to be held before they are asked for have been tried. */
  readonly isPreloaded: boolean
  /** Whether it was asked to end. */
  readonly isDraining: boolean
  /** Whether the writers do not say where zones stand. */
  readonly isUnconfirmed: boolean
}

/**
 * Without NATS or writers an edge is ready, since it answers queries from memory: to take it out of service would make an outage of
 * queries of one of updates.
 */
export function edgeHealth(facts: EdgeFacts): EdgeHealth {
  const { isStarted, isClosed, isPreloaded, isDraining, nats, zones, lag, updatesInFlight } = facts
  const problems = edgeProblems(facts)
  return {
    status: !isStarted ? 'starting' : problems.length === 0 ? 'ok' : 'degraded',
    live: !isClosed,
    ready: isStarted && !isClosed && isPreloaded && !isDraining,
    accepting: isStarted && !isClosed && nats.connected && nats.breaker !== 'open' && !isDraining,
    problems,
    nats,
    zones,
    lag,
    updatesInFlight,
  }
}

function edgeProblems(facts: EdgeFacts): Problem[] {
  const { isStarted, isClosed, isPreloaded, isDraining, isUnconfirmed, nats, zones, lag } = facts
  if (isClosed) return [problem('the connection to NATS has ended for good', 'restart this edge')]
  if (isDraining)
    return [problem('it was asked to end: it finishes what is under way and takes nothing new', 'nothing')]
  const found: Problem[] = []
  if (!nats.connected)
    found.push(
      problem(
        'no connection to NATS: updates get SERVFAIL, queries are answered from memory',
        'see whether NATS runs, and whether this edge reaches it: ZONELOG_NATS_URL',
      ),
    )
  else if (!isStarted)
    found.push(problem('it waits for the catalog of zones, which the first writer makes', 'start a writer'))
  if (nats.breaker === 'open')
    found.push(
      problem(
        'outcomes of updates did not come: updates get SERVFAIL until one does',
        'see what is down: `zonelog status`, then the writers and Postgres',
      ),
    )
  if (isStarted && !isPreloaded)
    found.push(problem('it still fetches the zones that it is to hold from the start', 'wait'))
  if (nats.connected && isUnconfirmed)
    found.push(
      problem(
        'no writer says where zones stand: what is served may be old',
        'see whether a writer runs: `zonelog status`',
      ),
    )
  if (lag.seconds > LAG_S)
    found.push(
      problem(
        `${zones.behind} zones lack ${lag.events} events, for ${Math.round(lag.seconds)} s by now`,
        'see whether writers and NATS are overloaded; the log says what cannot be fetched',
      ),
    )
  if (zones.expired > 0)
    found.push(
      problem(
        `${zones.expired} zones are not served: no writer has confirmed them for the expire time of their SOA`,
        'start a writer, or see why this edge does not reach any',
      ),
    )
  if (zones.tooLarge > 0)
    found.push(
      problem(
        `${zones.tooLarge} zones are not served: each is larger than the memory for zones`,
        'raise ZONELOG_EDGE_CACHE_MIB',
      ),
    )
  return found
}

function problem(what: string, todo: string): Problem {
  return { what, todo }
}
