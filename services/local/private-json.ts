import { readFile, rename, rm, writeFile } from 'node:fs/promises'

let writes = 0

/** Writes a JSON file that only its owner reads; a reader never sees half of it. */
export async function writePrivateJson(file: string, value: unknown): Promise<void> {
  // of its own for each write: two at once must not take each other's half away
  const half = `${file}.${process.pid}.${++writes}`
  try {
    await writeFile(half, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
    await rename(half, file)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
}

/** Undefined when the file is missing or is no JSON: whatever it held can be found out anew. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
