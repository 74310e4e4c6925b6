import { canonicalName } from '../../../../shared/dns/name.ts'
import { ZoneContents } from '../../../../shared/zone-contents.ts'
import { readAskedUpdate } from '../../explain/asked-update.ts'
import { askersOf } from '../../explain/askers-of.ts'
import { judgeByRules } from '../../explain/explain.ts'
import { type Db, inSnapshot } from '../../store/admin-zones.ts'
import { keyNames } from '../../store/keys.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { loadRules } from '../../store/rules.ts'
import type { Access } from '../access.ts'
import { done, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { readStoredRules } from './stored-rules.ts'

export interface WhoCouldQuery {
  /** Relative to the zone without a final dot, as in rules. */
  readonly name: string
  /** With `delete` it may be left out. */
  readonly type?: string
  readonly delete?: boolean
  readonly limit: number
  /** How many of them were told before. */
  readonly skip: number
}

/** One whom the rules mean, and what they say. */
export interface AskerVerdict {
  /** As a rule has it, or a key that a wildcard of a rule covers. */
  readonly identity: string
  readonly allowed: boolean
  readonly sentence: string
  /** Only where a key is named: whether there is one. */
  readonly exists?: boolean
}

export interface WhoCould {
  readonly zone: string
  readonly ruleCount: number
  /** Of all pages. */
  readonly askerCount: number
  readonly askers: readonly AskerVerdict[]
  /** What to `skip` for the page that follows; not there on the last. */
  readonly next?: number
}

/** What the rules say of everybody whom they mean: rules, keys and contents are looked up once. Changes nothing. */
export async function whoCould(
  db: Db,
  zone: string,
  { limit, skip, ...asked }: WhoCouldQuery,
  access: Pick<Access, 'zones'>,
): Promise<Outcome<WhoCould>> {
  return await inSnapshot(db, async (trx) => {
    const found = await zoneNamed(trx, zone)
    if (!found.ok) return found
    const { id, name: apex } = found.value
    const first = readAskedUpdate({ ...asked, from: '203.0.113.1' }, apex)
    if (!first.ok) return first
    const target = first.value.message.authorities[0]!
    const rules = readStoredRules((await loadRules(trx, [id])).get(id) ?? [], apex)
    const stored = await loadRRsets(trx, [id], [canonicalName(target.name)])
    const contents = new ZoneContents(
      apex,
      stored.map(({ rrset }) => rrset),
    )
    const keys = await keyNames(trx)
    // a token for some zones learns of no keys but those that its rules name
    const askers = askersOf(rules, canonicalName(target.name), apex, access.zones === undefined ? keys : [])
    const known = new Set<string>(keys)
    const verdicts: AskerVerdict[] = []
    for (const { identity, key, from } of askers.slice(skip, skip + limit)) {
      const read = readAskedUpdate({ ...asked, from, transport: 'tcp', ...(key && { key }) }, apex)
      if (!read.ok) return read
      const { message, identity: signer, address, transport } = read.value
      const request = { message, identity: signer, source: { address, port: 0 }, transport }
      const isNamed = key !== undefined && !key.startsWith('*') && identity !== 'anybody'
      verdicts.push({
        identity,
        ...judgeByRules(contents, rules, request),
        ...(isNamed && { exists: known.has(key) }),
      })
    }
    const next = skip + verdicts.length
    return done({
      ...{ zone: apex, ruleCount: rules.length, askerCount: askers.length, askers: verdicts },
      ...(next < askers.length && { next }),
    })
  })
}
