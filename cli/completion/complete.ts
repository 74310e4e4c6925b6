import type { ApiClient } from '../api-client.ts'
import { COMMON_OPTIONS } from '../arguments.ts'
import type { Command, Option } from '../command.ts'
import { COMMANDS } from '../commands/index.ts'
import { keyNames, zoneNames } from './names.ts'

export interface Candidate {
  readonly word: string
  readonly what: string
}

/** Stands for names of files, which the shell knows best. */
const FILES: Candidate = { word: '__files__', what: '' }
const FILE_VALUES = /FILE|EXPORT|FOLDER|\.CONF/

/** What the last word, which may be empty, can become. Asks the API for names, and gives none where it does not answer. */
export async function completions(
  words: readonly string[],
  api: Pick<ApiClient, 'get'>,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const command = commandOf(before)
  const all = command === undefined ? commandWords(before) : await wordsFor(command, before, typed, api)
  return all.filter((candidate) => candidate === FILES || candidate.word.startsWith(typed))
}

/** The command whose words are complete. */
function commandOf(words: readonly string[]): Command | undefined {
  return COMMANDS.find(({ words: name }) => {
    const parts = name.split(' ')
    return parts.every((part, index) => words[index] === part)
  })
}

/** First words, or the second ones that follow a first. */
function commandWords(before: readonly string[]): Candidate[] {
  const found = new Map<string, string>()
  for (const { words, summary, isHidden } of COMMANDS) {
    const parts = words.split(' ')
    if (isHidden || !before.every((word, index) => parts[index] === word)) continue
    const word = parts[before.length]
    if (word !== undefined) found.set(word, parts.length > before.length + 1 ? `${word} …` : summary)
  }
  if (before.length === 0) found.set('help', 'Say more of a command')
  return [...found].map(([word, what]) => ({ word, what }))
}

async function wordsFor(
  command: Command,
  before: readonly string[],
  typed: string,
  api: Pick<ApiClient, 'get'>,
): Promise<readonly Candidate[]> {
  const options: Readonly<Record<string, Option>> = { ...command.options, ...COMMON_OPTIONS }
  const own = before.slice(command.words.split(' ').length)
  const last = own.at(-1)
  const asked = last?.startsWith('--') ? options[last.slice(2)] : undefined
  if (asked?.type === 'string') return await valuesOf(asked.value ?? '', api)
  if (typed.startsWith('-')) return optionsLeft(options, own)
  const takes = command.takes ?? []
  const place = Math.min(
    argumentsIn(own, options),
    takes.at(-1)?.endsWith('...]') ? takes.length - 1 : Infinity,
  )
  const argument = takes[place]
  return argument === undefined ? optionsLeft(options, own) : await argumentValues(command, argument, api)
}

function optionsLeft(options: Readonly<Record<string, Option>>, own: readonly string[]): Candidate[] {
  return Object.entries(options)
    .filter(([name, { multiple }]) => multiple || !own.includes(`--${name}`))
    .map(([name, { what }]) => ({ word: `--${name}`, what }))
}

/** How many arguments are complete: words that are neither options nor their values. */
function argumentsIn(own: readonly string[], options: Readonly<Record<string, Option>>): number {
  let count = 0
  for (let at = 0; at < own.length; at++) {
    const word = own[at]!
    if (!word.startsWith('--')) count++
    else if (options[word.slice(2)]?.type === 'string') at++
  }
  return count
}

/** `NAME` is a zone or a key by the group of the command. */
async function argumentValues(
  { words }: Command,
  argument: string,
  api: Pick<ApiClient, 'get'>,
): Promise<readonly Candidate[]> {
  const name = argument.replaceAll(/[[\].]/g, '')
  if (name === 'NAME' && words.startsWith('key ')) return words === 'key create' ? [] : await keyNames(api)
  if (name === 'NAME' && words === 'zone create') return []
  if (name === 'ZONE' || name === 'NAME') return await zoneNames(api)
  return await valuesOf(argument, api)
}

/** `a|b|c` are words; others say what they stand for. */
async function valuesOf(value: string, api: Pick<ApiClient, 'get'>): Promise<readonly Candidate[]> {
  if (FILE_VALUES.test(value)) return [FILES]
  const choices = value.split('|').filter((choice) => /^[a-z][a-z0-9-]*$/.test(choice))
  const names = [
    ...(/\bKEY\b|IDENTITY/.test(value) ? await keyNames(api) : []),
    ...(/\bZONE\b/.test(value) ? await zoneNames(api) : []),
  ]
  return [...choices.map((word) => ({ word, what: '' })), ...names]
}
