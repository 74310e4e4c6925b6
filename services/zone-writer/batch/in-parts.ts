import type { BatchTrace, Period } from '../../../shared/tracing/tracing.ts'
import type { CommittedBatch } from './commit-batch.ts'
import type { QueuedCommand } from './decide-batch.ts'

type Queue = readonly QueuedCommand[]

/** Commits a batch in parts, one after another. What comes later is not decided before what was left of its zone (P9). */
export async function commitInParts(
  parts: readonly Queue[],
  commit: (part: Queue) => Promise<CommittedBatch>,
): Promise<CommittedBatch> {
  const results: CommittedBatch[] = []
  const busy = new Set<number>()
  for (const part of parts) {
    const isBusy = ({ command: { zoneId } }: QueuedCommand) => busy.has(zoneId)
    const waiting = part.filter(isBusy)
    if (waiting.length > 0) results.push(nothingBut(waiting))
    if (waiting.length === part.length) continue
    const result = await commit(part.filter((one) => !isBusy(one)))
    for (const { command } of result.left) busy.add(command.zoneId)
    results.push(result)
  }
  const trace = together(results.flatMap((result) => result.trace ?? []))
  return {
    outcomes: results.flatMap((result) => result.outcomes),
    events: results.flatMap((result) => result.events),
    touched: new Map(),
    repeats: results.reduce((sum, result) => sum + result.repeats, 0),
    left: results.flatMap((result) => result.left),
    decided: spanning(results.filter(({ outcomes }) => outcomes.length > 0)),
    ...(trace && { trace }),
  }
}

/** What the parts did is announced as one. */
function together(traces: readonly BatchTrace[]): BatchTrace | undefined {
  if (traces.length === 0) return undefined
  return {
    published: (period) => {
      for (const trace of traces) trace.published(period)
    },
  }
}

function nothingBut(left: Queue): CommittedBatch {
  return { outcomes: [], events: [], touched: new Map(), repeats: 0, left, decided: { from: 0, to: 0 } }
}

function spanning(results: readonly CommittedBatch[]): Period {
  return { from: results[0]?.decided.from ?? 0, to: results.at(-1)?.decided.to ?? 0 }
}
