import type { Name } from '../../../shared/dns/name.ts'
import { type Chunks, ZoneFileStream } from '../../../shared/dns/zone-file-stream.ts'
import type { Staging } from './contents/staging.ts'
import { done, type Failure, type FailureDetail, failure, type Outcome } from './failure.ts'

const MOST_DETAILS = 100

/** Stages the records of a zone file as it comes in; the failure has all that cannot be read in it. */
export async function readZoneFile(staging: Staging, apex: Name, chunks: Chunks): Promise<Outcome<void>> {
  const file = new ZoneFileStream({ origin: apex })
  for await (const batch of file.read(chunks))
    for (const { record, line } of batch) await staging.add({ record, line })
  return file.errors.length === 0 ? done(undefined) : faultyFile(file.errors)
}

export function faultyFile(details: readonly FailureDetail[]): Failure {
  const rest = details.length - MOST_DETAILS
  const shown = rest > 0 ? [...details.slice(0, MOST_DETAILS), { message: `and ${rest} more` }] : details
  const count = details.length === 1 ? 'one fault' : `${details.length} faults`
  return failure('bad-zone-file', `The zone file has ${count}; nothing was imported.`, shown)
}
