import type { TextParsed } from '../result.ts'
import type { Fields, Head } from './fields.ts'
import type { Problems } from './problem.ts'
import { parseTemplate, type Template } from './template.ts'

/** The numbers of a `$GENERATE`: from `start` to `stop`, both included. */
export interface Range {
  readonly start: number
  readonly stop: number
  readonly step: number
}

/** A `$GENERATE` line as it was read. */
export interface Generation {
  readonly range: Range
  readonly head: Head
  readonly owner: Template
  readonly data: Template
}

/** Lines that all `$GENERATE` of a reading may stand for: one mistyped digit must not fill a disk. */
export const MAX_GENERATED = 1_000_000
const MAX_NUMBER = 0x7fff_ffff

/** Reads `$GENERATE RANGE OWNER [TTL] [CLASS] TYPE DATA`. */
export function generationOf(fields: Fields, problems: Problems): Generation | undefined {
  const { tokens, end } = fields.entry
  const [, rangeToken, ownerToken] = tokens
  if (rangeToken === undefined || ownerToken === undefined)
    return fields.missing(tokens.length, '$GENERATE RANGE OWNER TYPE DATA')
  const range = parseRange(rangeToken.text)
  if (!range.ok) return problems.add(rangeToken, range.reason)
  const owner = parseTemplate(ownerToken.text)
  if (!owner.ok) return problems.add(ownerToken, owner.reason)
  const head = fields.head(3)
  if (head === undefined) return undefined
  const texts = tokens.slice(head.next).map(({ text }) => text)
  const data = parseTemplate(dataOf(texts))
  if (!data.ok) return problems.add(tokens[head.next] ?? end, data.reason)
  return { range: range.value, head, owner: owner.value, data: data.value }
}

/** BIND takes one token, so data of several parts stands in quotes; without them it is as plain what is meant. */
function dataOf(texts: readonly string[]): string {
  const [only = ''] = texts
  if (texts.length > 1 || !/^".*"$/s.test(only)) return texts.join(' ')
  return only.slice(1, -1).replaceAll('\\"', '"')
}

/** Reads `start-stop` or `start-stop/step`. */
export function parseRange(text: string): TextParsed<Range> {
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text)
  const [start, stop, step] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 1)]
  if (match !== null && start <= stop && stop <= MAX_NUMBER && step >= 1 && step <= MAX_NUMBER)
    return { ok: true, value: { start, stop, step } }
  const reason = `expected a range such as 1-10 or 0-100/10, not ${JSON.stringify(text.slice(0, 60))}`
  return { ok: false, reason }
}

export function countOf({ start, stop, step }: Range): number {
  return Math.floor((stop - start) / step) + 1
}
