import type { Config } from '../shared/config.ts'
import type { ApiClient } from './api-client.ts'
import type { ExitStatus } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** What stands for the value in `--help`. */
  readonly value?: string
  readonly what: string
}

/** One command of the command line; each lives in a file of its own in cli/commands/. */
export interface Command {
  /** What is typed, such as `zone create`. */
  readonly words: string
  readonly summary: string
  /** Names of the arguments that must follow; one in brackets may be left out, and comes as often as wanted if it ends in dots. */
  readonly takes?: readonly string[]
  readonly options?: Readonly<Record<string, Option>>
  readonly examples: readonly string[]
  /** For programs: not in `--help`. */
  readonly isHidden?: boolean
  run(call: Call): Promise<void>
}

/** What a command gets to work with. */
export interface Call {
  /** The arguments, as many as the command takes. */
  readonly args: readonly string[]
  readonly options: CallOptions
  readonly json: boolean
  readonly terminal: Terminal
  readonly config: Config
  readonly api: ApiClient
  /** The status to exit with when the command has ended, instead of 0. */
  readonly exitWith: (status: number) => void
}

/** Options by name, as `--help` describes them. */
export interface CallOptions {
  text(name: string): string | undefined
  list(name: string): readonly string[]
  /** Whether an option without a value was given. */
  has(name: string): boolean
}

/** Ends the command with this message on standard error, and a status of cli/exit-codes.ts. */
export class CliError extends Error {
  readonly exitCode: ExitStatus

  constructor(message: string, exitCode: ExitStatus = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
