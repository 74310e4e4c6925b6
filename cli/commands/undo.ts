import type { UndoneZone } from '../../services/zone-writer/admin/undo-zone.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { PREVIEW_OPTIONS, showAndChange } from '../put-back.ts'

/** Options that go to the API under the same name. */
const FILTERS = {
  by: { type: 'string', value: 'IDENTITY', what: 'what this key (demo), unsigned, or api:TOKEN did' },
  since: { type: 'string', value: 'T', what: 'only since this time: 2026-11-25T10:00Z, or 2h' },
  until: { type: 'string', value: 'T', what: 'only until this time' },
  address: { type: 'string', value: 'CIDR', what: 'only what came from this source address or range' },
  name: { type: 'string', value: 'NAME', what: 'only what was done at this name' },
  below: { type: 'string', value: 'NAME', what: 'as --name, with all that is below it' },
  type: { type: 'string', value: 'TYPE', what: 'only what was done to records of this type' },
} as const

const MODES = ['skip', 'force', 'fail']

export const undo: Command = {
  words: 'undo',
  summary: 'Take back what a key, a source or some events did, and keep what others did since',
  takes: ['ZONE', '[EVENT...]'],
  options: {
    ...FILTERS,
    conflicts: {
      type: 'string',
      value: 'MODE',
      what: 'what others spoke of since: skip (leave it), force (take it back as well), fail',
    },
    ...PREVIEW_OPTIONS,
  },
  examples: [
    'zonelog undo example.com --by router --since 1h',
    'zonelog undo example.com --by router --since 1h --until 10m --dry-run',
    "zonelog undo example.com '#17' '#18' --yes",
    'zonelog undo example.com --address 192.0.2.0/24 --below lab.example.com --conflicts fail',
  ],
  run: async (call) => {
    const body = selectionOf(call)
    await showAndChange<UndoneZone>(call, {
      path: zonePath(call.args[0]!, '/undo'),
      body,
      // 2h is another time when it is said again
      pinned: ({ since, until }) => ({ since, until }),
      remarks: ({ conflicts, conflictCount, notes }) => [
        ...conflicts.map(({ message }) => `conflict: ${message}`),
        ...(conflictCount > conflicts.length
          ? [`and ${conflictCount - conflicts.length} more conflicts`]
          : []),
        ...notes.map(({ message }) => `note: ${message}`),
      ],
      done: describe,
    })
  },
}

function selectionOf({ args, options }: Call): Record<string, unknown> {
  const events = args.slice(1)
  const filters = Object.keys(FILTERS).flatMap((name) => {
    const value = options.text(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  if (events.length > 0 && filters.length > 0)
    throw new CliError('Name events, or say which by options, not both.', 2)
  if (events.length === 0 && filters.length === 0)
    throw new CliError('Say which events: by their numbers, or --by, --address, --name, --below, --since.', 2)
  const conflicts = options.text('conflicts')
  if (conflicts !== undefined && !MODES.includes(conflicts))
    throw new CliError(`--conflicts ${conflicts}: expected skip, force or fail`, 2)
  return {
    ...(events.length > 0 ? { events } : Object.fromEntries(filters)),
    ...(conflicts === undefined ? {} : { conflicts }),
  }
}

function describe({ name, serial, serialBefore, events, removed, added, seq }: UndoneZone): string {
  const which =
    events.count === 1
      ? `event #${events.first}`
      : `${events.count} events from #${events.first} to #${events.last}`
  if (serial === serialBefore) return `zone ${name}: of ${which} there is nothing left to undo`
  return `zone ${name}: ${which} undone by event #${seq}, serial ${serialBefore} → ${serial}, ${removed} records removed, ${added} added`
}
