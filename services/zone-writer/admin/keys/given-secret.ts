import { randomBytes } from 'node:crypto'
import type { TsigAlgorithm } from '../../../../shared/dns/tsig.ts'
import { ALGORITHMS } from '../../../../shared/dns/tsig-algorithms.ts'
import { done, failure, type Outcome } from '../failure.ts'

/** RFC 8945 §8 wants 128 bits at the least. */
const LEAST_OCTETS = 16
/** 64 bits: whoever records one message can try shorter ones through at home. */
const LEAST_SHORT_OCTETS = 8
const MOST_OCTETS = 512

/** What a new secret is made from; without `secret` it is made at random. */
export interface SecretRequest {
  /** Base64. */
  readonly secret?: string
  readonly allowShort?: boolean
}

/** The octets of a new secret, as long as the hash (RFC 2104 §3) unless they are given. */
export function newSecret(algorithm: TsigAlgorithm, request: SecretRequest): Outcome<Buffer> {
  if (request.secret === undefined) return done(randomBytes(ALGORITHMS[algorithm].macOctets))
  return givenSecret(request.secret, request.allowShort ?? false)
}

/** The text of a wrong secret is never repeated: it may be a right one with a typing error. */
function givenSecret(text: string, allowShort: boolean): Outcome<Buffer> {
  const compact = text.replaceAll(/\s/g, '')
  const octets = Buffer.from(compact, 'base64')
  if (octets.toString('base64').replaceAll('=', '') !== compact.replace(/={0,2}$/, ''))
    return failure('bad-key', 'The secret is not base64; `openssl rand -base64 32` makes one.')
  if (octets.length > MOST_OCTETS)
    return failure(
      'bad-key',
      `The secret has ${octets.length} octets; it may have ${MOST_OCTETS} at the most.`,
    )
  if (octets.length >= LEAST_OCTETS) return done(octets)
  if (octets.length < LEAST_SHORT_OCTETS)
    return failure(
      'bad-key',
      `The secret has ${octets.length} octets; it must have ${LEAST_OCTETS} to ${MOST_OCTETS} (\`openssl rand -base64 32\`), ` +
        `and not less than ${LEAST_SHORT_OCTETS} in any case: a shorter one is found from a single message.`,
    )
  if (allowShort) return done(octets)
  return failure(
    'bad-key',
    `The secret has ${octets.length} octets; it must have ${LEAST_OCTETS} to ${MOST_OCTETS} (\`openssl rand -base64 32\`). ` +
      'Where a router can hold no longer one, say so: --allow-short (allowShort in the API).',
  )
}
