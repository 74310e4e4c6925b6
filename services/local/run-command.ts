import { type SpawnOptions, spawn } from 'node:child_process'

export interface CommandResult {
  /** Exit status; 127 when the program could not be started at all, 128 + n when a signal ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> {
  readonly input?: string
  /** Ends the program after so many ms. */
  readonly timeoutMs?: number
}

/** Runs a program to its end and gives all it printed. Never throws: a program that is missing is status 127. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { input, timeoutMs, ...rest } = options
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.on('error', (error) => resolve({ status: 127, stdout, stderr: stderr + error.message }))
    child.on('close', (code) => resolve({ status: code ?? 128, stdout, stderr }))
    child.stdin.on('error', () => {}) // a program that does not read its input is no fault
    child.stdin.end(input)
  })
}

/** The end of what a failed program printed, for an error message. */
export function lastLines(result: CommandResult, count = 5): string {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')
}
