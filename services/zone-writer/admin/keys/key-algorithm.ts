import { TSIG_ALGORITHMS, type TsigAlgorithm } from '../../../../shared/dns/tsig.ts'
import { ALGORITHMS, algorithmFromText, shortestMac } from '../../../../shared/dns/tsig-algorithms.ts'
import { nearest } from '../../../../shared/nearest.ts'
import { done, failure, type Outcome } from '../failure.ts'

export interface ChosenAlgorithm {
  readonly algorithm: TsigAlgorithm
  /** Of a name that truncates, such as hmac-sha256-128, the length that it stands for. */
  readonly leastMac: number | undefined
  readonly warnings: readonly string[]
}

// RFC 8945 §6, table 3
const NOT_RECOMMENDED: ReadonlySet<TsigAlgorithm> = new Set(['hmac-sha1'])
const OFFERED = TSIG_ALGORITHMS.filter((algorithm) => !ALGORITHMS[algorithm].legacy)

/** The algorithm of that name, in any case; one that is broken only when it is asked for all the same. */
export function chooseAlgorithm(text: string, allowLegacy: boolean): Outcome<ChosenAlgorithm> {
  const named = algorithmFromText(text.trim())
  if (named === undefined) return unknown(text)
  const { algorithm, macOctets } = named
  if (ALGORITHMS[algorithm].legacy && !allowLegacy)
    return failure(
      'bad-key',
      `${algorithm} must not be used any more (RFC 8945 §6): its hash is broken. Take hmac-sha256; where a client knows ` +
        'nothing else, as some routers do, say so: --allow-legacy (allowLegacy in the API).',
    )
  const leastMac = macOctets < ALGORITHMS[algorithm].macOctets ? macOctets : undefined
  return done({ algorithm, leastMac, warnings: warningsFor(algorithm) })
}

/** A failure for a length that MACs of this algorithm may not be cut to. */
export function checkLeastMac(
  algorithm: TsigAlgorithm,
  octets: number | undefined,
): Outcome<number | undefined> {
  const [least, most] = [shortestMac(algorithm), ALGORITHMS[algorithm].macOctets]
  if (octets === undefined || (octets >= least && octets <= most)) return done(octets)
  return failure(
    'bad-key',
    `The least MAC cannot be ${octets} octets: one of ${algorithm} has ${most}, and may be cut to ${least} (RFC 8945 §5.2.2.1).`,
  )
}

function unknown(text: string) {
  const near = nearest(text.trim().toLowerCase(), OFFERED)
  const hint = near === undefined ? `it is one of ${OFFERED.join(', ')}` : `did you mean ${near}?`
  return failure('bad-key', `'${text}' is not an algorithm that keys can have here; ${hint}.`)
}

function warningsFor(algorithm: TsigAlgorithm): string[] {
  if (ALGORITHMS[algorithm].legacy)
    return [`${algorithm} is broken: rotate to hmac-sha256 as soon as the client knows it.`]
  if (NOT_RECOMMENDED.has(algorithm))
    return [`${algorithm} is not recommended any more (RFC 8945 §6); hmac-sha256 is.`]
  return []
}
