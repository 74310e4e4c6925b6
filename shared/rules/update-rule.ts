import type { Name } from '../dns/name.ts'
import type { AddressRange } from './address-range.ts'

/** The ways in which a rule says which names it is about; BIND's, with BIND's meaning. */
export const MATCHES = [
  'name',
  'subdomain',
  'zonesub',
  'wildcard',
  'self',
  'selfsub',
  'selfwild',
  'tcp-self',
  '6to4-self',
] as const
export type Match = (typeof MATCHES)[number]

/**
 * Whom a rule speaks of. `anyone` is everybody, signed or not; `unsigned` nobody who signed; `key` the key `name`; `keys` every key
 * below the wildcard `name`. With a range, the sender's address must lie in it as well. Of tcp-self and 6to4-self the name is
 * one of the reverse tree, which the sender's address must give.
 */
export interface RuleIdentity {
  readonly kind: 'anyone' | 'unsigned' | 'key' | 'keys'
  readonly name: Name | undefined
  readonly range: AddressRange | undefined
}

/** A type that a rule names, and how many records of it a name may have; undefined is no limit. */
export interface RuleType {
  /** `Type.ANY` for every type that {@link coversType} says. */
  readonly type: number
  readonly most: number | undefined
}

/** `grant|deny IDENTITY MATCH [NAME] [TYPES…] [self-address]`. The first rule that matches decides; without one: deny. */
export interface UpdateRule {
  readonly action: 'grant' | 'deny'
  readonly identity: RuleIdentity
  readonly match: Match
  /** Absolute; of `wildcard` the whole name with its asterisk, of `zonesub` the apex; undefined where the match takes none. */
  readonly name: Name | undefined
  /** Empty: the types that {@link coversType} says. */
  readonly types: readonly RuleType[]
  /** An A or AAAA that the rule grants holds the sender's own address. */
  readonly selfAddress: boolean
  /** The rule as it is stored, words one space apart. */
  readonly text: string
}
