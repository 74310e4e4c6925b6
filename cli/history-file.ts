import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream'
import { pipeline as pipelineDone } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { zonePath } from './api-client.ts'
import { type Call, CliError } from './command.ts'
import { Progress } from './progress.ts'

export interface WrittenHistory {
  readonly file: string
  readonly lines: number
  /** Of the file, in hex. */
  readonly sha256: string
}

/**
 * Writes the history of a zone to a new file, and returns when it is on disk for good. Never overwrites; what fails half-way leaves no
 * file. Throws a CliError when it cannot be written.
 */
export async function writeHistoryFile(
  { api, terminal }: Pick<Call, 'api' | 'terminal'>,
  zone: string,
  file: string,
): Promise<WrittenHistory> {
  const { seq: events } = await api.get<{ seq: number }>(zonePath(zone))
  const progress = new Progress(terminal.live)
  const hash = createHash('sha256')
  let lines = 0
  const counted = async function* () {
    for await (const piece of api.text(zonePath(zone, '/history'))) {
      lines += piece.split('\n').length - 1
      progress.update(() => ({ records: lines, part: Math.min(1, lines / (events + 2)) }), 'lines')
      yield piece
    }
  }
  const hashed = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      hash.update(piece)
      yield piece
    }
  }
  await createNew(file)
  try {
    await pipelineDone(counted(), createGzip(), hashed, createWriteStream(file, { flags: 'r+', flush: true }))
    await flushFolder(file)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    progress.clear()
  }
  return { file, lines, sha256: hash.digest('hex') }
}

/** The lines of a compressed file, one at a time. Throws what reading and expanding throw. */
export async function* linesOfFile(file: string): AsyncGenerator<string> {
  const expanded = pipeline(createReadStream(file), createGunzip(), () => {})
  // a line may hold a whole zone: it is put together once
  let waiting: string[] = []
  for await (const piece of expanded.setEncoding('utf8')) {
    const [first, ...others] = (piece as string).split('\n')
    waiting.push(first!)
    for (const begun of others) {
      yield waiting.join('')
      waiting = [begun]
    }
  }
  const rest = waiting.join('')
  if (rest !== '') yield rest
}

async function createNew(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new CliError(`${file} exists; nothing was overwritten. Name another file.`)
    throw new CliError(`${file} cannot be written: ${message}`)
  }
}

/** So that the file's name outlives a power cut as its contents do. */
async function flushFolder(file: string): Promise<void> {
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
