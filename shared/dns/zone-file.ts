import type { ResourceRecord } from './record.ts'
import type { ZoneFileError } from './zone-file/problem.ts'
import { Reader, type ZoneFileOptions } from './zone-file/reader.ts'
import { Lexer } from './zone-file-lexer.ts'

export type { ZoneFileError } from './zone-file/problem.ts'
export type { ZoneFileOptions } from './zone-file/reader.ts'

export type ParsedZoneFile = { ok: true; records: ResourceRecord[] } | { ok: false; errors: ZoneFileError[] }

/** For texts that come from no folder. */
export const NO_INCLUDE =
  '$INCLUDE is not possible here: only `zonelog zone create --file` and `zonelog zone import` read files; put the text of the file here'

/** Reads a whole master file (RFC 1035 §5, RFC 2308 §4). All errors at once; one line's error does not hide another's. */
export function parseZoneFile(text: string, options: ZoneFileOptions): ParsedZoneFile {
  const records: ResourceRecord[] = []
  const reader = new Reader(options, (record) => records.push(record))
  const { problems } = reader
  const lexer = new Lexer(text)
  for (let entry = lexer.next(); entry !== undefined && !problems.isFull; entry = lexer.next()) {
    const more = reader.take(entry)
    if (more === undefined) continue
    if ('place' in more) problems.add(more.place, NO_INCLUDE)
    else Array.from(more)
  }
  return problems.errors.length === 0 ? { ok: true, records } : { ok: false, errors: problems.errors }
}
