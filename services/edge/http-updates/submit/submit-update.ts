import { keyIdentity } from '../../../../shared/commands.ts'
import { decodeMessage } from '../../../../shared/dns/message.ts'
import { canonicalName } from '../../../../shared/dns/name.ts'
import { putU16 } from '../../../../shared/dns/octets.ts'
import { fingerprintOf } from '../../../../shared/fingerprint.ts'
import type { ClientAddress } from '../../../../shared/http/client-address.ts'
import type { UpdateLease } from '../../../../shared/update-lease.ts'
import type { EdgeMetrics } from '../../metrics.ts'
import { handleUpdate, type UpdateContext } from '../../update/handle-update.ts'
import type { Settled } from '../../update/resends.ts'
import { tellUpdate } from '../../update/tell-update.ts'
import type { Authorized } from '../credentials/check.ts'
import type { RequestIds } from './request-ids.ts'
import { updateMessage, type ZoneUpdate } from './zone-update.ts'

export interface SubmitContext {
  readonly updates: UpdateContext
  readonly ids: RequestIds
  readonly metrics: Pick<EdgeMetrics, 'update'>
}

/** Who asks, how and from where. */
export interface Asking {
  readonly who: Authorized
  readonly from: ClientAddress
  readonly form: string
  /** How long what is put in is to stay unless it is refreshed (RFC 9664); zones grant it or do not. */
  readonly lease?: UpdateLease
}

/** What is asked for where the request does not say. */
function leaseOf({ token }: Authorized): UpdateLease | undefined {
  return token?.leaseSeconds === undefined ? undefined : { lease: token.leaseSeconds }
}

/**
 * One UPDATE message on the same way as one that came as DNS: admission, limits, re-sends, a command, its outcome. Undefined where the outcome
 * stayed unknown, which must be told as such (P3).
 */
export async function submitUpdate(
  update: ZoneUpdate,
  { who, from, form, lease = leaseOf(who) }: Asking,
  { updates, ids, metrics }: SubmitContext,
): Promise<Settled | undefined> {
  const began = performance.now()
  const note = { form, ...(who.token === undefined ? {} : { token: who.token.name }) }
  const bytes = updateMessage(update, note, lease)
  const fingerprint = fingerprintOf(keyIdentity(who.key), from.address, bytes)
  const { id, settled } = ids.take(
    Buffer.from(fingerprint).toString('latin1'),
    update.updates.map(({ name }) => `${update.zone.id} ${canonicalName(name)}`),
  )
  try {
    putU16(bytes, 0, id)
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) throw new Error(`a message of our own cannot be read: ${decoded.reason}`)
    const source = { ...from, transport: 'http' as const, claimedKey: who.key }
    const sender = { kind: 'http' as const, key: { name: who.key } }
    const trace = updates.tracing?.update(began)
    const outcome = await handleUpdate(bytes, decoded.value, sender, source, updates, trace)
    const { transport, address } = source
    const ended = { zone: update.zone.name, identity: keyIdentity(who.key), address, transport, began }
    tellUpdate(outcome, ended, metrics, trace)
    return outcome
  } finally {
    settled()
  }
}
