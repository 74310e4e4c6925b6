/** Something that is not as it should be, in words, and what to do about it. */
export interface Problem {
  readonly what: string
  readonly todo: string
}

/**
 * `starting`: nothing is served yet. `degraded`: something is, but not all: updates are not taken, or zones may be old. `ok`: no problem
 * is known that keeps anything from being done.
 */
export type HealthStatus = 'starting' | 'ok' | 'degraded'

/** What both services say of themselves; each adds more. */
export interface Health {
  readonly status: HealthStatus
  /** False when only a restart can help. */
  readonly live: boolean
  /** Whether it is to be asked at all: it does what it is there for. */
  readonly ready: boolean
  /** Whether updates are taken now. */
  readonly accepting: boolean
  readonly problems: readonly Problem[]
}

export type Probe = 'live' | 'ready' | 'accepting'

/** Status and body of a probe: 503 where the answer is no, with the problems in either case. */
export function answerProbe(
  health: Health,
  probe: Probe,
): { readonly code: 200 | 503; readonly body: object } {
  const { status, problems } = health
  return { code: health[probe] ? 200 : 503, body: { [probe]: health[probe], status, problems } }
}

/** `/readyz?for=updates` asks more than `/readyz` alone. */
export function readinessProbe(query: unknown): Probe {
  return (query as { for?: unknown } | undefined)?.for === 'updates' ? 'accepting' : 'ready'
}
