import { parseArgs } from 'node:util'
import { nearest } from '../shared/nearest.ts'
import { type CallOptions, CliError, type Command, type Option } from './command.ts'

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', what: 'print JSON for programs' },
  help: { type: 'boolean', what: 'show this text' },
} as const satisfies Record<string, Option>

export interface ParsedArguments {
  readonly args: readonly string[]
  readonly options: CallOptions
  readonly json: boolean
  readonly help: boolean
}

/** Reads what follows a command's words; what it does not know is an error with a suggestion. */
export function parseArguments(command: Command, rest: readonly string[]): ParsedArguments {
  const known: Readonly<Record<string, Option>> = { ...command.options, ...COMMON_OPTIONS }
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(Object.entries(known).map(([name, { type }]) => [name, { type }])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const args: string[] = []
  const values = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value)
    if (token.kind !== 'option') continue
    const value = optionValue(command, known, token)
    const list = values.get(token.name)
    if (list === undefined) values.set(token.name, [value])
    else if (known[token.name]?.multiple || known[token.name]?.type === 'boolean') list.push(value)
    else throw misuse(command, `--${token.name} is given twice`)
  }
  const help = values.has('help')
  if (!help) checkCount(command, args)
  const options = {
    text: (name: string) => values.get(name)?.[0],
    list: (name: string) => values.get(name) ?? [],
    has: (name: string) => values.has(name),
  }
  return { args, options, json: values.has('json'), help }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
}

function optionValue(command: Command, known: Readonly<Record<string, Option>>, token: OptionToken): string {
  const option = known[token.name]
  if (option === undefined) {
    const near = nearest(token.name, Object.keys(known))
    const hint = near === undefined ? '' : `; did you mean --${near}?`
    throw misuse(command, `${token.rawName} is not an option of \`zonelog ${command.words}\`${hint}`)
  }
  if (option.type === 'boolean') {
    if (token.value !== undefined) throw misuse(command, `${token.rawName} takes no value`)
    return ''
  }
  if (token.value === undefined) throw misuse(command, `${token.rawName} needs a value: ${option.what}`)
  return token.value
}

function checkCount(command: Command, args: readonly string[]): void {
  const takes = command.takes ?? []
  const missing = takes[args.length]
  if (missing !== undefined && !missing.startsWith('[')) throw misuse(command, `${missing} is missing`)
  const extra = takes.at(-1)?.endsWith('...]') ? undefined : args[takes.length]
  if (extra !== undefined) throw misuse(command, `'${extra}' is one argument too many`)
}

function misuse(command: Command, what: string): CliError {
  return new CliError(`${what}\nSee \`zonelog ${command.words} --help\`.`, 2)
}
