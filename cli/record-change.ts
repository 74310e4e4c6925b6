import type { AskedChange } from '../services/zone-writer/admin/changes/asked-changes.ts'
import type { ChangedRecords } from '../services/zone-writer/admin/changes/change-records.ts'
import { zonePath } from './api-client.ts'
import { type Call, CliError, type Option } from './command.ts'

/** What all commands that change records take. */
export const CHANGE_OPTIONS = {
  'if-serial': { type: 'string', value: 'N', what: 'only if the zone has this serial when it is decided' },
  'dry-run': { type: 'boolean', what: 'only say what would be changed' },
} as const satisfies Record<string, Option>

export function ttlFrom(text: string | undefined): number {
  if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text)
  throw new CliError(`TTL ${text ?? ''}: a whole number of seconds is expected`, 2)
}

/** One change of a zone, shown as it was made. */
export async function changeOne(
  { args, options, api, terminal, json }: Call,
  change: AskedChange,
): Promise<void> {
  const serial = options.text('if-serial')
  if (serial !== undefined && !/^\d{1,10}$/.test(serial))
    throw new CliError(`--if-serial ${serial}: a serial is expected`, 2)
  const changed = await api.post<ChangedRecords>(zonePath(args[0]!, '/changes'), {
    changes: [change],
    ...(serial === undefined ? {} : { ifSerial: Number(serial) }),
    dryRun: options.has('dry-run'),
  })
  if (json) return terminal.json(changed)
  for (const record of changed.removed) terminal.line(terminal.colour('red', `- ${record}`))
  for (const record of changed.added) terminal.line(terminal.colour('green', `+ ${record}`))
  const serials =
    changed.serial === changed.serialBefore
      ? `serial ${changed.serial}`
      : `serial ${changed.serialBefore} to ${changed.serial}`
  const where = changed.dryRun ? 'nothing was changed (dry run)' : `event #${changed.seq}`
  terminal.note(
    changed.reason === 'unchanged' ? `the zone already is so; ${serials}` : `${where}, ${serials}`,
  )
}
