import { rcodeToText } from '../../../shared/dns/codes.ts'
import { eventId } from '../../../shared/event-id.ts'
import type { BatchTrace, Period, Tracing } from '../../../shared/tracing/tracing.ts'
import type { CommittedBatch } from './commit-batch.ts'
import type { QueuedCommand } from './decide-batch.ts'

/** Undefined where nobody traces any of the commands. `process` is when the batch was taken and when it was committed. */
export function traceBatch(
  tracing: Pick<Tracing, 'batch'>,
  queue: readonly QueuedCommand[],
  { outcomes, decided }: CommittedBatch,
  process: Period,
): BatchTrace | undefined {
  const traced = queue.flatMap(({ command, traceparent }, index) => {
    const outcome = outcomes[index]?.outcome
    if (traceparent === undefined || outcome === undefined) return []
    const { eventSeq, rcode, reason } = outcome
    const about = {
      'zonelog.zone': command.zone,
      'zonelog.event': eventSeq === 0 ? '' : eventId(command.zone, eventSeq),
      'zonelog.reason': reason,
      'zonelog.batch': queue.length,
      'dns.response_code': rcodeToText(rcode),
    }
    return [{ traceparent, about }]
  })
  if (traced.length === 0) return undefined
  return tracing.batch(traced, { process, decide: decided, commit: { from: decided.to, to: process.to } })
}
