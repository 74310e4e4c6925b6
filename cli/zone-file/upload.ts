import { canonicalName, type Name, parseName } from '../../shared/dns/name.ts'
import { type Chunks, ZoneFileStream } from '../../shared/dns/zone-file-stream.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { type Call, CliError } from '../command.ts'
import { Progress } from '../progress.ts'
import { faultsWithPlaces, faultyFile } from './faults.ts'
import { openZoneFile, type ZoneFileSource } from './source.ts'

const PIECE = 1 << 16

/**
 * Sends a zone file to the API as plain records, one a line, while it is read: nobody holds it. What cannot be read in it ends
 * the request before its end, so that nothing is imported, and becomes one error with every fault.
 */
export async function uploadZoneFile<T>(
  { api, terminal }: Pick<Call, 'api' | 'terminal'>,
  path: string,
  zone: string,
  apiPath: string,
): Promise<T> {
  const origin = originOf(zone)
  const source = await openZoneFile(path)
  const progress = new Progress(terminal.live)
  const lines = new Lines(source, origin, progress)
  const pieces = lines.pieces()
  // a small file with faults then troubles nobody else
  const first = await pieces.next()
  let endWait = () => {}
  const sent = async function* () {
    if (first.done !== true) yield first.value
    yield* pieces
    endWait = progress.wait(`${lines.records.toLocaleString('en')} records sent; waiting for the zone-writer`)
  }
  try {
    return await api.upload<T>(apiPath, sent(), (details) => faultsWithPlaces(source, origin, details))
  } finally {
    endWait()
    progress.clear()
  }
}

/** The name of a zone as it was typed. Throws a CliError. */
export function originOf(zone: string): Name {
  const name = parseName(zone.trim())
  if (name.ok) return canonicalName(name.value)
  throw new CliError(`'${zone}' cannot be the name of a zone: ${name.reason}.`, 2)
}

/** A zone file as the lines of its records. */
class Lines {
  records = 0
  private octets = 0
  private readonly source: ZoneFileSource
  private readonly origin: Name
  private readonly progress: Progress

  constructor(source: ZoneFileSource, origin: Name, progress: Progress) {
    this.source = source
    this.origin = origin
    this.progress = progress
  }

  /** Throws all faults at the end. */
  async *pieces(): AsyncGenerator<string> {
    const { source, origin } = this
    const stream = new ZoneFileStream({ origin, id: source.id, include: (name) => source.include(name) })
    let piece = ''
    for await (const batch of stream.read(this.counted(source.read()))) {
      for (const { record } of batch) piece += `${recordToText(record)}\n`
      this.records += batch.length
      this.progress.update(() => ({ records: this.records, part: this.part() }))
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
    if (stream.errors.length > 0) throw faultyFile(source, stream.errors)
    yield piece
  }

  private async *counted(chunks: Chunks): AsyncGenerator<string | Uint8Array> {
    for await (const chunk of chunks) {
      this.octets += chunk.length
      yield chunk
    }
  }

  /** By the octets of the main file: what it includes is known when it is met. */
  private part(): number | undefined {
    return this.source.octets === undefined || this.source.octets === 0
      ? undefined
      : this.octets / this.source.octets
  }
}
