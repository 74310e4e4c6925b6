import { createHmac, randomBytes, randomInt } from 'node:crypto'
import { equalOctets } from '../../../../shared/dns/octets.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SALT_LETTERS = 10

/** Ten letters and digits, as GnuDIP has them. */
export function newSalt(): string {
  return Array.from({ length: SALT_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]!).join('')
}

export interface SignedSalt {
  readonly salt: string
  /** When it was given, in seconds since the epoch, as text. */
  readonly time: string
  readonly sign: string
}

const LIVES_MS = 60_000
const MOST_USED = 50_000

/**
 * Salts over HTTP, which come back with the request: signed by this edge, good for a minute, and once. Whoever listens in cannot send
 * what he heard again.
 */
export class SignedSalts {
  private readonly key = randomBytes(32)
  private readonly used = new Map<string, number>()
  private readonly now: () => number

  /** `now` in ms since the epoch. */
  constructor(now: () => number) {
    this.now = now
  }

  give(): SignedSalt {
    const salt = newSalt()
    const time = String(Math.floor(this.now() / 1_000))
    return { salt, time, sign: this.sign(salt, time) }
  }

  /** Whether it was given here lately, and comes back for the first time. */
  take({ salt, time, sign }: SignedSalt): boolean {
    const age = this.now() - Number(time) * 1_000
    if (!(age >= -1_000 && age <= LIVES_MS) || this.used.has(salt)) return false
    if (!equalOctets(Buffer.from(sign), Buffer.from(this.sign(salt, time)))) return false
    this.used.set(salt, this.now())
    for (const [oldest, at] of this.used) {
      if (this.used.size <= MOST_USED && this.now() - at <= 2 * LIVES_MS) break
      this.used.delete(oldest)
    }
    return true
  }

  private sign(salt: string, time: string): string {
    return createHmac('sha256', this.key).update(`${salt} ${time}`).digest('hex').slice(0, 32)
  }
}
