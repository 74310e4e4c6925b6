import { dirname } from 'node:path'
import { canonicalName, type Name, parseName } from '../../../shared/dns/name.ts'
import { aclsOf, importClause } from '../../../shared/rules/import/bind.ts'
import type { BindToken, Statement } from '../../../shared/rules/import/bind-tokens.ts'
import { ImportDraft } from '../../../shared/rules/import/finding.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import { tsigKeyOf } from '../key-file.ts'
import {
  isWanted,
  type MovePlan,
  type PlannedKey,
  type PlannedZone,
  type PlanOptions,
  refuseMissing,
} from '../plan.ts'
import { OTHER_TYPES, TOP_LEVEL, UNDERSTOOD } from './clauses.ts'
import { pathIn, readNamedConf } from './read-conf.ts'
import { inside, isNamed, Scope } from './scope.ts'
import { transfersOf } from './transfers.ts'

/** Reads a named.conf, and what it includes, into what is to be made here. Throws when the file itself cannot be read. */
export async function planFromBind(path: string, options: PlanOptions): Promise<MovePlan> {
  const draft = new ImportDraft()
  const statements = await readNamedConf(path, options.root, draft)
  const reader = new BindPlan(path, statements, options, draft)
  const zones = reader.zones()
  refuseMissing(zones, options, draft)
  return { from: 'BIND', keys: reader.keys(), zones, draft }
}

class BindPlan {
  private readonly statements: readonly Statement[]
  private readonly options: PlanOptions
  private readonly draft: ImportDraft
  private readonly directory: string
  private readonly views: readonly Statement[]

  constructor(path: string, statements: readonly Statement[], options: PlanOptions, draft: ImportDraft) {
    this.statements = statements
    this.options = options
    this.draft = draft
    const given = new Scope(inside(statements, 'options')).value('directory')
    this.directory = given === undefined ? dirname(path) : pathIn(options.root, dirname(path), given.word)
    const all = statements.filter((statement) => isNamed(statement, 'view'))
    this.views = all.filter(({ words }) => options.view === undefined || words[1]?.word === options.view)
    if (options.view !== undefined && this.views.length === 0)
      draft.refuse({ line: 1, column: 1, word: options.view }, `there is no view ${options.view}`)
    for (const { words } of statements) {
      const [word] = words
      if (word !== undefined && !TOP_LEVEL.has(word.word))
        draft.leaveOut(word, false, `the statement ${word.word} is not known to this import`)
    }
  }

  zones(): PlannedZone[] {
    const found = new Map<Name, PlannedZone>()
    const places = [{ block: this.statements, view: [] as readonly Statement[] }].concat(
      this.views.map(({ block = [] }) => ({ block, view: block })),
    )
    for (const { block, view } of places)
      for (const statement of block)
        if (isNamed(statement, 'zone')) {
          const zone = this.zone(statement, view)
          const twin = zone && found.get(zone.name)
          if (twin !== undefined)
            twin.draft.refuse(
              zone!.at,
              `${zone!.name} stands in several views, and a zone here has one content: choose with --view NAME`,
            )
          else if (zone !== undefined) found.set(zone.name, zone)
        }
    return [...found.values()]
  }

  /** Those of the file, without the ones that only rndc uses. */
  keys(): PlannedKey[] {
    const all = [...this.statements, ...this.views.flatMap(({ block }) => block ?? [])]
    const ofControls = new Set(wordsIn(inside(this.statements, 'controls')))
    const keys: PlannedKey[] = []
    for (const statement of all) {
      const name = statement.words[1]
      if (!isNamed(statement, 'key') || name === undefined) continue
      const scope = new Scope(statement.block ?? [])
      const [algorithm, secret] = [scope.value('algorithm')?.word, scope.value('secret')?.word]
      const key = tsigKeyOf({ name: name.word, algorithm, secret })
      if (typeof key === 'string') this.draft.leaveOut(name, false, key)
      else if (ofControls.has(name.word))
        this.draft.note(name, `the key ${name.word} is for rndc and not carried over`)
      else keys.push({ name: key.name, algorithm: key.algorithm, secret: secret!, at: name })
    }
    return keys
  }

  private zone({ words, block = [] }: Statement, view: readonly Statement[]): PlannedZone | undefined {
    const [keyword, at, ofClass] = words
    if (at === undefined) {
      this.draft.refuse(keyword!, 'the zone has no name')
      return undefined
    }
    const name = parseName(at.word)
    if (!name.ok) {
      this.draft.refuse(at, name.reason)
      return undefined
    }
    const apex = canonicalName(name.value)
    const type = block.find((statement) => isNamed(statement, 'type'))?.words[1]
    if (!this.isPrimary(at, type, ofClass, block) || !isWanted(apex, at, this.options, this.draft))
      return undefined
    const draft = new ImportDraft()
    const scope = new Scope(block, view, inside(this.statements, 'options'))
    this.understand(block, scope, draft)
    this.rules(block, scope, draft)
    const file = block.find((statement) => isNamed(statement, 'file'))?.words[1]
    return {
      name: apex,
      at,
      file: file && pathIn(this.options.root, this.directory, file.word),
      draft,
      transfers: transfersOf(scope, this.statements, aclsOf(this.statements), at, draft),
      settings: settingsOf(scope, draft),
    }
  }

  private isPrimary(
    at: BindToken,
    type: BindToken | undefined,
    ofClass: BindToken | undefined,
    block: readonly Statement[],
  ): boolean {
    if (ofClass !== undefined && ofClass.word.toUpperCase() !== 'IN') {
      this.draft.note(at, `the zone ${at.word} is of class ${ofClass.word}; only class IN is carried over`)
      return false
    }
    if (type?.word === 'primary' || type?.word === 'master') return true
    if (this.options.zones.size > 0) return false
    const other = OTHER_TYPES[type?.word ?? '']
    const inView = block.find((statement) => isNamed(statement, 'in-view'))
    if (other?.isNote) this.draft.note(at, `${at.word} is not carried over: ${other.why}`)
    else if (inView !== undefined)
      this.draft.note(at, `${at.word} is the zone of another view, which is taken there`)
    else
      this.draft.leaveOut(
        at,
        false,
        `the zone ${at.word} is not carried over: ${other?.why ?? `its type is ${type?.word ?? 'not given'}`}`,
      )
    return false
  }

  /** Says of each clause that means something here which is not done. */
  private understand(block: readonly Statement[], scope: Scope, draft: ImportDraft): void {
    for (const { words } of block) {
      const [word] = words
      if (word !== undefined && !UNDERSTOOD.has(word.word))
        draft.leaveOut(word, false, `${word.word} is not known to this import`)
    }
    const format = scope.value('masterfile-format')
    if (format !== undefined && format.word !== 'text')
      draft.refuse(
        format,
        `a zone file in the form ${format.word} is not read: convert it with named-compilezone -F text, or use --from`,
      )
    const signs = scope.find('dnssec-policy')?.words[1] ?? scope.value('auto-dnssec')
    if (signs !== undefined && !['none', 'off'].includes(signs.word))
      draft.leaveOut(
        signs,
        false,
        'zonelog does not sign zones: put a signer behind it (a hidden primary), or remove the DS records first',
      )
    const query = scope.find('allow-query')
    if (query?.block !== undefined && !(query.block.length === 1 && query.block[0]!.words[0]?.word === 'any'))
      draft.leaveOut(
        query.words[0]!,
        false,
        'queries are answered to everybody here; put a filter before the port where that must not be',
      )
  }

  private rules(block: readonly Statement[], scope: Scope, draft: ImportDraft): void {
    const policy = block.find((statement) => isNamed(statement, 'update-policy'))
    const clause = policy ?? scope.find('allow-update')
    const second = policy && block.find((statement) => isNamed(statement, 'allow-update'))
    if (second !== undefined) draft.refuse(second.words[0]!, 'beside update-policy; a zone has one of them')
    if (clause !== undefined) importClause(clause, aclsOf(this.statements), draft)
  }
}

const NUMBERS = {
  'max-records': 'maxRecords',
  'max-records-per-type': 'maxRecordsPerRrset',
  'max-types-per-name': 'maxTypesPerName',
} as const

function settingsOf(scope: Scope, draft: ImportDraft): Partial<ZoneSettings> {
  const settings: { -readonly [K in keyof ZoneSettings]?: ZoneSettings[K] } = {}
  for (const [clause, setting] of Object.entries(NUMBERS)) {
    const given = scope.value(clause)
    if (given === undefined) continue
    if (/^\d{1,9}$/.test(given.word)) settings[setting] = Number(given.word)
    else if (given.word !== 'unlimited') draft.refuse(given, `'${given.word}' is not a number`)
  }
  const method = scope.value('serial-update-method')
  if (method?.word === 'increment' || method?.word === 'unixtime' || method?.word === 'date')
    settings.serialPolicy = method.word
  return settings
}

function wordsIn(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ words, block }) => [...words.map(({ word }) => word), ...wordsIn(block ?? [])])
}
