import assert from 'node:assert/strict'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import type { ServerAddress } from './nsupdate.ts'
import { toolPath } from './programs.ts'

/** All that dig prints, comments included. One try, so that silence shows. */
export async function dig({ host, port }: ServerAddress, ...args: string[]): Promise<string> {
  const to = ['-r', `@${host}`, '-p', String(port), '+time=5', '+tries=1']
  const { stdout } = await runCommand(toolPath('dig'), [...to, ...args], { timeoutMs: 30_000 })
  return stdout
}

/** The records of the answer section as `dig +short` prints their RDATA, sorted. Fails when no answer came. */
export async function digShort(
  server: ServerAddress,
  name: string,
  type: string,
  ...args: string[]
): Promise<string[]> {
  const { host, port } = server
  const to = ['-r', `@${host}`, '-p', String(port), '+time=5', '+tries=1', '+short']
  const run = await runCommand(toolPath('dig'), [...to, ...args, name, type], { timeoutMs: 30_000 })
  assert.equal(run.status, 0, lastLines(run))
  return run.stdout.split('\n').filter(Boolean).sort()
}

/** The answer sections of several questions (`NAME TYPE`) by one dig, one record a line with single spaces, sorted. */
export async function digAnswers(
  { host, port }: ServerAddress,
  questions: readonly string[],
  ...args: string[]
): Promise<string[]> {
  const to = ['-r', `@${host}`, '-p', String(port), '+time=5', '+tries=1', '+noall', '+answer']
  const words = questions.flatMap((question) => question.split(' '))
  const run = await runCommand(toolPath('dig'), [...to, ...args, ...words], { timeoutMs: 30_000 })
  assert.equal(run.status, 0, lastLines(run))
  const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
  return lines.map((line) => line.replaceAll(/\s+/g, ' ')).sort()
}

export interface DigHeader {
  readonly opcode: string
  readonly status: string
  readonly id: number
  readonly flags: readonly string[]
  readonly answers: number
  readonly authorities: number
}

/** The header lines of what {@link dig} printed. Fails when no answer came. */
export function headerOf(output: string): DigHeader {
  const header = /->>HEADER<<- opcode: (\S+), status: (\S+), id: (\d+)/.exec(output)
  const counts = /flags:([^;]*); \S+: \d+, \S+: (\d+), \S+: (\d+)/.exec(output)
  assert.ok(header && counts, `dig got no answer: ${output}`)
  return {
    opcode: header[1]!,
    status: header[2]!,
    id: Number(header[3]),
    flags: counts[1]!.trim().split(' ').filter(Boolean),
    answers: Number(counts[2]),
    authorities: Number(counts[3]),
  }
}
