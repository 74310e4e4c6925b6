import { rcodeToText } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { nearest } from '../../../../shared/nearest.ts'
import { reasonOf } from '../../../../shared/reasons.ts'
import { ZoneContents } from '../../../../shared/zone-contents.ts'
import { namesTouched } from '../../decide/apply.ts'
import { type AskedUpdate, readAskedUpdate } from '../../explain/asked-update.ts'
import { type Explanation, explain } from '../../explain/explain.ts'
import { countRecords, type Db, inSnapshot } from '../../store/admin-zones.ts'
import { keyNames } from '../../store/keys.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { loadRules } from '../../store/rules.ts'
import { readSettings } from '../../store/zones.ts'
import { done, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { readStoredRules } from './stored-rules.ts'

/** A verdict for people and programs. */
export interface VerdictJson {
  readonly outcome: string
  readonly section: string
  readonly reason: string
  readonly detail: string
  readonly rule: string
  readonly means: string
  readonly remedy: string
}

export interface ExplainedUpdate extends Omit<Explanation, 'verdict'> {
  readonly zone: Name
  readonly verdict: VerdictJson
  /** How many rules the zone has. */
  readonly ruleCount: number
  readonly notes: readonly string[]
}

/** What the rules and contents of a zone as they are now would make of one operation, rule by rule. Changes nothing. */
export async function explainUpdate(
  db: Db,
  zone: string,
  asked: AskedUpdate,
  now: number,
): Promise<Outcome<ExplainedUpdate>> {
  return await inSnapshot(db, async (trx) => {
    const found = await zoneNamed(trx, zone)
    if (!found.ok) return found
    const { id, name } = found.value
    const read = readAskedUpdate(asked, name)
    if (!read.ok) return read
    const { message, identity, address, transport, isWhole, notes } = read.value
    const rules = readStoredRules((await loadRules(trx, [id])).get(id) ?? [], name)
    const touched = [...namesTouched(name, message.authorities)]
    const stored = await loadRRsets(
      trx,
      touched.map(() => id),
      touched,
    )
    const contents = new ZoneContents(
      name,
      stored.map(({ rrset }) => rrset),
    )
    const request = { message, identity, source: { address, port: 0 }, transport, now }
    const bounds = {
      settings: await readSettings(trx, id),
      recordCount: (await countRecords(trx, [id])).get(id) ?? 0,
    }
    const { verdict, ...explained } = explain(contents, rules, request, bounds, isWhole)
    const keyNote = await unknownKey(trx, identity)
    return done({
      zone: name,
      ...explained,
      verdict: verdictJson(verdict),
      ruleCount: rules.length,
      notes: [...notes, ...keyNote],
    })
  })
}

export function verdictJson({ rcode, section, reason, detail, rule }: Explanation['verdict']): VerdictJson {
  const known = reasonOf(reason)
  return {
    outcome: rcodeToText(rcode),
    section,
    reason,
    detail,
    rule,
    means: known?.means ?? '',
    remedy: known?.remedy ?? '',
  }
}

/** A key that does not exist is refused before any rule is looked at. */
async function unknownKey(db: Db, identity: string): Promise<string[]> {
  if (!identity.startsWith('key:')) return []
  const name = identity.slice('key:'.length)
  const known = await keyNames(db)
  if (known.includes(name as Name)) return []
  const near = nearest(name, known)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return [
    `there is no key ${name}, so the edge refuses it with tsig-badkey before any rule is looked at${hint}`,
  ]
}
