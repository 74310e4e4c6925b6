import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import type { Sig0Key, Sig0Record } from '../../../shared/dns/sig0.ts'
import type { TsigKey, TsigRefusal } from '../../../shared/dns/tsig.ts'
import { ALGORITHMS } from '../../../shared/dns/tsig-algorithms.ts'
import { nearest } from '../../../shared/nearest.ts'
import type { Sig0Refusal } from '../authenticate.ts'

export interface KnownKeys {
  keysFor(name: Name): readonly TsigKey[]
  keyNames(): Iterable<Name>
}

/** What is wrong with a signature, for the operator. `now` in ms since the epoch. Never holds a secret or a MAC. */
export function describeSignature(
  { error, tsig, key }: TsigRefusal,
  keys: KnownKeys,
  now: number,
  maySearch: boolean,
): string {
  const name = canonicalName(tsig.keyName)
  switch (error) {
    case 'BADKEY':
      return describeKey(name, tsig.algorithmName, keys, maySearch)
    case 'BADSIG':
      return `the signature is not one by the secret of the key ${name}: the client has another secret, or the message was changed on its way`
    case 'BADTIME':
      return describeTime(Math.round(now / 1_000) - tsig.timeSigned, tsig.fudge)
    case 'BADTRUNC': {
      const least = key && (key.leastMacOctets ?? ALGORITHMS[key.algorithm].macOctets)
      return `the signature by the key ${name} is cut to ${tsig.mac.length} octets; the key asks for ${least}`
    }
  }
}

/** What is wrong with a SIG(0), for the operator. */
export function describeSig0(
  error: Sig0Refusal['error'],
  { signer, algorithm, keyTag, inception, expiration }: Sig0Record,
  keys: { sig0KeyFor(name: Name): Sig0Key | undefined },
  now: number,
): string {
  switch (error) {
    case 'BADKEY': {
      const key = keys.sig0KeyFor(signer)
      return key === undefined
        ? `there is no public key ${signer}; register it: zonelog key create ${signer.slice(0, -1)} --public-key FILE`
        : `the public key ${signer} has algorithm ${key.algorithm} and tag ${key.keyTag}, but the client signed with algorithm ${algorithm} and tag ${keyTag}: it has another key`
    }
    case 'BADSIG':
      return `the signature is not one by the private key of ${signer}: it is forged, or the message was changed on its way`
    case 'BADTIME':
      return `the signature is valid from ${atSecond(inception)} to ${atSecond(expiration)}, and here it is ${atSecond(now / 1_000)}. Set both clocks by NTP`
    case 'BUSY':
      return 'as many SIG(0) signatures as may be are being verified or wait for it: a flood, or ZONELOG_SIG0_CHECKS is too small'
  }
}

function atSecond(seconds: number): string {
  return new Date(Math.floor(seconds) * 1_000).toISOString().replace('.000', '')
}

function describeKey(name: Name, algorithmName: string, keys: KnownKeys, maySearch: boolean): string {
  const algorithms = new Set(keys.keysFor(name).map(({ algorithm }) => algorithm))
  if (algorithms.size > 0)
    return `the key ${name} is ${[...algorithms].join(' or ')}, but the client signed with ${algorithmName.replace(/\.$/, '')}`
  const near = maySearch ? nearest(name, keys.keyNames()) : undefined
  const hint =
    near === undefined ? '; `zonelog key list` shows those there are' : `; did the client mean ${near}?`
  return `there is no key ${name}${hint}`
}

function describeTime(late: number, fudge: number): string {
  const clock = late > 0 ? `${late} s behind` : `${-late} s ahead of`
  return `the client's clock is ${clock} ours; its signature allows ${fudge} s. Set both by NTP`
}
