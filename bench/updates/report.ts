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
  /** Processor time an update by part, of all its processes, in µs. */
  readonly microseconds: Readonly<Record<string, number>>
  readonly processes: readonly MeasuredProcess[]
  /** Processors of the machine that were not idle, on average; the client's work is in it. */
  readonly busy: number
  /** Processor time that the host took away, in percent. */
  readonly steal: number
}

export interface MeasuredProcess {
  readonly part: string
  /** Processor time for each update of the run, whichever process did it, in µs. */
  readonly microseconds: number
  /** Resident at most during the run, and since its start, in MiB. */
  readonly peakMib: number
  readonly peakSinceStartMib: number
}

/** Which servers were measured, in their order; ours are systems of zonelog, of which the first is compared with all others. */
export interface Contest {
  readonly ours: readonly string[]
  readonly peers: readonly string[]
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** Medians of a server in a case, with the least and the most of its runs. */
export function summary(measured: readonly Measured[], one: Case, server: string) {
  const runs = measured.filter((run) => run.case === one.name && run.server === server)
  if (runs.length === 0) return undefined
  const of = (pick: (run: Measured) => number) => median(runs.map(pick))
  const rates = runs.map(({ updatesPerSecond }) => updatesPerSecond)
  const parts = Object.keys(runs[0]!.microseconds)
  const peaks = runs.flatMap(({ processes }) => processes).filter(({ part }) => part !== 'Postgres')
  const peakOf = (part: string, pick: (one: MeasuredProcess) => number) =>
    Math.max(...peaks.filter((one) => one.part === part).map(pick))
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
    busy: of((run) => run.busy),
    together: of((run) => Object.values(run.microseconds).reduce((sum, us) => sum + us, 0)),
    /** Of the largest process of each part; Postgres' share memory, so that theirs says nothing. */
    memory: [...new Set(peaks.map(({ part }) => part))].map((part) => ({
      part,
      during: peakOf(part, (one) => one.peakMib),
      sinceStart: peakOf(part, (one) => one.peakSinceStartMib),
    })),
    microseconds: Object.fromEntries(
      parts.map((part) => [part, of((run) => run.microseconds[part]!)]),
    ) as Readonly<Record<string, number>>,
  }
}

/** Rates, latencies and ratios, a case a row; then what they cost, a case and a server a row. As Markdown. */
export function markdown(measured: readonly Measured[], cases: readonly Case[], contest: Contest): string {
  const servers = [...contest.ours, ...contest.peers]
  const [first, ...further] = contest.ours
  const head = [
    'case',
    ...servers.map((server) => `${server}: updates/s (least–most), p50 / p99 / p99.9 ms`),
    ...further.map((name) => `${name}, to ${first}: rate, processor time an update`),
    ...(contest.peers.length > 0 ? ['ratio to the best peer'] : []),
  ]
  const rows = cases.map((one) => {
    const of = (server: string) => summary(measured, one, server)
    const own = of(first!)
    const best = Math.max(0, ...contest.peers.map((peer) => of(peer)?.rate ?? 0))
    return [
      one.name,
      ...servers.map((server) => cell(of(server))),
      ...further.map(
        (name) => `${times(of(name)?.rate, own?.rate)}, ${times(of(name)?.together, own?.together)}`,
      ),
      ...(contest.peers.length > 0 ? [times(own?.rate, best)] : []),
    ]
  })
  const costs = cases.flatMap((one) =>
    servers.map((server) => costRow(one, server, summary(measured, one, server))),
  )
  const costHead = ['case', 'server', 'µs of processor time an update', 'together', MEMORY, 'processors busy']
  return [table([head, ...rows]), 'What it takes:', table([costHead, ...costs])].join('\n\n')
}

const MEMORY = 'resident at most, MiB a process (since its start)'

function costRow(one: Case, server: string, found: ReturnType<typeof summary>): string[] {
  const spent = Object.entries(found?.microseconds ?? {}).map(([part, us]) => `${part} ${Math.round(us)}`)
  const memory = (found?.memory ?? []).map(
    ({ part, during, sinceStart }) => `${part} ${during} (${sinceStart})`,
  )
  const together = found === undefined ? '' : String(Math.round(found.together))
  return [one.name, server, spent.join(', '), together, memory.join(', '), found?.busy.toFixed(2) ?? '']
}

function times(one: number | undefined, other: number | undefined): string {
  return one === undefined || !other ? '' : `${(one / other).toFixed(2)}×`
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
