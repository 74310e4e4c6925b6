import type { Identity, Source, Transport } from '../commands.ts'
import type { Name } from '../dns/name.ts'
import { addressOctets } from './address-range.ts'
import { reverseName, sixToFourName } from './reverse-names.ts'

/** Who asks, in the terms of the rules. Made once for a message. */
export class Asker {
  readonly identity: Identity
  readonly address: string
  readonly transport: Transport
  /** The key that signed. */
  readonly key: Name | undefined
  /** 4 or 16; none for an address that is no text of one. */
  readonly octets: Uint8Array
  private reverse: Name | undefined
  private sixToFour: Name | undefined

  constructor(identity: Identity, source: Pick<Source, 'address'>, transport: Transport) {
    this.identity = identity
    this.address = source.address
    this.transport = transport
    this.key = identity.startsWith('key:') ? (identity.slice(4) as Name) : undefined
    // of a link-local address without its interface
    this.octets = addressOctets(source.address.split('%')[0]!) ?? new Uint8Array()
  }

  /** Its name in the reverse tree; undefined without an address. */
  get reverseName(): Name | undefined {
    this.reverse ??= reverseName(this.octets)
    return this.reverse
  }

  /** The reverse name of its 6to4 prefix (RFC 3056). */
  get sixToFourName(): Name | undefined {
    this.sixToFour ??= sixToFourName(this.octets)
    return this.sixToFour
  }
}
