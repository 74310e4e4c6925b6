import type { CreatedZone } from '../services/zone-writer/admin/create-zone.ts'
import type { VerifiedFile } from '../services/zone-writer/history/verify/verify-file.ts'
import { Class } from '../shared/dns/codes.ts'
import { parseName } from '../shared/dns/name.ts'
import { recordToText } from '../shared/dns/zone-file-text.ts'
import { queryText, zonePath } from './api-client.ts'
import { type Call, CliError } from './command.ts'
import { badLines, keyOf } from './commands/verify.ts'
import { linesOfFile } from './history-file.ts'
import { Progress } from './progress.ts'

const PIECE = 1 << 16

/** Makes a new zone of what an exported history adds up to, after it was verified; the zone is held here meanwhile. */
export async function rebuildFromFile(call: Call, file: string, into: string): Promise<CreatedZone> {
  const apex = parseName(into.trim())
  if (!apex.ok) throw new CliError(`'${into}' cannot be the name of a zone: ${apex.reason}.`)
  const verified = await read(call, file)
  const { found, zoneId } = verified
  if (!found.ok)
    throw new CliError(
      [`Nothing was created: the history in ${file} is not whole.`, ...badLines(call.terminal, found)].join(
        '\n',
      ),
    )
  const zone = found.zone.replace(/(?<=.)\.$/, '')
  const origin = `from an exported history of ${zone}@${zoneId}, event ${found.seq}, serial ${found.serial}`
  const path = zonePath(into) + queryText({ origin })
  return await call.api.upload<CreatedZone>(path, lines(verified, apex.value), async (faults) =>
    faults.map(({ message }) => message),
  )
}

async function read(call: Call, file: string): Promise<VerifiedFile> {
  const { readVerified } = await import('../services/zone-writer/history/verify/verify-file.ts')
  const progress = new Progress(call.terminal.live)
  try {
    return await readVerified(linesOfFile(file), await keyOf(call), ({ seq }) =>
      progress.update(() => ({ records: seq, part: undefined }), 'events'),
    )
  } catch (error) {
    throw error instanceof CliError
      ? error
      : new CliError(`${file} cannot be read: ${(error as Error).message}`)
  } finally {
    progress.clear()
  }
}

async function* lines({ contents, found }: VerifiedFile, apex: string): AsyncGenerator<string> {
  const { movedName } = await import('../services/zone-writer/history/rebuild/moved-name.ts')
  let piece = ''
  for (const { name, type, ttl, rdata } of contents.rrsets()) {
    const moved = movedName(name, found.zone, apex)
    for (const one of rdata)
      piece += `${recordToText({ name: moved, type, class: Class.IN, ttl, rdata: one })}\n`
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield piece
}
