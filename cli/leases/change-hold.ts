import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { HeldLeases } from '../../services/zone-writer/admin/leases/hold-lease.ts'
import { zonePath } from '../api-client.ts'
import type { Call } from '../command.ts'
import { dryRunFrom, noteDryRun } from '../dry-run.ts'

const DONE = {
  hold: { some: 'held: never removed for want of a refresh', none: 'All of them were held already.' },
  release: { some: 'with a whole lease to be refreshed in', none: 'None of them was held.' },
} as const

/** Holds leased values of a name or lets them go, and says how many. */
export async function changeHold(
  { args, options, api, terminal, json }: Call,
  action: 'hold' | 'release',
): Promise<void> {
  const [zone, name, type] = args
  const path = zonePath(zone!, `/leases/${action}`)
  const held = await api.post<Tried<HeldLeases>>(path, {
    name,
    ...(type === undefined ? {} : { type }),
    ...dryRunFrom(options),
  })
  if (json) return terminal.json(held)
  noteDryRun(terminal, held)
  const { some, none } = DONE[action]
  if (held.values === 0) return terminal.note(none)
  terminal.line(`${held.name}: ${held.values} value(s) ${some}, event #${held.seq}`)
}
