import type { CookieVerdict } from './cookies.ts'

/** RCODEs that a query may get end below this. */
const RCODES = 24

/** Counts of one edge's answers to queries; plain numbers, since each query passes here. */
export class AnswerCounters {
  readonly udp: number[] = new Array<number>(RCODES).fill(0)
  readonly tcp: number[] = new Array<number>(RCODES).fill(0)
  readonly cookies: Record<CookieVerdict, number> = { none: 0, malformed: 0, new: 0, bad: 0, valid: 0 }
  truncated = 0
  /** Answers that were at hand, whole. */
  remembered = 0
  rateDropped = 0
  rateSlipped = 0
}
