import type { FailureDetail } from '../../services/zone-writer/admin/failure.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { ZoneFileError } from '../../shared/dns/zone-file.ts'
import { ZoneFileStream } from '../../shared/dns/zone-file-stream.ts'
import { CliError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ZoneFileSource } from './source.ts'

/** All that is wrong in a zone file, a line each with its place. */
export function faultyFile(source: ZoneFileSource, errors: readonly ZoneFileError[]): CliError {
  const count = errors.length === 1 ? 'one fault' : `${errors.length} faults`
  const lines = errors.map(
    ({ file = source.name, line, column, message }) => `\n  ${file} line ${line}:${column}: ${message}`,
  )
  return new CliError(
    `The zone file has ${count}; nothing was imported.${lines.join('')}`,
    EXIT.refused.status,
  )
}

/**
 * What the API found wrong with the records that were sent to it, one a line: its lines are counts of records. The file is read
 * again to find their places, if that is possible.
 */
export async function faultsWithPlaces(
  source: ZoneFileSource,
  origin: Name,
  faults: readonly FailureDetail[],
): Promise<string[]> {
  const wanted = new Set(faults.flatMap(({ line }) => line ?? []))
  const places = source.canReadAgain && wanted.size > 0 ? await placesOf(source, origin, wanted) : new Map()
  return faults.map(({ line, message }) => {
    if (line === undefined) return message
    return `${places.get(line) ?? `${source.name} record ${line}`}: ${message}`
  })
}

async function placesOf(
  source: ZoneFileSource,
  origin: Name,
  wanted: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const places = new Map<number, string>()
  const last = Math.max(...wanted)
  const stream = new ZoneFileStream({ origin, id: source.id, include: (name) => source.include(name) })
  let count = 0
  for await (const batch of stream.read(source.read())) {
    for (const { file = source.name, line, column } of batch)
      if (wanted.has(++count)) places.set(count, `${file} line ${line}:${column}`)
    if (count >= last) break
  }
  return places
}
