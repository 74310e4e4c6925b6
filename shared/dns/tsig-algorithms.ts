import { type Name, nameOf } from './name.ts'

export interface AlgorithmFacts {
  /** In the record. */
  readonly name: Name
  /** As node:crypto calls it. */
  readonly hash: string
  /** Length of a MAC that is not truncated. */
  readonly macOctets: number
  /** RFC 8945 §6 says not to use it any more: a key has it only when that was asked for on purpose. */
  readonly legacy: boolean
}

/** RFC 8945 §6. */
export const ALGORITHMS = {
  'hmac-md5': { name: nameOf('hmac-md5.sig-alg.reg.int.'), hash: 'md5', macOctets: 16, legacy: true },
  'hmac-sha1': { name: nameOf('hmac-sha1.'), hash: 'sha1', macOctets: 20, legacy: false },
  'hmac-sha224': { name: nameOf('hmac-sha224.'), hash: 'sha224', macOctets: 28, legacy: false },
  'hmac-sha256': { name: nameOf('hmac-sha256.'), hash: 'sha256', macOctets: 32, legacy: false },
  'hmac-sha384': { name: nameOf('hmac-sha384.'), hash: 'sha384', macOctets: 48, legacy: false },
  'hmac-sha512': { name: nameOf('hmac-sha512.'), hash: 'sha512', macOctets: 64, legacy: false },
} as const satisfies Record<string, AlgorithmFacts>

export type TsigAlgorithm = keyof typeof ALGORITHMS
export const TSIG_ALGORITHMS = Object.keys(ALGORITHMS) as readonly TsigAlgorithm[]

/** What a name of an algorithm stands for; `macOctets` is less than the hash's for a name that truncates. */
export interface NamedAlgorithm {
  readonly algorithm: TsigAlgorithm
  readonly macOctets: number
}

const OTHER_NAMES: Readonly<Record<string, NamedAlgorithm>> = {
  'hmac-md5.': { algorithm: 'hmac-md5', macOctets: 16 },
  'hmac-sha256-128.': { algorithm: 'hmac-sha256', macOctets: 16 },
  'hmac-sha384-192.': { algorithm: 'hmac-sha384', macOctets: 24 },
  'hmac-sha512-256.': { algorithm: 'hmac-sha512', macOctets: 32 },
}

const BY_NAME = new Map<string, NamedAlgorithm>([
  ...Object.entries(OTHER_NAMES),
  ...TSIG_ALGORITHMS.map((algorithm): [string, NamedAlgorithm] => [
    ALGORITHMS[algorithm].name,
    { algorithm, macOctets: ALGORITHMS[algorithm].macOctets },
  ]),
])

/** What the algorithm name of a record stands for; undefined when it is not known here. */
export function algorithmNamed(name: Name): NamedAlgorithm | undefined {
  return BY_NAME.get(name)
}

/** The same for what people write: in any case, with or without the final dot. */
export function algorithmFromText(text: string): NamedAlgorithm | undefined {
  return BY_NAME.get(`${text.toLowerCase().replace(/\.$/, '')}.`)
}

/** The shortest MAC that may be sent at all, in octets (RFC 8945 §5.2.2.1). */
export function shortestMac(algorithm: TsigAlgorithm): number {
  return Math.max(10, ALGORITHMS[algorithm].macOctets / 2)
}
