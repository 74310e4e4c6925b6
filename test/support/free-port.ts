import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortFrom, udpListenError } from '../../services/local/ports.ts'

/** Above 10080, which fetch refuses. */
const LOWEST_PORT = 10_100
const PORTS = 20_000

/** A file for each port that a test of this user has been given: until it listens there, nobody else may be given the same. */
const GIVEN = join(tmpdir(), `zonelog-ports-${process.getuid?.() ?? 0}`)
/** Whoever was killed takes none back. */
const FORGOTTEN_MS = 30 * 60_000

const ours: string[] = []
process.once('exit', () => {
  for (const file of ours) rmSync(file, { force: true })
})

/** A port of 127.0.0.1 that is free for TCP and UDP, outside the range the system hands out itself, and this process's own until it ends. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await freePortFrom(LOWEST_PORT + Math.floor(Math.random() * PORTS))
    if ((await udpListenError('127.0.0.1', port)) === undefined && take(port)) return port
  }
}

function take(port: number): boolean {
  mkdirSync(GIVEN, { recursive: true, mode: 0o700 })
  const file = join(GIVEN, String(port))
  if (isForgotten(file)) rmSync(file, { force: true })
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  ours.push(file)
  return true
}

function isForgotten(file: string): boolean {
  const given = statSync(file, { throwIfNoEntry: false })
  return given !== undefined && Date.now() - given.mtimeMs > FORGOTTEN_MS
}
