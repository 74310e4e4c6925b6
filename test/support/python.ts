import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { pythonPath } from './infrastructure.ts'

/** Runs a program of test/clients/python with JSON as its input; gives the JSON that it prints. */
export async function python<T>(program: string, input: unknown): Promise<T> {
  const file = fileURLToPath(new URL(`../clients/python/${program}`, import.meta.url))
  const run = await runCommand(pythonPath(), ['-B', file], {
    input: JSON.stringify(input),
    timeoutMs: 60_000,
  })
  if (run.status !== 0) throw new Error(`${program} failed:\n${lastLines(run, 20)}`)
  return JSON.parse(run.stdout) as T
}
