import { nameWireLength } from './name-wire.ts'
import type { TsigVerified } from './tsig.ts'
import { macOf, priorMac } from './tsig-mac.ts'
import { tsigTimers, tsigVariables } from './tsig-record.ts'
import { appendTsig, emptyTsig } from './tsig-sign.ts'

// type, class, TTL, RDLENGTH; time signed, fudge, MAC size, original ID, error, other length
const FIXED_OCTETS = 10 + 16

/**
 * Signs an answer of several messages, each of them (RFC 8945 §5.3.1): the first as any answer, every other over the MAC of
 * the one before it, itself, and the timers. The messages must be sent in the order in which they were signed.
 */
export class TsigStream {
  private readonly request: TsigVerified
  private lastMac: Uint8Array
  private isFirst = true

  constructor(request: TsigVerified) {
    this.request = request
    this.lastMac = request.mac
  }

  /** Octets that {@link sign} adds to each message. */
  get octets(): number {
    const { key, algorithmName, mac } = this.request
    return nameWireLength(key.name) + nameWireLength(algorithmName) + mac.length + FIXED_OCTETS
  }

  /** The next message with its TSIG. Throws a RangeError when the record does not fit into a message. */
  sign(bytes: Uint8Array, nowSeconds: number): Uint8Array {
    const { key, algorithmName, mac: requestMac } = this.request
    const tsig = emptyTsig(bytes, key, algorithmName, nowSeconds)
    const times = this.isFirst ? tsigVariables(tsig) : tsigTimers(tsig)
    const mac = macOf(key, [priorMac(this.lastMac), bytes, times]).subarray(0, requestMac.length)
    this.lastMac = mac
    this.isFirst = false
    return appendTsig(bytes, { ...tsig, mac })
  }
}
