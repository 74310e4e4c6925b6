import type { Name } from '../../shared/dns/name.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import type { Call } from '../command.ts'
import { Progress } from '../progress.ts'
import { transferZone } from './axfr.ts'
import type { Primary } from './primary.ts'

/**
 * Transfers a zone from another server and sends it to the API as plain records while it comes: nobody holds it. A transfer that is
 * refused or ends too early ends the request before its end, so that nothing is imported.
 */
export async function uploadTransfer<T>(
  { api, terminal }: Pick<Call, 'api' | 'terminal'>,
  primary: Primary,
  zone: Name,
  apiPath: string,
): Promise<T> {
  const progress = new Progress(terminal.live)
  const pieces = piecesOf(primary, zone, progress)
  // a server that refuses then troubles nobody else
  const first = await pieces.next()
  let endWait = () => {}
  const sent = async function* () {
    if (first.done !== true) yield first.value
    yield* pieces
    endWait = progress.wait('transferred; waiting for the zone-writer')
  }
  try {
    return await api.upload<T>(apiPath, sent(), async (faults) =>
      faults.map(({ line, message }) => (line === undefined ? message : `record ${line}: ${message}`)),
    )
  } finally {
    endWait()
    progress.clear()
  }
}

async function* piecesOf(primary: Primary, zone: Name, progress: Progress): AsyncGenerator<string> {
  let records = 0
  for await (const batch of transferZone(primary, zone)) {
    records += batch.length
    progress.update(() => ({ records, part: undefined }))
    yield batch.map((record) => `${recordToText(record)}\n`).join('')
  }
}
