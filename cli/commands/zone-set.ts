import type { ZoneWithSettings } from '../../services/zone-writer/admin/set-zone.ts'
import {
  DEFAULT_SETTINGS,
  LARGEST_LIMIT,
  SERIAL_POLICIES,
  type SerialPolicy,
  type ZoneSettings,
} from '../../shared/zone-settings.ts'
import { zonePath } from '../api-client.ts'
import { type CallOptions, CliError, type Command } from '../command.ts'
import { printFacts } from '../table.ts'

const LIMITS = [
  ['max-records', 'maxRecords', 'records of the zone'],
  ['max-records-per-rrset', 'maxRecordsPerRrset', 'records of a name and type'],
  ['max-types-per-name', 'maxTypesPerName', 'types of a name'],
] as const

export const zoneSet: Command = {
  words: 'zone set',
  summary: 'Change settings of a zone: how its serial moves, how large updates may make it',
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
  },
  examples: [
    'zonelog zone set example.com --serial-policy unixtime',
    'zonelog zone set example.com --max-records 100000 --max-records-per-rrset 20',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const settings = settingsFrom(options)
    const zone = await api.patch<ZoneWithSettings>(zonePath(args[0]!), { settings })
    if (json) return terminal.json(zone)
    printFacts(terminal, [['zone', zone.name], ...settingFacts(zone.settings)])
  },
}

/** Settings as people read them, by the names of the options. */
export function settingFacts(settings: ZoneSettings): [string, string][] {
  const limits = LIMITS.map(([option, setting]): [string, string] => {
    const limit = settings[setting]
    return [option, limit === 0 ? 'no limit' : String(limit)]
  })
  return [['serial-policy', settings.serialPolicy], ...limits]
}

function settingsFrom(options: CallOptions): Partial<ZoneSettings> {
  const settings: { -readonly [K in keyof ZoneSettings]?: ZoneSettings[K] } = {}
  const policy = options.text('serial-policy')
  if (policy !== undefined) settings.serialPolicy = policyFrom(policy)
  for (const [option, setting] of LIMITS) {
    const text = options.text(option)
    if (text !== undefined) settings[setting] = limitFrom(option, text)
  }
  if (Object.keys(settings).length === 0)
    throw new CliError('Say what to set; see `zonelog zone set --help`.', 2)
  return settings
}

function policyFrom(text: string): SerialPolicy {
  const policy = SERIAL_POLICIES.find((known) => known === text)
  if (policy !== undefined) return policy
  throw new CliError(`--serial-policy is one of ${SERIAL_POLICIES.join(', ')}, not '${text}'`, 2)
}

function limitFrom(option: string, text: string): number {
  const limit = Number(text)
  if (/^\d+$/.test(text) && limit <= LARGEST_LIMIT) return limit
  throw new CliError(`--${option} is a whole number up to ${LARGEST_LIMIT}, 0 for no limit, not '${text}'`, 2)
}
