import type { Name } from '../../../../shared/dns/name.ts'
import { type Db, inSnapshot } from '../../store/admin-zones.ts'
import { loadRules, newestRuleChanges, rulesVersion } from '../../store/rules.ts'
import { done, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'

export interface RuleList {
  readonly zone: Name
  /** Grows with every change; whoever gives it back with a change is told when it is no longer this one. */
  readonly version: number
  /** In order: the first that matches decides, and without one it is no. */
  readonly rules: readonly string[]
}

export interface RuleChangeJson {
  readonly version: number
  /** ISO 8601. */
  readonly at: string
  readonly by: string
  readonly change: string
  readonly detail: string
  /** The whole list from then on. */
  readonly rules: readonly string[]
}

export async function listRules(db: Db, name: string): Promise<Outcome<RuleList>> {
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneNamed(trx, name)
    if (!zone.ok) return zone
    const { id, name: canonical } = zone.value
    const rules = (await loadRules(trx, [id])).get(id) ?? []
    return done({ zone: canonical, version: await rulesVersion(trx, id), rules })
  })
}

/** Who changed the rules of a zone, newest first. */
export async function listRuleChanges(
  db: Db,
  name: string,
  limit: number,
  before?: number,
): Promise<Outcome<{ zone: Name; changes: RuleChangeJson[]; next: number | undefined }>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  const changes = await newestRuleChanges(db, zone.value.id, limit, before)
  return done({
    zone: zone.value.name,
    changes: changes.map((change) => ({ ...change, at: change.at.toISOString() })),
    next: changes.length === limit ? changes.at(-1)?.version : undefined,
  })
}
