import { Type, typeToText } from '../../../../shared/dns/codes.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { Serial } from '../../../../shared/dns/serial.ts'
import { withSerial } from '../../../../shared/dns/soa.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import {
  CHANGES_AT_ONCE,
  type ChangedRRset,
  firstMistaken,
  keepChanges,
  openChanges,
} from '../../store/changed-rrsets.ts'
import { type BrokenName, brokenNames } from '../../store/planned-faults.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { type Change, gatherDiff, withSoa } from './compare.ts'
import { changeOfSet } from './merge.ts'
import { hasStayed, type SeenZone } from './seen-zone.ts'

/**
 * The change of a zone's stored contents that these RRsets make. Each `before` is what is stored now, octet for octet; an SOA among them
 * says what the SOA is to be but for its serial. They stream, and are kept in tables of the transaction. Refuses what would not be a
 * zone, and an index that does not say what is stored.
 */
export async function plannedChange(
  trx: DbTransaction,
  zone: SeenZone,
  changes: AsyncIterable<ChangedRRset>,
  now: number,
): Promise<Outcome<Change>> {
  await openChanges(trx)
  let soa: RRset | undefined
  let some: ChangedRRset[] = []
  for await (const change of changes) {
    if (change.type === Type.SOA) soa = change.after
    else if (changesRecords(change)) some.push(change)
    if (some.length < CHANGES_AT_ONCE) continue
    await keepChanges(trx, some)
    some = []
  }
  await keepChanges(trx, some)
  const proven = await beginsWithWhatIsStored(trx, zone)
  if (!proven.ok) return proven
  const broken = await brokenNames(trx, zone.id, zone.name)
  if (broken.length > 0) return notAZone(broken)
  const diff = await gatherDiff(trx, 'too-large')
  if (!diff.ok) return diff
  return done(await withSoa(trx, zone, soa && withoutProgress(soa, zone), diff.value, now))
}

/**
 * Fails when the zone's RRsets are not those that the planned change begins with, though both are of one event: then the RRsets or the index
 * of the history are wrong, and storing the change would break the history (P6). A zone that moved on meanwhile proves nothing.
 */
async function beginsWithWhatIsStored(trx: DbTransaction, seen: SeenZone): Promise<Outcome<void>> {
  const { id, name } = seen
  const mistaken = await firstMistaken(trx, id)
  if (mistaken === undefined || !(await hasStayed(trx, seen))) return done(undefined)
  return failure(
    'history-broken',
    `Nothing was changed: what is stored as ${mistaken.owner} ${typeToText(mistaken.type)} is not what the index of the history says. Run \`zonelog verify ${name}\`: where it finds a fault, \`zonelog rebuild ${name} --replace\` puts the RRsets right; where it finds none, the index is wrong: docs/history.md says how to have it made anew.`,
  )
}

/** Values that are equal but for their case stay as they are stored. */
function changesRecords({ before, after }: ChangedRRset): boolean {
  const { removed, added } = changeOfSet(before, after)
  return removed.length + added.length > 0
}

/** With the zone's own serial, so that the one after it is what the zone's policy makes. */
function withoutProgress(soa: RRset, { serial }: SeenZone): RRset {
  return { ...soa, rdata: soa.rdata.map((rdata) => withSerial(rdata, serial as Serial)) }
}

function notAZone(broken: readonly BrokenName[]): Outcome<never> {
  const details = broken.map((name) => ({ message: FAULTS[name.fault](name) }))
  return failure('not-a-zone', 'Nothing was changed: the result would not be a zone.', details)
}

const FAULTS: { readonly [F in BrokenName['fault']]: (name: BrokenName) => string } = {
  apex: ({ owner }) => `${owner} would have no NS record`,
  cname: ({ owner, types }) => `${owner} would have a CNAME record beside others: ${listed(types)}`,
  singleton: ({ owner, types }) => `${owner} would have more than one ${listed(types)} record`,
}

function listed(types: readonly number[]): string {
  return types.map(typeToText).join(', ')
}
