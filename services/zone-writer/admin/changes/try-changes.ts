import type { Identity, Source } from '../../../../shared/commands.ts'
import { decodeMessage } from '../../../../shared/dns/message.ts'
import { ZoneContents } from '../../../../shared/zone-contents.ts'
import { namesTouched } from '../../decide/apply.ts'
import { decide } from '../../decide/decide.ts'
import type { Decision } from '../../decide/decision.ts'
import { wholeZone } from '../../decide/whole-zone.ts'
import { countRecords, type Db, inSnapshot, type ZoneSummary } from '../../store/admin-zones.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { readSettings } from '../../store/zones.ts'

/** What a message of the API would do now. Changes nothing, and leaves no event. */
export async function tryChanges(
  db: Db,
  { id, name }: ZoneSummary,
  octets: Uint8Array,
  sender: { readonly by: Identity; readonly source: Source; readonly now: number },
): Promise<Decision> {
  const message = decodeMessage(octets)
  if (!message.ok) throw new Error(`a message of our own: ${message.reason}`)
  return await inSnapshot(db, async (trx) => {
    const names = [...namesTouched(name, [...message.value.answers, ...message.value.authorities])]
    const stored = await loadRRsets(
      trx,
      names.map(() => id),
      names,
    )
    const contents = new ZoneContents(
      name,
      stored.map(({ rrset }) => rrset),
    )
    const settings = await readSettings(trx, id)
    // counting takes long in a large zone
    const recordCount = settings.maxRecords === 0 ? 0 : ((await countRecords(trx, [id])).get(id) ?? 0)
    const { by: identity, source, now } = sender
    const request = { message: message.value, identity, source, transport: 'api', now } as const
    return decide(contents, [wholeZone(name)], request, { settings, recordCount })
  })
}
