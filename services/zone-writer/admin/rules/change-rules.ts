import type { Identity } from '../../../../shared/commands.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { parseRule } from '../../../../shared/rules/parse-rule.ts'
import { ruleText } from '../../../../shared/rules/rule-text.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import { type DbTransaction, inTransaction } from '../../store/admin-zones.ts'
import { type RuleChange, replaceRules } from '../../store/rules.ts'
import { lockZones } from '../../store/zones.ts'
import type { Access } from '../access.ts'
import { recordAudit } from '../audit.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { done, type Failure, type FailureDetail, failure, type Outcome } from '../failure.ts'
import { namingLack } from '../keys/naming-lack.ts'
import { zoneNamed } from '../names.ts'
import { warningsAbout } from './rule-warnings.ts'

/** More would make each update slow, and no list that people understand has as many. */
export const MOST_RULES = 1_000

/** Who changes rules, and which they have seen: with a version, only those are changed. */
export interface RuleEdit {
  readonly by: Identity
  /** Left out: all zones are seen. */
  readonly access?: Access
  readonly version?: number | undefined
}

export interface ChangedRules {
  readonly zone: Name
  readonly version: number
  /** All of them, in order. */
  readonly rules: readonly string[]
  /** Those that this change put in or took away. */
  readonly changed: readonly string[]
  readonly warnings: readonly string[]
}

/** What to make of a list; undefined positions were checked before. */
interface Edited {
  readonly rules: readonly string[]
  readonly changed: readonly string[]
  readonly added: readonly UpdateRule[]
  readonly change: string
  readonly detail: string
}

/** Puts rules into a zone's list, in their order: at a position from 1, or at the end. */
export async function addRules(
  admin: AdminContext,
  zone: string,
  texts: readonly string[],
  { at, ...edit }: RuleEdit & { readonly at?: number | undefined },
): Promise<Outcome<ChangedRules>> {
  return await changeRules(admin, zone, edit, (old, apex) => {
    const position = at ?? old.length + 1
    if (position < 1 || position > old.length + 1) return noPosition(position, old, 'put there')
    const read = readRules(texts, apex)
    if (!read.ok) return read
    const changed = read.value.map((rule) => rule.text)
    const rules = old.toSpliced(position - 1, 0, ...changed)
    return (
      repeated(rules) ??
      done({ rules, changed, added: read.value, change: 'added', detail: placed(position, changed) })
    )
  })
}

/** Takes the rule at a position from 1 out of a zone's list. */
export async function removeRule(
  admin: AdminContext,
  zone: string,
  position: number,
  edit: RuleEdit,
): Promise<Outcome<ChangedRules>> {
  return await changeRules(admin, zone, edit, (old) => {
    const removed = old[position - 1]
    if (removed === undefined) return noPosition(position, old, 'removed')
    const changed = [removed]
    const rules = old.toSpliced(position - 1, 1)
    return done({ rules, changed, added: [], change: 'removed', detail: placed(position, changed) })
  })
}

/** Puts a whole list in the place of a zone's rules. */
export async function setRules(
  admin: AdminContext,
  zone: string,
  texts: readonly string[],
  edit: RuleEdit,
): Promise<Outcome<ChangedRules>> {
  return await changeRules(admin, zone, edit, (old, apex) => {
    const read = readRules(texts, apex)
    if (!read.ok) return read
    const rules = read.value.map((rule) => rule.text)
    const detail = `${rules.length} rules in the place of ${old.length}`
    return repeated(rules) ?? done({ rules, changed: rules, added: read.value, change: 'replaced', detail })
  })
}

/** One change in one transaction under the zone's lock: the next update is decided by the new list. */
async function changeRules(
  admin: AdminContext,
  name: string,
  { by, access, version }: RuleEdit,
  edit: (old: readonly string[], apex: Name) => Outcome<Edited>,
): Promise<Outcome<ChangedRules>> {
  const stored = await inTransaction(admin.db, async (trx) => {
    const zone = await zoneNamed(trx, name)
    if (!zone.ok) return zone
    const [row] = await lockZones(trx, [zone.value.id])
    if (row === undefined || row.deleted)
      return failure('zone-not-found', `The zone ${zone.value.name} was deleted meanwhile.`)
    if (version !== undefined && version !== row.rulesVersion)
      return movedOn(row.name, row.rules, row.rulesVersion)
    const edited = edit(row.rules, row.name)
    if (!edited.ok) return edited
    const { rules, change, detail } = edited.value
    if (rules.length > MOST_RULES)
      return failure('bad-rule', `A zone can have ${MOST_RULES} rules, and these would be ${rules.length}.`)
    const added = edited.value.added.filter(({ text }) => !row.rules.includes(text))
    const lack = await namingLack(trx, access, { rules: added })
    if (lack !== undefined) return lack
    const made: RuleChange = { at: new Date(admin.now()), by, change, detail, rules }
    return done({ id: row.id, ...(await store(trx, row, made, edited.value, access)) })
  })
  if (!stored.ok) return stored
  const { id, detail, change, ...changed } = stored.value
  admin.log.info({ zone: changed.zone, by, change, detail, version: changed.version }, 'update rules changed')
  await afterCommit(admin, 'rules in the catalog', () => admin.catalog.zoneChanged(id))
  return done(changed)
}

async function store(
  trx: DbTransaction,
  { name: zone, id }: { readonly name: Name; readonly id: number },
  made: RuleChange,
  edited: Edited,
  access: Access | undefined,
) {
  const warnings = await warningsAbout(trx, edited.added, access)
  const version = await replaceRules(trx, id, made)
  const { rules: _, ...entry } = made
  await recordAudit(trx, { ...entry, subject: 'rules', name: zone, zoneId: id })
  const { rules, changed, change, detail } = edited
  return { zone, version, rules, changed, warnings, change, detail }
}

/** In canonical form; all faults at once, each with its line where there are several. */
export function readRules(texts: readonly string[], apex: Name): Outcome<UpdateRule[]> {
  const rules: UpdateRule[] = []
  const faults: FailureDetail[] = []
  for (const [index, text] of texts.entries()) {
    const rule = parseRule(text, apex)
    if (rule.ok) rules.push({ ...rule.value, text: ruleText(rule.value, apex) })
    else faults.push({ message: rule.reason, ...(texts.length > 1 ? { line: index + 1 } : {}) })
  }
  return faults.length === 0
    ? done(rules)
    : failure('bad-rule', 'The rule cannot be read; nothing was changed.', faults)
}

/** A rule behind its like would never be looked at. */
function repeated(rules: readonly string[]): Failure | undefined {
  const again = rules.findIndex((rule, index) => rules.indexOf(rule) !== index)
  if (again === -1) return undefined
  const first = rules.indexOf(rules[again]!) + 1
  return failure(
    'bad-rule',
    `The rule '${rules[again]}' would stand at ${first} and at ${again + 1}; nothing was changed.`,
  )
}

function noPosition(position: number, rules: readonly string[], what: string): Failure {
  const last = what === 'removed' ? rules.length : rules.length + 1
  const range = last === 0 ? 'the zone has no rules' : `positions go from 1 to ${last}`
  return failure(
    'bad-rule',
    `No rule can be ${what}: position ${position}, but ${range}; \`zonelog rule list\` shows them.`,
  )
}

function movedOn(zone: Name, rules: readonly string[], version: number): Failure {
  return failure(
    'rules-changed',
    `The rules of ${zone} were changed meanwhile and are at version ${version} now; look at them and try again:`,
    rules.map((rule, index) => ({ message: `${index + 1}. ${rule}` })),
  )
}

const MOST_SHOWN = 10

function placed(position: number, changed: readonly string[]): string {
  const more = changed.length - MOST_SHOWN
  return `at ${position}: ${changed.slice(0, MOST_SHOWN).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
