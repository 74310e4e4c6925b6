import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { ZoneChanges, ZoneWithSettings } from '../../services/zone-writer/admin/set-zone.ts'
import {
  DEFAULT_SETTINGS,
  LARGEST_LIMIT,
  type LeaseRange,
  leaseRangeFromText,
  leaseRangeText,
  type Rate,
  rateFromText,
  rateText,
  SERIAL_POLICIES,
  type SerialPolicy,
  type ZoneSettings,
} from '../../shared/zone-settings.ts'
import { zonePath } from '../api-client.ts'
import { type CallOptions, CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { printFacts } from '../table.ts'
import { TRANSFER_OPTIONS, transferFacts, transfersFrom } from '../transfer-options.ts'

const LIMITS = [
  ['max-records', 'maxRecords', 'records of the zone'],
  ['max-records-per-rrset', 'maxRecordsPerRrset', 'records of a name and type'],
  ['max-types-per-name', 'maxTypesPerName', 'types of a name'],
] as const

export const zoneSet: Command = {
  words: 'zone set',
  summary: 'Change settings of a zone: serial, limits, who may transfer it and who is notified',
  takes: ['NAME'],
  options: {
    'serial-policy': {
      type: 'string',
      value: SERIAL_POLICIES.join('|'),
      what: `how an update moves the serial; ${DEFAULT_SETTINGS.serialPolicy} unless set, date is YYYYMMDDnn in UTC`,
    },
    ...Object.fromEntries(
      LIMITS.map(([option, setting, what]) => [
        option,
        {
          type: 'string',
          value: 'N',
          what: `most ${what}, 0 is no limit; ${DEFAULT_SETTINGS[setting]} unless set`,
        },
      ]),
    ),
    'max-updates-per-identity': {
      type: 'string',
      value: 'N/PERIOD',
      what: 'updates that an edge takes of one key, or of one address without a key, such as 10/1m or 100/h; 0 is no limit, and so unless set',
    },
    lease: {
      type: 'string',
      value: 'LEAST..LONGEST',
      what: 'leases that updates are granted when they ask for one (RFC 9664), such as 30m..1d; off makes all values static, and so unless set',
    },
    ...TRANSFER_OPTIONS,
    ...DRY_RUN_OPTION,
  },
  examples: [
    'zonelog zone set example.com --serial-policy unixtime',
    'zonelog zone set example.com --max-records 100000 --max-records-per-rrset 20',
    'zonelog zone set example.com --max-updates-per-identity 10/1m',
    'zonelog zone set example.com --lease 30m..1d',
    'zonelog zone set example.com --allow-transfer xfr --allow-transfer 10.0.0.0/8 --notify 192.0.2.53',
    'zonelog zone set example.com --allow-transfer none   (lists are replaced; none empties them)',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const changes = changesFrom(options)
    const body = { ...changes, ...dryRunFrom(options) }
    const zone = await api.patch<Tried<ZoneWithSettings>>(zonePath(args[0]!), body)
    if (json) return terminal.json(zone)
    noteDryRun(terminal, zone)
    const facts = [...settingFacts(zone.settings), ...transferFacts(zone.transfers)]
    printFacts(terminal, [['zone', zone.name], ...facts])
  },
}

/** Settings as people read them, by the names of the options. */
export function settingFacts(settings: ZoneSettings): [string, string][] {
  const limits = LIMITS.map(([option, setting]): [string, string] => {
    const limit = settings[setting]
    return [option, limit === 0 ? 'no limit' : String(limit)]
  })
  const rate = rateText(settings.maxUpdatesPerIdentity)
  return [
    ['serial-policy', settings.serialPolicy],
    ...limits,
    ['max-updates-per-identity', rate],
    ['lease', leaseRangeText(settings.leases)],
  ]
}

function changesFrom(options: CallOptions): ZoneChanges {
  const [settings, transfers] = [settingsFrom(options), transfersFrom(options)]
  const changes = {
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(Object.keys(transfers).length > 0 && { transfers }),
  }
  if (Object.keys(changes).length > 0) return changes
  throw new CliError('Say what to set; see `zonelog zone set --help`.', 2)
}

function settingsFrom(options: CallOptions): Partial<ZoneSettings> {
  const settings: { -readonly [K in keyof ZoneSettings]?: ZoneSettings[K] } = {}
  const policy = options.text('serial-policy')
  if (policy !== undefined) settings.serialPolicy = policyFrom(policy)
  for (const [option, setting] of LIMITS) {
    const text = options.text(option)
    if (text !== undefined) settings[setting] = limitFrom(option, text)
  }
  const rate = options.text('max-updates-per-identity')
  if (rate !== undefined) settings.maxUpdatesPerIdentity = rateFrom(rate)
  const lease = options.text('lease')
  if (lease !== undefined) settings.leases = leasesFrom(lease)
  return settings
}

function policyFrom(text: string): SerialPolicy {
  const policy = SERIAL_POLICIES.find((known) => known === text)
  if (policy !== undefined) return policy
  throw new CliError(`--serial-policy is one of ${SERIAL_POLICIES.join(', ')}, not '${text}'`, 2)
}

function leasesFrom(text: string): LeaseRange {
  const range = leaseRangeFromText(text)
  if (range !== undefined) return range
  throw new CliError(`--lease is LEAST..LONGEST such as 30m..1d, at most a year, or off, not '${text}'`, 2)
}

function rateFrom(text: string): Rate {
  const rate = rateFromText(text)
  if (rate !== undefined) return rate
  throw new CliError(`--max-updates-per-identity is N/PERIOD such as 10/1m or 100/h, or 0, not '${text}'`, 2)
}

function limitFrom(option: string, text: string): number {
  const limit = Number(text)
  if (/^\d+$/.test(text) && limit <= LARGEST_LIMIT) return limit
  throw new CliError(`--${option} is a whole number up to ${LARGEST_LIMIT}, 0 for no limit, not '${text}'`, 2)
}
