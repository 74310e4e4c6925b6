import { stat } from 'node:fs/promises'
import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { ZoneFileStream } from '../../shared/dns/zone-file-stream.ts'
import { parseNotifyTarget } from '../../shared/transfers/notify-target.ts'
import { parseTransferGrant } from '../../shared/transfers/transfer-grant.ts'
import type { ApiClient } from '../api-client.ts'
import { CliError } from '../command.ts'
import { openZoneFile } from '../zone-file/source.ts'
import type { MovePlan, PlannedZone } from './plan.ts'

/** Zones and keys that are here already, by canonical names. */
export interface Present {
  readonly zones: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
}

export async function whatIsHere(api: ApiClient): Promise<Present> {
  const zones = new Set<string>()
  for (let after: string | undefined, more = true; more; ) {
    const page: { zones: { name: string }[]; next?: string } = await api.get('/zones', {
      limit: 1_000,
      after,
    })
    for (const { name } of page.zones) zones.add(name)
    after = page.next
    more = after !== undefined
  }
  const { keys } = await api.get<{ keys: KeyDescription[] }>('/keys')
  return { zones, keys: new Set(keys.map(({ name }) => name)) }
}

/** Says, before anything is changed, what could not be made: by what is here already, and by what the zone files hold. */
export async function checkPlan(plan: MovePlan, here: Present, filesToo: boolean): Promise<void> {
  for (const { name, at } of plan.keys)
    if (here.keys.has(name))
      plan.draft.leaveOut(
        at,
        false,
        `there is a key ${name} here already, which keeps the secret that it has here`,
      )
  const keys = new Set<string>([...here.keys, ...plan.keys.map(({ name }) => name)])
  for (const zone of plan.zones) {
    if (here.zones.has(zone.name))
      zone.draft.refuse(
        zone.at,
        `there is a zone ${zone.name} here already; \`zonelog zone import\` replaces its contents, \`zonelog rule import\` its rules`,
      )
    checkKeys(zone, keys)
    if (filesToo) await checkFile(zone)
  }
}

function checkKeys({ transfers, draft, at }: PlannedZone, keys: ReadonlySet<string>): void {
  const named = [
    ...(transfers.allowTransfer ?? []).map((text) => parseTransferGrant(text)),
    ...(transfers.notify ?? []).map((text) => parseNotifyTarget(text)),
  ]
  for (const grant of named) {
    if (!grant.ok) draft.refuse(at, grant.reason)
    else if (grant.value.key !== undefined && !keys.has(nameOf(grant.value.key)))
      draft.refuse(
        at,
        `transfers or NOTIFY use the key ${grant.value.key}, which the configuration does not hold`,
      )
  }
}

async function checkFile({ name, file, draft, at }: PlannedZone): Promise<void> {
  if (file === undefined) {
    draft.refuse(at, `${name} has no zone file; take its contents with --from`)
    return
  }
  try {
    const source = await openZoneFile(file)
    const stream = new ZoneFileStream({
      origin: name,
      id: source.id,
      include: (other) => source.include(other),
    })
    for await (const _batch of stream.read(source.read())) {
      // only whether it can be read matters
    }
    for (const { file: inner = file, line, column, message } of stream.errors)
      draft.refuse({ file: inner, line, column, word: '' }, message)
    await checkJournal(file, draft, at)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    draft.refuse(at, error.message)
  }
}

/** named keeps updates in a journal beside the file for up to 15 minutes before it writes them. */
async function checkJournal(file: string, draft: PlannedZone['draft'], at: PlannedZone['at']): Promise<void> {
  const journal = await stat(`${file}.jnl`).catch(() => undefined)
  if (journal === undefined || journal.mtimeMs <= (await stat(file)).mtimeMs) return
  draft.leaveOut(
    at,
    false,
    `${file}.jnl holds updates that the zone file lacks: \`rndc sync\` first, or take the contents with --from`,
  )
}
