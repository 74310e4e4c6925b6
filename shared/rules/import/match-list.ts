import { parseRange } from '../address-range.ts'
import type { BindToken, Statement } from './bind-tokens.ts'
import type { ImportDraft } from './finding.ts'
import { bothIdentities } from './identities.ts'

/** Address match lists that the file names with `acl`. */
export type Acls = ReadonlyMap<string, { readonly block: readonly Statement[]; readonly at: BindToken }>

/** Who an element of a list is about, in the words of our rules. */
interface Element {
  readonly identities: readonly string[]
  readonly isDenial: boolean
}

const WHOLE_ZONE = 'zonesub ANY'

/**
 * BIND's `allow-update { … }`: an address match list, in which the first element that matches decides. An address admits whoever sends
 * from there, signed by any key or not. Everything of the zone is granted.
 */
export function importMatchList(block: readonly Statement[], acls: Acls, draft: ImportDraft): void {
  for (const { identities, isDenial } of elements(block, acls, draft, ['*'], []))
    for (const identity of identities) draft.add(`${isDenial ? 'deny' : 'grant'} ${identity} ${WHOLE_ZONE}`)
}

/** `among` is who an element can still be about: a negated list before it may have kept some out. */
function* elements(
  block: readonly Statement[],
  acls: Acls,
  draft: ImportDraft,
  among: readonly string[],
  open: readonly string[],
): Generator<Element> {
  let still = among
  for (const [index, statement] of block.entries()) {
    const words = statement.words.filter((word) => word.quoted || word.word !== '!')
    const isDenial = (statement.words.length - words.length) % 2 === 1
    const at = statement.words[0] ?? firstWord(statement.block)
    if (at === undefined) continue
    const nested = nestedList(words, statement.block, acls, draft, open)
    if (nested === undefined) {
      yield { identities: narrowed(identitiesOf(words, isDenial, draft), still), isDenial }
      continue
    }
    const isLast = index === block.length - 1
    if (!isDenial) {
      if (hasNegation(nested.block) && !isLast)
        draft.refuse(
          at,
          'a list with a negation inside another list cannot be carried over unless it is the last',
        )
      yield* elements(nested.block, acls, draft, still, nested.open)
      continue
    }
    const kept = allBut(nested.block, acls, draft, nested.open)
    if (kept !== undefined) still = narrowed(kept, still)
    else if (hasNegation(nested.block))
      draft.refuse(at, 'this negated list cannot be carried over; write it without a negation inside')
    else
      for (const element of elements(nested.block, acls, draft, still, nested.open))
        yield { ...element, isDenial: true }
  }
}

/** The list that an element stands for, written in place or by the name of an acl. */
function nestedList(
  words: readonly BindToken[],
  block: readonly Statement[] | undefined,
  acls: Acls,
  draft: ImportDraft,
  open: readonly string[],
): { block: readonly Statement[]; open: readonly string[] } | undefined {
  if (block !== undefined) return { block, open }
  const [name, ...more] = words
  const acl = name === undefined || more.length > 0 ? undefined : acls.get(name.word)
  if (acl === undefined || name === undefined) return undefined
  if (!open.includes(name.word)) return { block: acl.block, open: [...open, name.word] }
  draft.refuse(name, `the acl ${name.word} contains itself`)
  return { block: [], open }
}

/** `!{ !10/8; !192.0.2.1; any; }`: everybody but these is kept out. Undefined for a list of another form. */
function allBut(
  block: readonly Statement[],
  acls: Acls,
  draft: ImportDraft,
  open: readonly string[],
): string[] | undefined {
  const last = block.at(-1)
  const others = block.slice(0, -1)
  const isAny = last?.words.length === 1 && last.words[0]?.word === 'any'
  if (!isAny || others.length === 0 || !others.every(({ words }) => words[0]?.word === '!')) return undefined
  const kept = others.map(({ words, block: inner }) => ({ words: words.slice(1), block: inner }))
  if (kept.some(({ words }) => words.some(({ word }) => word === '!'))) return undefined
  return [...elements(kept, acls, draft, ['*'], open)].flatMap(({ identities }) => identities)
}

function hasNegation(block: readonly Statement[]): boolean {
  return block.some(
    ({ words, block: inner }) =>
      words.some(({ word, quoted }) => word === '!' && !quoted) ||
      (inner !== undefined && hasNegation(inner)),
  )
}

function narrowed(identities: readonly string[], among: readonly string[]): string[] {
  return identities.flatMap((identity) => among.flatMap((other) => bothIdentities(identity, other) ?? []))
}

function identitiesOf(words: readonly BindToken[], isDenial: boolean, draft: ImportDraft): string[] {
  const [first, second] = words
  if (first === undefined) return []
  if (first.word === 'key' && second !== undefined && !first.quoted) return [second.word.replace(/\.$/, '')]
  if (words.length > 1) {
    draft.leaveOut(first, isDenial, `'${words.map(({ word }) => word).join(' ')}' has no counterpart here`)
    return []
  }
  switch (first.word) {
    case 'any':
      return ['*']
    case 'none':
      if (isDenial) draft.refuse(first, "'!none' is not carried over; write any")
      return []
    case 'localhost':
      draft.note(
        first,
        'localhost is carried over as 127.0.0.0/8 and ::1; add the other addresses of this machine where they are used',
      )
      return ['*+ip:127.0.0.0/8', '*+ip:::1']
    case 'localnets':
      draft.leaveOut(
        first,
        isDenial,
        'localnets depends on the machine; write its networks as address ranges',
      )
      return []
  }
  const range = parseRange(wholeRange(first.word))
  if (range.ok) return [`*+ip:${range.value.text}`]
  draft.leaveOut(first, isDenial, `'${first.word}' is neither an address range nor an acl of this file`)
  return []
}

/** `10/8` and `192.168.1/24`, as BIND allows. */
function wholeRange(text: string): string {
  const short = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?\/(\d{1,2})$/.exec(text)
  if (short === null) return text
  const octets = short[1]!.split('.')
  return `${[...octets, '0', '0', '0'].slice(0, 4).join('.')}/${short[2]}`
}

function firstWord(block: readonly Statement[] | undefined): BindToken | undefined {
  for (const statement of block ?? []) {
    const word = statement.words[0] ?? firstWord(statement.block)
    if (word !== undefined) return word
  }
  return undefined
}
