import { isSubdomain, type Name, orderKey } from '../../../shared/dns/name.ts'

/**
 * Octets whose order is the canonical one of names (RFC 4034 §6.1) for a name of the zone `apex`: the apex has none, and what is
 * below a name begins with that name's octets. Undefined for a name outside the zone.
 */
export function ownerKey(name: Name, apex: Name): Buffer | undefined {
  if (!isSubdomain(name, apex)) return undefined
  return Buffer.from(orderKey(name).slice(orderKey(apex).length), 'latin1')
}

/** Keys of a name and all that is below it: from `least` on, below `beyond`; undefined where nothing is beyond. */
export interface OwnerRange {
  readonly least: Buffer
  readonly beyond: Buffer | undefined
}

export function keysBelow(key: Buffer): OwnerRange {
  if (key.length === 0) return { least: key, beyond: undefined }
  // a key ends in the octet 0, which divides labels; 1 comes right behind all that begin with the key
  const beyond = Buffer.from(key)
  beyond[beyond.length - 1] = 1
  return { least: key, beyond }
}

export function isWithin(key: Buffer, { least, beyond }: OwnerRange): boolean {
  return Buffer.compare(key, least) >= 0 && (beyond === undefined || Buffer.compare(key, beyond) < 0)
}
