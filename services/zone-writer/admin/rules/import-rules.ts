import type { Identity } from '../../../../shared/commands.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { importBind } from '../../../../shared/rules/import/bind.ts'
import type { Finding } from '../../../../shared/rules/import/finding.ts'
import { importKnot } from '../../../../shared/rules/import/knot.ts'
import { loadRules } from '../../store/rules.ts'
import type { Access } from '../access.ts'
import type { AdminContext } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { readRules, setRules } from './change-rules.ts'

export const IMPORT_FORMATS = ['bind', 'knot'] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]

export interface ImportRulesRequest {
  /** What is in the file. */
  readonly text: string
  /** Told by its look unless given. */
  readonly format?: ImportFormat
  /** Only says what would be done. */
  readonly dryRun?: boolean
  readonly by: Identity
  /** Left out: all zones are seen. */
  readonly access?: Access
}

export interface ImportedRules {
  readonly zone: Name
  readonly format: ImportFormat
  readonly rulesBefore: readonly string[]
  /** The whole list, in order. */
  readonly rules: readonly string[]
  readonly findings: readonly Finding[]
  readonly warnings: readonly string[]
  readonly dryRun: boolean
}

/** Puts the rules of a BIND or Knot configuration in the place of a zone's. Nothing is changed when any of it must not be. */
export async function importRules(
  admin: AdminContext,
  zone: string,
  { text, format = formatOf(text), dryRun = false, ...who }: ImportRulesRequest,
): Promise<Outcome<ImportedRules>> {
  const found = await zoneNamed(admin.db, zone)
  if (!found.ok) return found
  const { id, name } = found.value
  const imported = format === 'bind' ? importBind(text, name) : importKnot(text, name)
  const refused = imported.findings.filter(({ kind }) => kind === 'refused')
  if (refused.length > 0)
    return failure(
      'bad-import',
      `The ${format} configuration cannot be imported; nothing was changed.`,
      refused.map(fault),
    )
  const read = readRules(imported.rules, name)
  if (!read.ok)
    return failure(
      'bad-import',
      'A rule of the file cannot stand here; nothing was changed.',
      read.details.map(({ line, message }) => ({
        message: `'${imported.rules[(line ?? 1) - 1]}': ${message}`,
      })),
    )
  const rulesBefore = (await loadRules(admin.db, [id])).get(id) ?? []
  const rules = [...new Set(read.value.map((rule) => rule.text))]
  const shared = { zone: name, format, rulesBefore, findings: imported.findings, dryRun }
  if (dryRun) return done({ ...shared, rules, warnings: [] })
  const set = await setRules(admin, zone, rules, who)
  return set.ok ? done({ ...shared, rules: set.value.rules, warnings: set.value.warnings }) : set
}

function fault({ line, column, word, message }: Finding) {
  return { line, column, message: word === '' ? message : `'${word}': ${message}` }
}

/** Knot's sections begin a line with their name and a colon; named.conf has braces. */
function formatOf(text: string): ImportFormat {
  return /^(?:acl|zone|template|remote|server|key)\s*:/m.test(text) ? 'knot' : 'bind'
}
