import type { CreatedZone } from '../../services/zone-writer/admin/create-zone.ts'
import { algorithmFromText } from '../../shared/dns/tsig-algorithms.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError } from '../command.ts'
import { withSettings } from '../commands/zone-create.ts'
import { uploadZoneFile } from '../zone-file/upload.ts'
import type { Present } from './check-plan.ts'
import type { MovePlan, PlannedZone } from './plan.ts'
import type { Primary } from './primary.ts'
import { uploadTransfer } from './upload-transfer.ts'

/** Octets below which the API wants to be told that a short secret is meant. */
const SHORT = 16

export interface MadeZone {
  readonly name: string
  readonly serial: number
  readonly records: number
  readonly rules: readonly string[]
}

/** Makes keys, then zones with their contents, settings and rules. What was made stays when a later one fails; the error says so. */
export async function carryOut(
  call: Call,
  plan: MovePlan,
  here: Present,
  primary: Primary | undefined,
): Promise<MadeZone[]> {
  const made: MadeZone[] = []
  try {
    for (const { name, algorithm, secret } of plan.keys) {
      if (here.keys.has(name)) continue
      const key = await call.api.post<{ warnings: string[] }>('/keys', {
        name,
        algorithm,
        secret,
        allowShort: Buffer.from(secret, 'base64').length < SHORT,
        allowLegacy: algorithmFromText(algorithm)?.algorithm === 'hmac-md5',
      })
      for (const warning of key.warnings) call.terminal.note(`warning: key ${name}: ${warning}`)
    }
    for (const zone of plan.zones) made.push(await makeZone(call, plan, zone, primary))
    return made
  } catch (error) {
    if (!(error instanceof CliError) || made.length === 0) throw error
    throw new CliError(
      `${error.message}\nBefore that ${made.map(({ name }) => name).join(', ')} and the keys were made; with --skip the rest is tried again.`,
      error.exitCode,
    )
  }
}

async function makeZone(
  call: Call,
  { from }: MovePlan,
  { name, file, transfers, settings, draft }: PlannedZone,
  primary: Primary | undefined,
): Promise<MadeZone> {
  const origin = primary === undefined ? `from ${from}` : `from ${from}, transferred from ${primary.text}`
  const path = withSettings(name, { allowUpdate: [], ...transfers, origin })
  const zone =
    primary === undefined
      ? await uploadZoneFile<CreatedZone>(call, file!, name, path)
      : await uploadTransfer<CreatedZone>(call, primary, name, path)
  if (Object.keys(settings).length > 0) await call.api.patch(zonePath(name), { settings })
  if (draft.rules.length > 0) await call.api.post(zonePath(name, '/rules'), { rules: draft.rules })
  for (const warning of zone.warnings) call.terminal.note(`warning: ${name}: ${warning}`)
  return { name, serial: zone.serial, records: zone.records, rules: draft.rules }
}
