import type { Message } from '../../../shared/dns/message.ts'
import type { Logger } from '../../../shared/log.ts'
import type { Requester } from '../listeners/listener.ts'
import { claimedKey, zoneText } from '../update/handle-update.ts'
import type { RefusalLog } from '../update/refusal-log.ts'
import type { TransferRefusal } from './judge-transfer.ts'

/** Lines a period; a flood must not fill a disk. The audit counts every one. */
const MOST_LINES = 20
const PERIOD_MS = 10_000

/** Audits and logs transfers that were not made. */
export function refusedTransfers(
  refusals: Pick<RefusalLog, 'add'>,
  log: Logger,
): (refusal: TransferRefusal, message: Message, from: Requester) => void {
  let lines = 0
  let periodEnds = 0
  return ({ reason, rcode, detail }, message, { address }) => {
    const [key, zone] = [claimedKey(message), zoneText(message)]
    refusals.add({ reason, rcode, source: address, claimedKey: key, zone })
    const now = performance.now()
    if (now >= periodEnds) {
      if (lines > MOST_LINES)
        log.warn({ unlogged: lines - MOST_LINES }, 'more transfers were not made; see the audit of refusals')
      lines = 0
      periodEnds = now + PERIOD_MS
    }
    if (++lines <= MOST_LINES) log.warn({ zone, from: address, key, reason, detail }, 'transfer not made')
  }
}
