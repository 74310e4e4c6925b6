import { createReadStream } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Chunks, IncludeResult } from '../../shared/dns/zone-file-stream.ts'
import { CliError } from '../command.ts'

/** A zone file to read, with what it may include. */
export interface ZoneFileSource {
  /** As the user named it. */
  readonly name: string
  /** What tells a file from another. */
  readonly id: string
  /** Undefined when nobody knows. */
  readonly octets: number | undefined
  /** False for what can be read only once. */
  readonly canReadAgain: boolean
  read(): Chunks
  include(name: string): Promise<IncludeResult>
}

/** Opens a zone file, or standard input for `-`. Throws a CliError when it cannot be read. */
export async function openZoneFile(path: string): Promise<ZoneFileSource> {
  if (path === '-') return standardInput()
  try {
    const id = await realpath(path)
    const { size } = await stat(id)
    // a file that may not be read should be told now, not in the middle
    await (await open(id)).close()
    const folder = dirname(id)
    return {
      name: path,
      id,
      octets: size,
      canReadAgain: true,
      read: () => createReadStream(id),
      include: (name) => includedFile(folder, name),
    }
  } catch (error) {
    throw new CliError(`the zone file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function standardInput(): ZoneFileSource {
  const reason = '$INCLUDE is not possible from standard input, which has no folder; give a file'
  return {
    name: 'standard input',
    id: '-',
    octets: undefined,
    canReadAgain: false,
    read: () => process.stdin,
    include: async () => ({ ok: false, reason }),
  }
}

/** A file below the folder of the main file, wherever links lead. */
async function includedFile(folder: string, name: string): Promise<IncludeResult> {
  const refused = (reason: string): IncludeResult => ({ ok: false, reason })
  try {
    const id = await realpath(isAbsolute(name) ? name : join(folder, name))
    const inside = relative(folder, id)
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      return refused(`${name} is outside the folder of the zone file, and only what is in it is read`)
    if (!(await stat(id)).isFile()) return refused(`${name} is not a file`)
    await (await open(id)).close()
    return { ok: true, value: { id, name, chunks: contentsOf(id) } }
  } catch (error) {
    return refused(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Opened when it is read, which a file that is refused never is. */
async function* contentsOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path)
}
