import { canonicalName, type Name, parseName } from '../../dns/name.ts'
import { type BindToken, readStatements, type Statement } from './bind-tokens.ts'
import { ImportDraft, type Imported } from './finding.ts'
import { type Acls, importMatchList } from './match-list.ts'
import { importLocalPolicy, importUpdatePolicy } from './update-policy.ts'

const START = { line: 1, column: 1, word: '' }

/**
 * Reads who may update a zone from a named.conf, from its zone statement, or from the clauses `allow-update` and `update-policy`
 * alone; acls are looked up in the same text. Rules come in BIND's order. Never throws.
 */
export function importBind(text: string, apex: Name): Imported {
  const draft = new ImportDraft()
  const statements = readStatements(text)
  if (!Array.isArray(statements)) {
    draft.refuse(statements, statements.message)
    return draft
  }
  const clauses = clausesFor(statements, apex, draft)
  if (clauses !== undefined) importClauses(clauses, aclsOf(statements), draft)
  return draft
}

/** The statements that hold the zone's clauses: those of its own, else of the text itself. */
function clausesFor(
  statements: readonly Statement[],
  apex: Name,
  draft: ImportDraft,
): readonly Statement[] | undefined {
  const views = statements
    .filter(({ words }) => words[0]?.word === 'view')
    .flatMap(({ block }) => block ?? [])
  const zones = [...statements, ...views].filter(({ words }) => words[0]?.word === 'zone')
  if (zones.length === 0) return statements
  const [ours, again] = zones.filter(({ words }) => isNamed(words[1], apex))
  if (ours === undefined) {
    draft.refuse(
      zones[0]!.words[0]!,
      `the file has no zone ${apex}, but ${zones.map(({ words }) => words[1]?.word).join(', ')}`,
    )
    return undefined
  }
  if (again !== undefined) {
    draft.refuse(again.words[0]!, `the zone ${apex} stands here a second time; give the file of one view`)
    return undefined
  }
  const own = (ours.block ?? []).filter(isClause)
  if (own.length > 0) return ours.block
  const inherited = statements
    .filter(({ words }) => words[0]?.word === 'options')
    .flatMap(({ block }) => block ?? [])
  if (inherited.some(isClause)) {
    draft.note(
      inherited.find(isClause)!.words[0]!,
      'the zone has no clause of its own; this one of options holds for it',
    )
    return inherited
  }
  return ours.block
}

function isNamed(word: BindToken | undefined, apex: Name): boolean {
  const name = word === undefined ? undefined : parseName(word.word)
  return name?.ok === true && canonicalName(name.value) === apex
}

/** Whether a statement says who may update a zone. */
export function isClause({ words }: Statement): boolean {
  return words[0]?.word === 'allow-update' || words[0]?.word === 'update-policy'
}

function importClauses(statements: readonly Statement[], acls: Acls, draft: ImportDraft): void {
  const [first, second] = statements.filter(isClause)
  if (first === undefined) draft.refuse(START, 'there is neither allow-update nor update-policy in it')
  else if (second !== undefined)
    draft.refuse(second.words[0]!, 'a second clause; a zone has one allow-update or one update-policy')
  else importClause(first, acls, draft)
  for (const { words } of statements)
    if (words[0]?.word === 'allow-update-forwarding')
      draft.leaveOut(words[0], false, 'updates are not forwarded here: every edge takes them')
}

/** Reads one `allow-update` or `update-policy`. */
export function importClause({ words, block }: Statement, acls: Acls, draft: ImportDraft): void {
  const [clause, argument] = words as readonly [BindToken, BindToken?]
  if (clause.word === 'update-policy' && argument?.word === 'local') importLocalPolicy(argument, draft)
  else if (block === undefined) draft.refuse(clause, `a block { … } was expected behind ${clause.word}`)
  else if (clause.word === 'allow-update') importMatchList(block, acls, draft)
  else importUpdatePolicy(block, draft)
}

/** The lists that the statements name with `acl`. */
export function aclsOf(statements: readonly Statement[]): Acls {
  const acls = new Map<string, { block: readonly Statement[]; at: BindToken }>()
  for (const { words, block } of statements) {
    const [keyword, name] = words
    if (keyword?.word === 'acl' && name !== undefined && block !== undefined)
      acls.set(name.word, { block, at: name })
  }
  return acls
}
