import type { Case } from './cases.ts'

/** One run of one case against one server. */
export interface Measured {
  readonly case: string
  readonly server: string
  /** Answered NOERROR. */
  readonly updatesPerSecond: number
  /** In ms, from the client's side. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Updates without an answer, and answers that were no NOERROR. */
  readonly lost: number
  readonly otherAnswers: Readonly<Record<string, number>>
  /** Changes found in the zone afterwards, beyond those answered NOERROR; negative would be updates that were lost after NOERROR. */
  readonly beyond: number
  /** Processor time an update by part, in µs. */
  readonly microseconds: Readonly<Record<string, number>>
  /** Processor time that the host took away, in percent. */
  readonly steal: number
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!

/** Medians of a server in a case, with the least and the most of its runs. */
export function summary(measured: readonly Measured[], one: Case, server: string) {
  const runs = measured.filter((run) => run.case === one.name && run.server === server)
  if (runs.length === 0) return undefined
  const of = (pick: (run: Measured) => number) => median(runs.map(pick))
  const rates = runs.map(({ updatesPerSecond }) => updatesPerSecond)
  const parts = Object.keys(runs[0]!.microseconds)
  return {
    rate: of((run) => run.updatesPerSecond),
    least: Math.min(...rates),
    most: Math.max(...rates),
    p50: of((run) => run.p50),
    p99: of((run) => run.p99),
    p999: of((run) => run.p999),
    lost: Math.max(...runs.map(({ lost }) => lost)),
    missing: Math.min(...runs.map(({ beyond }) => beyond)) < 0,
    steal: of((run) => run.steal),
    microseconds: Object.fromEntries(
      parts.map((part) => [part, of((run) => run.microseconds[part]!)]),
    ) as Readonly<Record<string, number>>,
  }
}

/** Rates, latencies and ratios, a case a row, as Markdown. */
export function markdown(
  measured: readonly Measured[],
  cases: readonly Case[],
  servers: readonly string[],
): string {
  const [ours, ...peers] = servers
  const head = [
    'case',
    ...servers.map((server) => `${server}: updates/s (least–most), p50 / p99 / p99.9 ms`),
    'ratio to the best peer',
  ]
  const rows = cases.map((one) => {
    const cells = servers.map((server) => cell(summary(measured, one, server)))
    const best = Math.max(0, ...peers.map((peer) => summary(measured, one, peer)?.rate ?? 0))
    const own = summary(measured, one, ours!)?.rate
    const ratio = own === undefined || best === 0 ? '' : `${(own / best).toFixed(2)}×`
    return [one.name, ...cells, ratio]
  })
  const costs = cases.map((one) => [
    one.name,
    ...servers.map((server) => {
      const spent = Object.entries(summary(measured, one, server)?.microseconds ?? {})
      return spent.map(([part, us]) => `${part} ${Math.round(us)}`).join(', ')
    }),
  ])
  return [
    table([head, ...rows]),
    'Processor time an update, in µs:',
    table([['case', ...servers], ...costs]),
  ].join('\n\n')
}

function cell(one: ReturnType<typeof summary>): string {
  if (one === undefined) return ''
  const notes = [
    one.lost > 0 ? `, ${one.lost} lost` : '',
    one.missing ? ', **not all of it is in the zone**' : '',
    one.steal > 5 ? `, steal ${Math.round(one.steal)} %` : '',
  ]
  const times = [one.p50, one.p99, one.p999].map((ms) => ms.toFixed(1)).join(' / ')
  return `${Math.round(one.rate)} (${Math.round(one.least)}–${Math.round(one.most)}), ${times}${notes.join('')}`
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  return [head!, head!.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
