import type { RRset } from '../../../api/operations.ts'
import { absoluteName, relativeName, ttlFault, valuesOf } from './record-names.ts'
import { withSoaSerial } from './soa-draft.ts'

/** An RRset as it is typed. */
export interface RecordDraft {
  readonly name: string
  readonly type: string
  readonly ttl: string
  readonly values: string
}

export function draftOf(rrset: RRset | undefined, zone: string): RecordDraft {
  if (rrset === undefined) return { name: '', type: 'A', ttl: '300', values: '' }
  const { name, type, ttl, values } = rrset
  return { name: relativeName(name, zone), type, ttl: String(ttl), values: values.join('\n') }
}

/** What can be told without asking; the API tells the rest. */
export function faultsOf({
  name,
  type,
  ttl,
  values,
}: RecordDraft): Readonly<Record<keyof RecordDraft, string | undefined>> {
  return {
    name: name.trim() === '' ? 'Give a name; @ is the zone itself.' : undefined,
    type: type.trim() === '' ? 'Give a type, such as A.' : undefined,
    ttl: ttlFault(ttl),
    values: valuesOf(values).length === 0 ? 'Give at least one value.' : undefined,
  }
}

export function rrsetOf({ name, type, ttl, values }: RecordDraft, zone: string): RRset {
  return { name: absoluteName(name, zone), type: type.trim(), ttl: Number(ttl), values: valuesOf(values) }
}

/** Whether two people see the same: order does not count, nor does the serial of an SOA, which any change moves. */
export function isSame(one: RRset | undefined, other: RRset | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const text = ({ type, ttl, values }: RRset) =>
    JSON.stringify([ttl, type === 'SOA' ? values.map((value) => withSoaSerial(value, 0)) : values.toSorted()])
  return text(one) === text(other)
}
