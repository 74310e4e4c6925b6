import { MAX_MESSAGE } from '../../../shared/dns/header.ts'

/** What fits everywhere without fragments (the value of DNS flag day 2020). */
export const UDP_SIZE = 1_232

const UDP_WITHOUT_EDNS = 512

/**
 * Octets that an answer may have (RFC 1035 §4.2.1). RFC 6891 §6.2.3 counts a size below 512 as 512; `ours` is the most that we
 * send.
 */
export function responseLimit(
  edns: { readonly udpSize: number } | undefined,
  transport: 'udp' | 'tcp',
  ours = UDP_SIZE,
): number {
  if (transport === 'tcp') return MAX_MESSAGE
  return Math.max(UDP_WITHOUT_EDNS, Math.min(edns?.udpSize ?? 0, ours))
}
