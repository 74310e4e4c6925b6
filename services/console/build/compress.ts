import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** Puts `.br` and `.gz` beside every file of a folder that becomes smaller by it, so that nothing is compressed while it is served. */
export function compressFolder(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const plain = readFileSync(file)
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
    const variants = { br: brotliCompressSync(plain, { params: quality }), gz: gzipSync(plain, { level: 9 }) }
    for (const [suffix, octets] of Object.entries(variants))
      if (octets.length < plain.length) writeFileSync(`${file}.${suffix}`, octets)
  }
}
