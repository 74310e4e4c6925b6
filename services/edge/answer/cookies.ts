import { timingSafeEqual } from 'node:crypto'
import { putU32, u32 } from '../../../shared/dns/octets.ts'
import { type SipHashKey, sipHash } from '../../../shared/siphash.ts'
import { writeAddress } from './client-address.ts'

/** What a COOKIE option is worth. `new` has a client cookie only; `bad` a server cookie that is not ours, or is too old. */
export type CookieVerdict = 'none' | 'malformed' | 'new' | 'bad' | 'valid'

/** The secrets for cookies made at a time (seconds since the epoch): the first makes them, each is accepted. */
export type SecretsAt = (seconds: number) => readonly SipHashKey[]

const CLIENT_OCTETS = 8
const SERVER_OCTETS = 16
/** RFC 7873 §4: a server cookie has 8 to 32 octets. Ours has {@link SERVER_OCTETS}. */
const SHORTEST_WITH_SERVER = CLIENT_OCTETS + 8
const LONGEST = CLIENT_OCTETS + 32
const VERSION = 1
/** RFC 9018 §4.3, in seconds. */
const OLDEST = 3_600
const FURTHEST_AHEAD = 300

// Calls do not nest. Client cookie, version, reserved, time, then the address.
const hashed = Buffer.alloc(CLIENT_OCTETS + 8 + 16)
const mac = Buffer.alloc(8)

/** Makes and checks server cookies as RFC 9018 says, so that other servers with the same secret take them too. */
export class ServerCookies {
  private readonly secretsAt: SecretsAt

  constructor(secretsAt: SecretsAt) {
    this.secretsAt = secretsAt
  }

  /** RFC 7873 §5.2, for the data of a COOKIE option; undefined is none. */
  check(option: Uint8Array | undefined, address: string, nowSeconds: number): CookieVerdict {
    if (option === undefined) return 'none'
    if (option.length === CLIENT_OCTETS) return 'new'
    if (option.length < SHORTEST_WITH_SERVER || option.length > LONGEST) return 'malformed'
    if (option.length !== CLIENT_OCTETS + SERVER_OCTETS || option[CLIENT_OCTETS] !== VERSION) return 'bad'
    const made = u32(option, CLIENT_OCTETS + 4)
    // times wrap as serial numbers do (RFC 9018 §4.3)
    const age = ((nowSeconds >>> 0) - made) | 0
    if (age > OLDEST || age < -FURTHEST_AHEAD) return 'bad'
    hashed.set(option.subarray(0, CLIENT_OCTETS + 8))
    const length = CLIENT_OCTETS + 8 + writeAddress(address, hashed, CLIENT_OCTETS + 8)
    for (const secret of this.secretsAt(nowSeconds - age)) {
      sipHash(secret, hashed, length, mac, 0)
      if (timingSafeEqual(mac, option.subarray(CLIENT_OCTETS + 8))) return 'valid'
    }
    return 'bad'
  }

  /** The data of the answer's COOKIE option: the client's cookie, and a new one of ours. */
  answer(option: Uint8Array, address: string, nowSeconds: number): Uint8Array {
    const out = Buffer.alloc(CLIENT_OCTETS + SERVER_OCTETS)
    out.set(option.subarray(0, CLIENT_OCTETS))
    out[CLIENT_OCTETS] = VERSION
    putU32(out, CLIENT_OCTETS + 4, nowSeconds)
    hashed.set(out.subarray(0, CLIENT_OCTETS + 8))
    const length = CLIENT_OCTETS + 8 + writeAddress(address, hashed, CLIENT_OCTETS + 8)
    sipHash(this.secretsAt(nowSeconds)[0]!, hashed, length, out, CLIENT_OCTETS + 8)
    return out
  }
}
