import type { DeletedZoneDescription } from '../services/zone-writer/admin/deleted-zones.ts'
import type { ApiClient } from './api-client.ts'
import { type Call, CliError, type Option } from './command.ts'

/** For commands that look at histories: a deleted zone keeps its own. */
export const DELETED_OPTION = {
  deleted: { type: 'boolean', what: 'a zone of that name that was deleted; NAME@ID names one of several' },
} as const satisfies Record<string, Option>

/** The zone as the API is to be asked for it: of a deleted zone with its id. */
export async function zoneMeant({ args, options, api }: Call, name = args[0]!): Promise<string> {
  if (!options.has('deleted') || name.includes('@')) return name
  const zones = await deletedZones(api, name)
  const [only, ...others] = zones
  if (only === undefined)
    throw new CliError(`No zone ${name} was deleted; \`zonelog zone list --deleted\` shows those that were.`)
  if (others.length === 0) return only.id
  const lines = zones.map(({ id, deletedAt, events }) => `\n  ${id}  deleted ${deletedAt}, ${events} events`)
  throw new CliError(
    `${zones.length} zones ${name} were deleted; name the one that is meant:${lines.join('')}`,
  )
}

/** Oldest first. */
export async function deletedZones(api: ApiClient, name?: string): Promise<DeletedZoneDescription[]> {
  const zones: DeletedZoneDescription[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: { zones: DeletedZoneDescription[]; next?: number } = await api.get('/deleted-zones', {
      ...(name === undefined ? {} : { name }),
      after,
    })
    zones.push(...page.zones)
    after = page.next
  }
  return zones
}
