import type { Outcome } from '../admin/failure.ts'
import { problemOf } from './problem.ts'

export const NDJSON = 'application/x-ndjson; charset=utf-8'

/**
 * Progress and result of something long, one JSON object a line. When it fails half-way the status is long sent: the last line then
 * holds the problem (RFC 9457).
 */
export async function* stepsAsLines(steps: AsyncGenerator<object>): AsyncGenerator<string> {
  for await (const step of steps) yield `${JSON.stringify('ok' in step ? settled(step) : step)}\n`
}

function settled(step: object): unknown {
  const outcome = step as Outcome<unknown>
  return outcome.ok ? outcome.value : { problem: problemOf(outcome) }
}
