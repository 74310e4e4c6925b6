import { runCommand } from '../../services/local/run-command.ts'
import { toolPath } from './programs.ts'

/** Where a client is told to go. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

export interface ClientRun {
  readonly status: number
  /** All that it printed, errors first. */
  readonly output: string
}

/** Far more than nsupdate's own 3 s and three re-sends would take on this machine. */
const LIMIT_MS = 30_000

/** nsupdate with these commands between `server` and `send`. Silent and 0 when the update was accepted. */
export async function nsupdate(
  { host, port }: ServerAddress,
  commands: string,
  ...args: string[]
): Promise<ClientRun> {
  const input = `server ${host} ${port}\n${unindented(commands)}\nsend\n`
  return await runClient(toolPath('nsupdate'), args, input)
}

/** knsupdate of Knot DNS, which speaks the same commands. */
export async function knsupdate(
  { host, port }: ServerAddress,
  commands: string,
  ...args: string[]
): Promise<ClientRun> {
  const input = `server ${host} ${port}\n${unindented(commands)}\nsend\nquit\n`
  return await runClient(toolPath('knsupdate'), args, input)
}

async function runClient(program: string, args: readonly string[], input: string): Promise<ClientRun> {
  const { status, stdout, stderr } = await runCommand(program, args, { input, timeoutMs: LIMIT_MS })
  return { status, output: `${stderr}${stdout}`.trim() }
}

function unindented(text: string): string {
  return text.replaceAll(/^\s+/gm, '').trim()
}
