import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For `skip`: false when the program answers, otherwise why the test cannot run. */
export function missing(program: string, ...args: string[]): string | false {
  const { status } = spawnSync(program, args, { stdio: 'ignore' })
  return status === 0 ? false : `${program} ${args.join(' ')} does not run here`
}

/** What BIND makes of a zone file: its own text of it and its complaints. */
export function compileZone(
  origin: string,
  text: string,
): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zonelog-dns-'))
  try {
    const file = join(folder, 'zone')
    writeFileSync(file, text)
    const lenient = ['-i', 'none', '-k', 'ignore', '-n', 'ignore']
    const args = [...lenient, '-o', '-', origin, file]
    return spawnSync('named-compilezone', args, { encoding: 'utf8', maxBuffer: 64 << 20 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What NLnet Labs' ldns makes of a zone file: one record a line, unsorted, or its complaint. */
export function readByLdns(text: string): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zonelog-dns-'))
  try {
    const file = join(folder, 'zone')
    writeFileSync(file, text)
    return spawnSync('ldns-read-zone', [file], { encoding: 'utf8', maxBuffer: 64 << 20 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs a Python program with JSON in and JSON out; dnspython is the oracle for TSIG. */
export function python<T>(program: string, input: unknown): T {
  const run = spawnSync('/usr/bin/python3', ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
  })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) as T
}
