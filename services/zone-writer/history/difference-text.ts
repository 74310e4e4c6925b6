import { typeToText } from '../../../shared/dns/codes.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import { recordToText, rrsetLines } from '../../../shared/dns/zone-file-text.ts'
import { changeOfSet } from '../admin/contents/merge.ts'
import type { ChangedRRset } from '../store/changed-rrsets.ts'
import type { Point } from './resolve.ts'

export const DIFFERENCE_FORMATS = ['ixfr', 'unified', 'json', 'ndjson'] as const
export type DifferenceFormat = (typeof DIFFERENCE_FORMATS)[number]

/** Reads the differences anew, for what needs them twice. */
export type Differences = () => Promise<AsyncGenerator<ChangedRRset>>

/** The net difference between two moments as text, in pieces. */
export async function* differenceText(
  format: DifferenceFormat,
  from: Point,
  to: Point,
  read: Differences,
): AsyncGenerator<string> {
  if (format === 'unified') yield* unified(from, to, await read())
  else if (format === 'ixfr') yield* ixfr(read)
  else if (format === 'ndjson') yield* jsonLines(from, to, await read())
  else yield* json(from, to, read)
}

/** The order of RFC 1995 §4, with the words of named-journalprint: old SOA, what goes, new SOA, what comes. */
async function* ixfr(read: Differences): AsyncGenerator<string> {
  for await (const line of halfOf('removed', await read())) yield `del ${line}\n`
  for await (const line of halfOf('added', await read())) yield `add ${line}\n`
}

async function* halfOf(
  half: 'removed' | 'added',
  changes: AsyncGenerator<ChangedRRset>,
): AsyncGenerator<string> {
  for await (const { before, after } of changes)
    for (const record of changeOf(before, after)[half]) yield recordToText(record)
}

function changeOf(
  before: RRset | undefined,
  after: RRset | undefined,
): { removed: readonly ResourceRecord[]; added: readonly ResourceRecord[] } {
  // another case of the owner is another record in text
  if (before !== undefined && after !== undefined && before.name !== after.name) {
    return { removed: changeOfSet(before, undefined).removed, added: changeOfSet(undefined, after).added }
  }
  return changeOfSet(before, after)
}

async function* unified(
  from: Point,
  to: Point,
  changes: AsyncGenerator<ChangedRRset>,
): AsyncGenerator<string> {
  yield `--- ${headOf(from)}\n+++ ${headOf(to)}\n`
  for await (const { owner, type, before, after } of changes) {
    const [was, is] = [linesOf(before), linesOf(after)]
    yield `@@ ${owner} ${typeToText(type)} @@\n`
    for (const line of was) yield is.has(line) ? ` ${line}\n` : `-${line}\n`
    for (const line of is) if (!was.has(line)) yield `+${line}\n`
  }
}

function headOf({ apex, seq, serial, at }: Point): string {
  return `${apex}\tserial ${serial}, event #${seq}, ${new Date(at).toISOString()}`
}

function linesOf(rrset: RRset | undefined): Set<string> {
  return new Set(rrset === undefined ? [] : rrsetLines(rrset))
}

/** A line for the moments, and one for each RRset as it is found, in one look: for whoever shows it meanwhile. */
async function* jsonLines(
  from: Point,
  to: Point,
  changes: AsyncGenerator<ChangedRRset>,
): AsyncGenerator<string> {
  yield `${jsonHead(from, to)}\n`
  for await (const { before, after } of changes) {
    const { removed, added } = changeOf(before, after)
    yield `${JSON.stringify({ removed: removed.map(recordToText), added: added.map(recordToText) })}\n`
  }
}

function jsonHead(from: Point, to: Point): string {
  const place = ({ seq, serial, at }: Point) => ({ seq, serial, time: new Date(at).toISOString() })
  return JSON.stringify({ schema: 'zonelog.diff/1', zone: from.apex, from: place(from), to: place(to) })
}

/** One object, written as it is found: `{"schema": …, "from": …, "to": …, "removed": [ … ], "added": [ … ]}`. */
async function* json(from: Point, to: Point, read: Differences): AsyncGenerator<string> {
  yield jsonHead(from, to).slice(0, -1)
  for (const half of ['removed', 'added'] as const) {
    yield `,"${half}":[`
    let first = true
    for await (const line of halfOf(half, await read())) {
      yield `${first ? '' : ','}${JSON.stringify(line)}`
      first = false
    }
    yield ']'
  }
  yield '}\n'
}
