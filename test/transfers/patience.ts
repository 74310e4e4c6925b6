import { until as untilIn } from '../support/until.ts'

const LIMIT_MS = 120_000

/** As everywhere, but for conditions that servers beside ours bring about, several at once, on however busy a machine. */
export function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  return untilIn(what, condition, limitMs)
}
