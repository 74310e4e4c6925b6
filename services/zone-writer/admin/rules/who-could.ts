import { setImmediate } from 'node:timers/promises'
import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import { ZoneContents } from '../../../../shared/zone-contents.ts'
import { readAskedUpdate } from '../../explain/asked-update.ts'
import { askersOf, type PossibleAsker } from '../../explain/askers-of.ts'
import { judgeByRules } from '../../explain/explain.ts'
import { type Db, inSnapshot } from '../../store/admin-zones.ts'
import { createdByOfAll, keyNames } from '../../store/keys.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { loadRules } from '../../store/rules.ts'
import { type Access, seesAllZones } from '../access.ts'
import { done, type Outcome } from '../failure.ts'
import { keyFilter } from '../keys/keys-seen.ts'
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
  /** Only where a key is named that the reader sees: whether there is one. */
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

/** Verdicts that are found in one go. */
const VERDICTS_AT_ONCE = 20

/**
 * What the rules say of everybody whom they mean: rules, keys and contents are looked up once. Changes nothing. `signal`: whoever asked has
 * gone; throws its reason.
 */
export async function whoCould(
  db: Db,
  zone: string,
  { limit, skip, ...asked }: WhoCouldQuery,
  access: Access,
  signal?: AbortSignal,
): Promise<Outcome<WhoCould>> {
  const looked = await lookUp(db, zone, asked, access)
  if (!looked.ok) return looked
  const { apex, target, rules, contents, keys } = looked.value
  const askers = await askersOf(rules, target, apex, keys, signal)
  const page = askers.slice(skip, skip + limit)
  const exists = await keysThatExist(db, access, page)
  const verdicts: AskerVerdict[] = []
  for (const { identity, key, from } of page) {
    if (verdicts.length % VERDICTS_AT_ONCE === 0) {
      await setImmediate()
      signal?.throwIfAborted()
    }
    const read = readAskedUpdate({ ...asked, from, transport: 'tcp', ...(key && { key }) }, apex)
    if (!read.ok) return read
    const { message, identity: signer, address, transport } = read.value
    const request = { message, identity: signer, source: { address, port: 0 }, transport }
    const isThere = key === undefined || identity === 'anybody' ? undefined : exists.get(key)
    verdicts.push({
      identity,
      ...judgeByRules(contents, rules, request),
      ...(isThere !== undefined && { exists: isThere }),
    })
  }
  const next = skip + verdicts.length
  return done({
    ...{ zone: apex, ruleCount: rules.length, askerCount: askers.length, askers: verdicts },
    ...(next < askers.length && { next }),
  })
}

interface LookedUp {
  readonly apex: Name
  /** The name that would be changed. */
  readonly target: Name
  readonly rules: readonly UpdateRule[]
  readonly contents: ZoneContents
  readonly keys: readonly Name[]
}

async function lookUp(
  db: Db,
  zone: string,
  asked: Omit<WhoCouldQuery, 'limit' | 'skip'>,
  access: Access,
): Promise<Outcome<LookedUp>> {
  return await inSnapshot(db, async (trx) => {
    const found = await zoneNamed(trx, zone)
    if (!found.ok) return found
    const { id, name: apex } = found.value
    const first = readAskedUpdate({ ...asked, from: '203.0.113.1' }, apex)
    if (!first.ok) return first
    const target = canonicalName(first.value.message.authorities[0]!.name)
    const rules = readStoredRules((await loadRules(trx, [id])).get(id) ?? [], apex)
    const stored = (await loadRRsets(trx, [id], [target])).map(({ rrset }) => rrset)
    // a token for some zones learns of no keys but those that its rules name
    const keys = seesAllZones(access) ? await keyNames(trx) : []
    return done({ apex, target, rules, contents: new ZoneContents(apex, stored), keys })
  })
}

/** Of the keys that are named, whether they are there; of others' keys nothing is told. */
async function keysThatExist(
  db: Db,
  access: Access,
  askers: readonly PossibleAsker[],
): Promise<Map<Name, boolean>> {
  const named = askers.flatMap(({ key }) => (key === undefined || key.startsWith('*') ? [] : key))
  const createdBy = await createdByOfAll(db, named)
  const isSeen = await keyFilter(db, access)
  return new Map(
    named
      .filter((name) => isSeen({ name, createdBy: createdBy.get(name) ?? '' }))
      .map((name) => [name, createdBy.has(name)]),
  )
}
