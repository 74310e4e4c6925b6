import type { Message } from '../../../shared/dns/message.ts'
import type { Requester } from '../listeners/listener.ts'
import { claimsOf } from '../update/handle-update.ts'
import type { RefusalLog } from '../update/refusal-log.ts'
import type { TransferRefusal } from './judge-transfer.ts'

/** Audits transfers that were not made, and answers the audit's number; the audit logs as well, and bounds what a flood may cost. */
export function refusedTransfers(
  refusals: Pick<RefusalLog, 'add'>,
): (refusal: TransferRefusal, message: Message, from: Requester) => string {
  return ({ reason, rcode, detail }, message, from) =>
    refusals.add({ reason, rcode, ...claimsOf(message, from), detail: () => detail })
}
