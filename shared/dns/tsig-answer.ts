import { timingSafeEqual } from 'node:crypto'
import type { Message } from './message.ts'
import { canonicalName } from './name.ts'
import { putU16 } from './octets.ts'
import { withoutSignature } from './signed-content.ts'
import { algorithmNamed } from './tsig-algorithms.ts'
import { macOf, priorMac, type TsigKey } from './tsig-mac.ts'
import { tsigVariables } from './tsig-record.ts'

/**
 * RFC 8945 §5.4: what is wrong with the signature of an answer to a request that was signed with `key` and had `requestMac`;
 * undefined when nothing is. The MAC must be whole.
 */
export function faultOfAnswer(
  bytes: Uint8Array,
  message: Message,
  key: TsigKey,
  requestMac: Uint8Array,
  nowSeconds: number,
): string | undefined {
  const { tsig } = message
  if (tsig === undefined) return 'it is not signed'
  if (tsig.error !== 0) return `TSIG error ${tsig.error}`
  if (
    canonicalName(tsig.keyName) !== key.name ||
    algorithmNamed(tsig.algorithmName)?.algorithm !== key.algorithm
  )
    return 'it is signed with another key'
  const unsigned = withoutSignature(bytes, message)
  putU16(unsigned, 0, tsig.originalId)
  const mac = macOf(key, [priorMac(requestMac), unsigned, tsigVariables(tsig)])
  if (mac.length !== tsig.mac.length || !timingSafeEqual(mac, tsig.mac)) return 'its signature is wrong'
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge) return 'its clock differs from ours'
  return undefined
}
