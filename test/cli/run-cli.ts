import { runCommandLine } from '../../cli/run.ts'
import { Terminal } from '../../cli/terminal.ts'
import { loadConfig } from '../../shared/config.ts'
import { temporaryFolder } from '../support/infrastructure.ts'

export interface CliResult {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process, with these variables and no others. */
export async function runCli(
  argv: readonly string[],
  environment: Record<string, string> = {},
  columns?: number,
): Promise<CliResult> {
  const written = { out: '', err: '' }
  const into = (stream: 'out' | 'err') => (text: string) => {
    written[stream] += text
  }
  const out = {
    write: into('out'),
    ...(columns === undefined ? {} : { isTTY: true, columns, hasColors: () => false }),
  }
  const terminal = new Terminal(out, { write: into('err') })
  const status = await runCommandLine(argv, terminal, () =>
    loadConfig({ ZONELOG_DATA_DIR: temporaryFolder('cli'), ...environment }),
  )
  return { status, ...written }
}

/** Whether a status says that what was rightly typed did not succeed (cli/exit-codes.ts). */
export function isFailure(status: number): boolean {
  return status === 1 || status > 2
}
