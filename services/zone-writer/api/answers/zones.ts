import { NOTIFY_MODES, type TransferSettings } from '../../../../shared/transfers/transfer-settings.ts'
import {
  type LeaseRange,
  type Rate,
  SERIAL_POLICIES,
  type ZoneSettings,
} from '../../../../shared/zone-settings.ts'
import type { CreatedZone } from '../../admin/create-zone.ts'
import type { DeletedZone } from '../../admin/delete-zone.ts'
import type { DeletedZoneDescription } from '../../admin/deleted-zones.ts'
import type { Tried } from '../../admin/dry-run.ts'
import type { ImportedZone } from '../../admin/import-zone.ts'
import type { HeldLeases } from '../../admin/leases/hold-lease.ts'
import type { LeaseJson, LeaseList } from '../../admin/leases/list-leases.ts'
import type { ZoneAsOf } from '../../admin/read-history.ts'
import type { ZoneDescription, ZoneDetails } from '../../admin/read-zones.ts'
import type { ZoneWithSettings } from '../../admin/set-zone.ts'
import { answerOf, count, listOf, named, oneOf, text, time, triedField } from '../openapi/schema.ts'

const name = text('With the final dot, in lower case.')
const serial = count('The serial of its SOA.')
const rules = listOf(text(), 'Update rules in order; the first that matches decides.')
const types = {
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'Records by type.',
  examples: [{ SOA: 1, NS: 2, A: 12 }],
} as const
const warnings = listOf(text('A sentence for people.'))

const description = {
  id: count(),
  name,
  serial,
  seq: count('The number of its newest event: how many it has.'),
  records: count('With the SOA.'),
  rules,
  createdAt: time(),
}

const rate = answerOf<Rate>('Rate', { count: count('0 is no limit.'), seconds: count() }, {})

const leaseRange = answerOf<LeaseRange>(
  'LeaseRange',
  { least: count('In seconds.'), longest: count('In seconds; 0: no leases are granted.') },
  {},
)

const settings = answerOf<ZoneSettings>(
  'ZoneSettings',
  {
    serialPolicy: oneOf(SERIAL_POLICIES),
    maxRecords: count('0 is no limit.'),
    maxRecordsPerRrset: count('0 is no limit.'),
    maxTypesPerName: count('0 is no limit.'),
    maxUpdatesPerIdentity: rate,
    leases: leaseRange,
  },
  {},
)

const transfers = answerOf<TransferSettings>(
  'TransferSettings',
  {
    allowTransfer: listOf(text('KEY, CIDR or KEY+ip:CIDR.')),
    notify: listOf(text('[KEY+]HOST[:PORT].')),
    notifyMode: oneOf(NOTIFY_MODES),
    catalog: text('`all`, `none`, or the name of a catalog zone.'),
    catalogGroup: text(),
  },
  {},
)

export const zone = answerOf<ZoneDescription>('Zone', description, {})

const leaseCounts = answerOf<NonNullable<ZoneDetails['leases']>>(
  'LeaseCounts',
  {
    running: count('Values that are removed unless they are refreshed.'),
    held: count('Leased values that somebody holds.'),
  },
  { nextEnd: time('When the next of those that run ends.') },
)

const details = answerOf<ZoneDetails>(
  'ZoneDetails',
  { ...description, types, settings, transfers },
  { leases: leaseCounts },
)

const lease = answerOf<LeaseJson>(
  'Lease',
  {
    name,
    type: text(),
    value: text('As in a zone file.'),
    seconds: count('The lease.'),
    endsAt: time(),
    seq: count('The event that granted the lease, or refreshed it last.'),
  },
  { heldBy: text('Who keeps the value whether it is refreshed or not.') },
)

export const leaseList = answerOf<LeaseList>(
  'LeaseList',
  { zone: name, leases: leaseRange, values: listOf(lease) },
  { next: text('`after` of the page that follows; not there on the last.') },
)

export const heldLeases = answerOf<Tried<HeldLeases>>(
  'HeldLeases',
  { zone: name, name: text('The owner of the values.'), values: count('Values that were not so before.') },
  { seq: count('The event that says so; not there when nothing had to change.'), ...triedField },
)

const asOf = answerOf<ZoneAsOf>(
  'ZoneAsOf',
  {
    name,
    seq: count(),
    serial,
    time: time('When the event that led there was decided.'),
    records: count(),
    types,
  },
  { note: text('What to know of the moment that was asked for.') },
)

/** Now, or at a moment of its history. */
export const zoneOrAsOf = { anyOf: [details, asOf] }

export const zonePage = answerOf<{ zones: ZoneDescription[]; next: string | undefined }>(
  'ZonePage',
  { zones: listOf(zone) },
  { next: text('`after` of the page that follows; not there on the last.') },
)

const deletedZoneDescription = answerOf<DeletedZoneDescription>(
  'DeletedZoneDescription',
  {
    id: text('NAME@ID: how its history is asked for.'),
    name,
    serial,
    events: count(),
    createdAt: time(),
    deletedAt: time(),
  },
  { deletedBy: text('Who deleted it, as its history says.') },
)

export const deletedZonePage = answerOf<{ zones: DeletedZoneDescription[]; next: number | undefined }>(
  'DeletedZonePage',
  { zones: listOf(deletedZoneDescription) },
  { next: count('`after` of the page that follows; not there on the last.') },
)

export const createdZone = answerOf<Tried<CreatedZone>>(
  'CreatedZone',
  { id: count(), name, serial, seq: count(), records: count(), rules, transfers, warnings },
  triedField,
)

export const deletedZone = answerOf<Tried<DeletedZone>>(
  'DeletedZone',
  { id: count(), name, serial, seq: count('The event that says so.') },
  triedField,
)

export const zoneWithSettings = answerOf<Tried<ZoneWithSettings>>(
  'ZoneWithSettings',
  { id: count(), name, settings, transfers },
  triedField,
)

export const importedZone = answerOf<Tried<ImportedZone>>(
  'ImportedZone',
  {
    id: count(),
    name,
    serialBefore: count(),
    serial: count('As before when nothing changed.'),
    seq: count(),
    records: count(),
    removed: count(),
    added: count(),
    warnings,
  },
  triedField,
)

export const secondaries = named('ZoneSecondaries', {
  type: 'object',
  required: ['zone', 'serial', 'secondaries', 'others'],
  properties: {
    zone: name,
    serial,
    secondaries: listOf(
      {
        type: 'object',
        required: ['target', 'failures'],
        properties: {
          target: text(),
          address: text(),
          told: count('The serial that it was told last.'),
          acknowledged: count(),
          acknowledgedAt: count('Ms since the epoch.'),
          serial: count('What it has.'),
          serialAt: count('Ms since the epoch.'),
          behindSince: count('Ms since the epoch.'),
          failures: count('Tries in a row that were not acknowledged.'),
          failure: text(),
        },
      },
      'Those that are notified.',
    ),
    others: listOf(
      {
        type: 'object',
        required: ['address', 'serial', 'at'],
        properties: { address: text(), serial: count(), at: count('Ms since the epoch.') },
      },
      'Others that transferred the zone lately.',
    ),
  },
})
