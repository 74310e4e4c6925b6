import { isMetaType, Type, typeFromText, typeToText } from '../dns/codes.ts'
import { fault, type RuleParsed } from './rule-fault.ts'
import type { RuleType } from './update-rule.ts'

const EXPECTED = 'a type such as A or TXT(2), or ANY'
const MOST = 65_535

/** Reads the words from `at` to `end`: the types, each with how many records of it a name may have. */
export function parseTypes(
  words: readonly string[],
  at: number,
  end: number,
  action: 'grant' | 'deny',
): RuleParsed<RuleType[]> {
  const types: RuleType[] = []
  for (let index = at; index < end; index++) {
    const entry = readType(words[index]!)
    if (typeof entry === 'string') return fault(words, index, entry)
    if (entry.most !== undefined && action === 'deny')
      return fault(
        words,
        index,
        `${typeToText(entry.type)} without a number: only a grant can limit how many`,
      )
    if (types.some(({ type }) => type === entry.type)) return fault(words, index, 'each type once')
    types.push(entry)
  }
  return { ok: true, value: types }
}

function readType(word: string): RuleType | string {
  const [, text = '', number] = /^([^()]+)(?:\((.*)\))?$/.exec(word) ?? []
  const type = typeFromText(text)
  if (word.includes(',')) return 'types with spaces between them'
  if (type === undefined) return EXPECTED
  if (type !== Type.ANY && isMetaType(type)) return `${EXPECTED}; no record has the type ${text}`
  if (number === undefined) return { type, most: undefined }
  const most = /^\d{1,5}$/.test(number) ? Number(number) : 0
  return most >= 1 && most <= MOST ? { type, most } : `${text}(N) with N from 1 to ${MOST}`
}
