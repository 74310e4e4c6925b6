import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where services/console/build puts what it builds. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../../console/dist', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const ENCODINGS = { '.br': 'br', '.gz': 'gzip' } as const

export interface ConsoleFile {
  readonly type: string
  readonly plain: Buffer
  readonly br?: Buffer
  readonly gzip?: Buffer
}

/** The built console by path, `/index.html` among it; undefined when it is not built. It is a few hundred KB. */
export function readConsole(folder: string): ReadonlyMap<string, ConsoleFile> | undefined {
  const files = new Map<string, ConsoleFile>()
  for (const name of namesIn(folder)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const file = { type, plain: readFileSync(join(folder, name)), ...compressed(join(folder, name)) }
    files.set(`/${name.replaceAll('\\', '/')}`, file)
  }
  return files.has('/index.html') ? files : undefined
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
}

function compressed(file: string): { br?: Buffer; gzip?: Buffer } {
  const found: { br?: Buffer; gzip?: Buffer } = {}
  for (const [suffix, encoding] of Object.entries(ENCODINGS))
    try {
      found[encoding] = readFileSync(file + suffix)
    } catch {
      // it was not worth compressing
    }
  return found
}
