import { Class, isMetaType, Type, typeFromText } from '../../../../shared/dns/codes.ts'
import { type GivenName, type Name, parseName } from '../../../../shared/dns/name.ts'
import { rdataFromText } from '../../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../../shared/dns/record.ts'
import { done, type FailureDetail, failure, type Outcome } from '../failure.ts'

export const CHANGE_ACTIONS = ['add', 'delete', 'replace'] as const

/** One change, as people write it. Names are relative to the zone without a final dot; `@` is its apex. */
export interface AskedChange {
  readonly action: (typeof CHANGE_ACTIONS)[number]
  readonly name: string
  /** May be left out to delete a name. */
  readonly type?: string
  /** Of what is added, in seconds. */
  readonly ttl?: number
  /** RDATA as in a zone file; left out to delete all of the type. */
  readonly values?: readonly string[]
}

/** What must be so (RFC 2136 §2.4), or nothing is changed. */
export interface AskedCondition {
  readonly condition: 'exists' | 'absent'
  readonly name: string
  readonly type?: string
  /** Exactly these. */
  readonly values?: readonly string[]
}

export interface AskedRecords {
  readonly prerequisites: readonly ResourceRecord[]
  readonly updates: readonly ResourceRecord[]
}

const NOTHING = new Uint8Array()

/** The records of an UPDATE that stand for these changes, in their order; all faults at once. */
export function readChanges(
  apex: Name,
  changes: readonly AskedChange[],
  conditions: readonly AskedCondition[],
): Outcome<AskedRecords> {
  const faults: FailureDetail[] = []
  const collect = <T>(items: readonly T[], what: string, read: (item: T) => ResourceRecord[]) =>
    items.flatMap((item, index) => {
      try {
        return read(item)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        faults.push({ message: `${what}/${index}: ${error.message}` })
        return []
      }
    })
  const updates = collect(changes, 'changes', (change) => recordsOf(change, apex))
  const prerequisites = collect(conditions, 'prerequisites', (condition) => conditionRecords(condition, apex))
  if (faults.length > 0) return failure('bad-update', 'That cannot be changed; nothing was:', faults)
  return done({ prerequisites, updates })
}

function recordsOf(
  { action, name: text, type: typeText, ttl, values }: AskedChange,
  apex: Name,
): ResourceRecord[] {
  const name = readOwner(text, apex)
  if (action === 'delete') {
    if (ttl !== undefined) throw new RangeError('what is deleted has no ttl')
    if (typeText === undefined) {
      if (values !== undefined) throw new RangeError('values need their type')
      return [{ name, type: Type.ANY, class: Class.ANY, ttl: 0, rdata: NOTHING }]
    }
    const type = readType(typeText)
    return values === undefined
      ? [{ name, type, class: Class.ANY, ttl: 0, rdata: NOTHING }]
      : readValues(type, values, apex).map((rdata) => ({ name, type, class: Class.NONE, ttl: 0, rdata }))
  }
  if (typeText === undefined || ttl === undefined || values === undefined || values.length === 0)
    throw new RangeError(`to ${action} takes type, ttl and values`)
  const type = readType(typeText)
  const added = readValues(type, values, apex).map((rdata) => ({ name, type, class: Class.IN, ttl, rdata }))
  if (action === 'add' || type === Type.SOA) return added
  return [{ name, type, class: Class.ANY, ttl: 0, rdata: NOTHING }, ...added]
}

function conditionRecords(
  { condition, name: text, type: typeText, values }: AskedCondition,
  apex: Name,
): ResourceRecord[] {
  const name = readOwner(text, apex)
  const class_ = condition === 'exists' ? Class.ANY : Class.NONE
  if (values === undefined) {
    const type = typeText === undefined ? Type.ANY : readType(typeText)
    return [{ name, type, class: class_, ttl: 0, rdata: NOTHING }]
  }
  if (condition === 'absent' || typeText === undefined || values.length === 0)
    throw new RangeError('values go with a type, and with the condition exists')
  const type = readType(typeText)
  return readValues(type, values, apex).map((rdata) => ({ name, type, class: Class.IN, ttl: 0, rdata }))
}

function readOwner(text: string, apex: Name): GivenName {
  const name = text === '@' ? { ok: true as const, value: apex as GivenName } : parseName(text, apex)
  if (name.ok) return name.value
  throw new RangeError(`'${text}' is not a name: ${name.reason}`)
}

function readType(text: string): number {
  const type = typeFromText(text)
  if (type !== undefined && !isMetaType(type)) return type
  throw new RangeError(`'${text}' is not a type of records`)
}

function readValues(type: number, values: readonly string[], apex: Name): Uint8Array[] {
  return values.map((value) => {
    const rdata = rdataFromText(type, value, apex)
    if (rdata.ok) return rdata.value
    throw new RangeError(`'${value}': ${rdata.reason}`)
  })
}
