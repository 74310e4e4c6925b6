/** `skipped`: it cannot be looked at from here, which is no fault. */
export type Verdict = 'ok' | 'warning' | 'wrong' | 'skipped'

/** What one check says. */
export interface Finding {
  /** What was looked at, such as `NATS`. */
  readonly area: string
  readonly verdict: Verdict
  /** What was found, a sentence. */
  readonly found: string
  /** How to mend it. */
  readonly mend?: string
}

export interface Check {
  readonly area: string
  readonly run: () => Promise<readonly Finding[]>
}

/** Of one check. What is down must not keep the others from being told. */
export const CHECK_LIMIT_MS = 8_000

/** Runs all checks at once; one that fails or takes too long becomes a finding itself. */
export async function runChecks(checks: readonly Check[], limitMs = CHECK_LIMIT_MS): Promise<Finding[]> {
  const results = await Promise.all(checks.map((check) => runWithin(check, limitMs)))
  return results.flat()
}

async function runWithin({ area, run }: Check, limitMs: number): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<readonly Finding[]>()
  const timer = setTimeout(() => late.resolve([noAnswer(area, limitMs)]), limitMs)
  try {
    return await Promise.race([run(), late.promise])
  } catch (error) {
    return [
      {
        area,
        verdict: 'wrong',
        found: messageOf(error),
        mend: 'see what it says, and the log of that server',
      },
    ]
  } finally {
    clearTimeout(timer)
  }
}

function noAnswer(area: string, limitMs: number): Finding {
  return {
    area,
    verdict: 'wrong',
    found: `no answer within ${limitMs / 1_000} s`,
    mend: 'it is overloaded, stopped, or cut off: see its log and the network between',
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message || error.name : String(error)
}
