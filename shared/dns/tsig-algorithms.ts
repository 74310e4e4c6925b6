import { type Name, nameOf } from './name.ts'

/** RFC 8945 §6: the name in the record, and the hash as node:crypto calls it. */
export const ALGORITHMS = {
  'hmac-sha256': { name: nameOf('hmac-sha256.'), hash: 'sha256' },
  'hmac-sha512': { name: nameOf('hmac-sha512.'), hash: 'sha512' },
} as const satisfies Record<string, { name: Name; hash: string }>

export type TsigAlgorithm = keyof typeof ALGORITHMS
export const TSIG_ALGORITHMS = Object.keys(ALGORITHMS) as readonly TsigAlgorithm[]
