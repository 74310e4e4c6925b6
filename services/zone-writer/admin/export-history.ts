import { checkpointLine, endLine, eventExportLine, headLine } from '../history/export-file.ts'
import { type Db, type DbTransaction, inLongSnapshot, type ZoneSummary } from '../store/admin-zones.ts'
import { checkpointsOf } from '../store/checkpoints.ts'
import { storedEvents } from '../store/stored-events.ts'
import { done, type Outcome } from './failure.ts'
import { zoneInHistory } from './names.ts'

/** A zone's events and checkpoints as the lines of a history file; whoever takes them must take all, or end the generator. */
export async function exportHistory(
  db: Db,
  name: string,
  publicKey: string,
): Promise<Outcome<AsyncGenerator<string>>> {
  const zone = await zoneInHistory(db, name)
  if (!zone.ok) return zone
  return done(inLongSnapshot(db, (trx) => linesOf(trx, zone.value, publicKey)))
}

async function* linesOf(
  trx: DbTransaction,
  { id, name }: ZoneSummary,
  publicKey: string,
): AsyncGenerator<string> {
  const checkpoints = Map.groupBy(await checkpointsOf(trx, id), ({ seq }) => seq)
  let last = 0
  yield headLine(name, id, publicKey)
  for await (const rows of storedEvents(trx, id))
    for (const row of rows) {
      if (!('event' in row))
        throw new Error(`event ${row.seq} of ${name} cannot be read: run \`zonelog verify\``)
      last = row.seq
      yield eventExportLine(row.event)
      for (const checkpoint of checkpoints.get(row.seq) ?? []) yield checkpointLine(checkpoint)
    }
  yield endLine(last)
}
