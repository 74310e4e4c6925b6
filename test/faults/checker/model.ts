import { Class, Rcode, Type } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'

/**
 * What RFC 2136 says of the messages that the clients here send, written anew and as plainly as can be: it shares nothing with the
 * writer. No record at the apex is touched, and all TTLs are alike.
 */
export class ZoneModel {
  readonly apex: string
  /** Values in hex by `name type`. */
  private readonly sets = new Map<string, Set<string>>()
  /** Types by name. */
  private readonly names = new Map<string, Set<number>>()

  constructor(apex: string) {
    this.apex = apex
  }

  values(name: string, type: number): string[] {
    return [...(this.sets.get(`${name} ${type}`) ?? [])].sort()
  }

  add(name: string, type: number, value: string): void {
    const key = `${name} ${type}`
    const set = this.sets.get(key) ?? new Set()
    this.sets.set(key, set.add(value))
    this.names.set(name, (this.names.get(name) ?? new Set()).add(type))
  }

  /** §3.1 to §3.3: the rcode that the message must get in this state. */
  verdict({ answers, authorities }: Message): number {
    const values = new Map<string, Set<string>>()
    for (const record of answers) {
      const rcode = this.prerequisite(record, values)
      if (rcode !== Rcode.NOERROR) return rcode
    }
    for (const [key, wanted] of values) {
      const stored = this.sets.get(key) ?? new Set()
      if (stored.size !== wanted.size || [...wanted].some((value) => !stored.has(value))) return Rcode.NXRRSET
    }
    return authorities.every(({ name }) => this.isInside(canonicalName(name))) ? Rcode.NOERROR : Rcode.NOTZONE
  }

  /** §3.4.2: the RRsets that the message may have changed. */
  apply({ authorities }: Message): { name: string; type: number }[] {
    return authorities.flatMap((record) => this.operation(record))
  }

  private prerequisite(record: ResourceRecord, values: Map<string, Set<string>>): number {
    const { type, class: class_ } = record
    const name = canonicalName(record.name)
    const exists = type === Type.ANY ? this.names.has(name) : this.sets.has(`${name} ${type}`)
    if (class_ === Class.ANY)
      return exists ? Rcode.NOERROR : type === Type.ANY ? Rcode.NXDOMAIN : Rcode.NXRRSET
    if (class_ === Class.NONE)
      return exists ? (type === Type.ANY ? Rcode.YXDOMAIN : Rcode.YXRRSET) : Rcode.NOERROR
    const key = `${name} ${type}`
    values.set(key, (values.get(key) ?? new Set()).add(hex(record.rdata)))
    return Rcode.NOERROR
  }

  private operation({ name: given, type, class: class_, rdata }: ResourceRecord) {
    const name = canonicalName(given)
    if (class_ === Class.IN) {
      this.add(name, type, hex(rdata))
      return [{ name, type }]
    }
    if (class_ === Class.NONE) {
      const key = `${name} ${type}`
      this.sets.get(key)?.delete(hex(rdata))
      if (this.sets.get(key)?.size === 0) this.forget(name, type)
      return [{ name, type }]
    }
    const types = type === Type.ANY ? [...(this.names.get(name) ?? [])] : [type]
    for (const each of types) this.forget(name, each)
    return types.map((each) => ({ name, type: each }))
  }

  private forget(name: string, type: number): void {
    this.sets.delete(`${name} ${type}`)
    const types = this.names.get(name)
    types?.delete(type)
    if (types?.size === 0) this.names.delete(name)
  }

  private isInside(name: string): boolean {
    return name === this.apex || name.endsWith(`.${this.apex}`)
  }
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
