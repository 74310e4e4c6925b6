import { type Config, loadConfig } from '../shared/config.ts'
import { nearest } from '../shared/nearest.ts'
import { ourVersion } from '../shared/version.ts'
import { ApiClient } from './api-client.ts'
import { parseArguments } from './arguments.ts'
import { CliError, type Command } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { commandHelp, overview } from './help.ts'
import type { Terminal } from './terminal.ts'
import { trustAuthority } from './trust-authority.ts'

/** Runs one command line; resolves with the status to exit with. `load` is there for tests. */
export async function runCommandLine(
  argv: readonly string[],
  terminal: Terminal,
  load: () => Config = loadConfig,
): Promise<number> {
  try {
    return await dispatch(argv, terminal, load)
  } catch (error) {
    terminal.note(`zonelog: ${messageOf(error)}`)
    return error instanceof CliError ? error.exitCode : 1
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal, load: () => Config): Promise<number> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const [first, second] = words
  if (first === undefined || first === '--help' || first === '-h') {
    terminal.line(overview(COMMANDS, true))
    return 0
  }
  if (first === '--version') {
    terminal.line(ourVersion())
    return 0
  }
  const command = COMMANDS.find(({ words: name }) => name === first || name === `${first} ${second}`)
  if (command === undefined) return groupHelp(words, terminal)
  const rest = words.slice(command.words.split(' ').length).map((word) => (word === '-h' ? '--help' : word))
  const parsed = parseArguments(command, rest)
  if (parsed.help) {
    terminal.line(commandHelp(command))
    return 0
  }
  const config = load()
  trustAuthority(config.apiCa)
  let status = 0
  const exitWith = (wanted: number) => {
    status = wanted
  }
  await command.run({ ...parsed, terminal, config, api: new ApiClient(config), exitWith })
  return status
}

/** The first word of several commands, asked for help; anything else is an error. */
function groupHelp([first = '', second]: readonly string[], terminal: Terminal): number {
  const group = COMMANDS.filter(({ words }) => words.startsWith(`${first} `))
  if (group.length === 0) throw unknownCommand(first, second)
  if (second === '--help' || second === '-h') {
    terminal.line(overview(group, false))
    return 0
  }
  if (second === undefined)
    throw new CliError(`\`zonelog ${first}\` needs one more word.\n${overview(group, false)}`, 2)
  throw unknownCommand(first, second)
}

function unknownCommand(first: string, second: string | undefined): CliError {
  const typed = second === undefined || second.startsWith('-') ? first : `${first} ${second}`
  const names = COMMANDS.filter(({ isHidden }) => !isHidden).map(({ words }) => words)
  const near = nearest(typed, names) ?? nearest(first, names.map(firstWord))
  const hint = near === undefined ? '' : ` Did you mean \`zonelog ${near}\`?`
  return new CliError(`there is no command '${typed}'.${hint}\n\`zonelog --help\` lists them all.`, 2)
}

function firstWord(words: Command['words']): string {
  return words.split(' ')[0]!
}

/** Errors say what to do; one that only we can mend shows where it came from. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const ours = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind)
  return ours || error.message === '' ? (error.stack ?? error.message) : error.message
}
