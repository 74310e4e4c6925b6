import type { EdgeShare, Measured } from './load.ts'

/** A row for each server, and one for each that had updates meanwhile; medians of the runs. */
export function resultTable(title: string, measured: readonly Measured[]): string {
  const groups = Map.groupBy(measured, ({ server, updates }) =>
    updates > 0 ? `${server}, ${updates} updates/s` : server,
  )
  const rows = [...groups].map(([name, all]) => {
    const of = (pick: (one: Measured) => number) => median(all.map(pick))
    return row(
      name,
      Math.round(of((one) => one.answersPerSecond)),
      Math.round(of((one) => one.answersPerCpuSecond)),
      of((one) => one.lost),
      of((one) => one.p50).toFixed(2),
      of((one) => one.p99).toFixed(2),
    )
  })
  const head = row(title, 'answers/s', 'answers per CPU second', 'lost', 'p50 ms', 'p99 ms')
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n')
}

/**
 * Where several edges shared a port: what each of them answered, and what they answered in a second of processor time, all together, beside
 * what one by itself did in the same run. Else nothing.
 */
export function edgeTable(measured: readonly Measured[]): string {
  const idle = measured.filter(({ updates, edges }) => updates === 0 && edges.length > 0)
  const counts = [...new Set(idle.map(({ edges }) => edges.length))].sort((a, b) => a - b)
  if (!counts.some((count) => count > 1)) return ''
  const of = (count: number) => idle.filter(({ edges }) => edges.length === count)
  const rows = counts.flatMap((count) => edgeRows(count, of(count)))
  const head = row('edge by edge, without updates (median)', 'answers/s', 'answers per CPU second')
  return [
    head,
    '|---|---|---|',
    ...rows,
    '',
    ...counts.filter((count) => count > 1).map((count) => ratio(count, of(count), of(1))),
  ].join('\n')
}

function edgeRows(count: number, runs: readonly Measured[]): string[] {
  return Array.from({ length: count }, (_, index) => {
    const middle = (pick: (edge: EdgeShare) => number) =>
      Math.round(median(runs.map(({ edges }) => pick(edges[index]!))))
    return row(
      `${index + 1} of ${count}`,
      middle((edge) => edge.answersPerSecond),
      middle((edge) => edge.answersPerCpuSecond),
    )
  })
}

/** Runs stand in pairs, so that the machine's moods fall on both. */
function ratio(count: number, several: readonly Measured[], one: readonly Measured[]): string {
  const ratios = several
    .slice(0, one.length)
    .map((run, index) => together(run.edges) / together(one[index]!.edges))
  if (ratios.length === 0)
    return `one edge by itself was not measured, so ${count} have nothing to be compared with`
  const single = ratios.map((each) => each.toFixed(2)).join(', ')
  return `answers per CPU second of ${count} edges to those of one: ${median(ratios).toFixed(2)} (runs: ${single}); 1 is linear`
}

/** Answers in a second of processor time, by the edges' own counts. */
function together(edges: readonly EdgeShare[]): number {
  const sum = (pick: (edge: EdgeShare) => number) => edges.reduce((all, edge) => all + pick(edge), 0)
  return (
    sum((edge) => edge.answersPerSecond) / sum((edge) => edge.answersPerSecond / edge.answersPerCpuSecond)
  )
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
