import { timingSafeEqual } from 'node:crypto'
import type { Message } from './message.ts'
import { canonicalName } from './name.ts'
import { putU16 } from './octets.ts'
import { withoutSignature } from './signed-content.ts'
import { algorithmNamed } from './tsig-algorithms.ts'
import { macOf, priorMac, type TsigKey } from './tsig-mac.ts'
import { tsigTimers, tsigVariables } from './tsig-record.ts'

/** RFC 8945 §5.3.1: a receiver accepts so many messages without a signature between two that have one. */
const MOST_UNSIGNED = 99

/**
 * Verifies an answer of several messages (RFC 8945 §5.3.1): the first and the last are signed, and of those between at least every
 * hundredth, each over the MAC before it and all messages since.
 */
export class TsigStreamCheck {
  private readonly key: TsigKey
  private lastMac: Uint8Array
  private isFirst = true
  private unsigned: Uint8Array[] = []

  /** `requestMac` is that of the request, see signMessage. */
  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.key = key
    this.lastMac = requestMac
  }

  /** Whether a signature covers everything so far: at the end of the answer it must. */
  get isComplete(): boolean {
    return !this.isFirst && this.unsigned.length === 0
  }

  /** What is wrong with the signature of the next message; undefined when nothing is. */
  faultOf(bytes: Uint8Array, message: Message, nowSeconds: number): string | undefined {
    const { key } = this
    const { tsig } = message
    if (tsig === undefined) return this.takeUnsigned(bytes)
    if (tsig.error !== 0) return `TSIG error ${tsig.error}`
    if (
      canonicalName(tsig.keyName) !== key.name ||
      algorithmNamed(tsig.algorithmName)?.algorithm !== key.algorithm
    )
      return 'it is signed with another key'
    const content = withoutSignature(bytes, message)
    putU16(content, 0, tsig.originalId)
    const times = this.isFirst ? tsigVariables(tsig) : tsigTimers(tsig)
    const mac = macOf(key, [priorMac(this.lastMac), ...this.unsigned, content, times])
    if (mac.length !== tsig.mac.length || !timingSafeEqual(mac, tsig.mac)) return 'its signature is wrong'
    if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge) return 'its clock differs from ours'
    this.lastMac = tsig.mac
    this.isFirst = false
    this.unsigned = []
    return undefined
  }

  private takeUnsigned(bytes: Uint8Array): string | undefined {
    if (this.isFirst) return 'it is not signed'
    if (this.unsigned.length === MOST_UNSIGNED) return 'too many messages in a row are not signed'
    this.unsigned.push(bytes)
    return undefined
  }
}
