import { Class, Type } from '../../../shared/dns/codes.ts'
import { type GivenName, labelsOf, nameToWire, readPlainName } from '../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'

const MAX_NAME = 255

/**
 * The CNAME that a DNAME stands for at a name below it (RFC 6672 §3.1). `too-long` when the new name would exceed 255 octets;
 * undefined when the DNAME's own RDATA holds no name.
 */
export function synthesizeCname(name: GivenName, dname: RRset): ResourceRecord | 'too-long' | undefined {
  const target = readPlainName(dname.rdata[0]!, 0)
  if (!target.ok) return undefined
  const labels = labelsOf(name)
  const prefix = labels.slice(0, labels.length - labelsOf(dname.name).length)
  const rdata = Buffer.concat([
    nameToWire(`${prefix.join('.')}.` as GivenName).subarray(0, -1),
    nameToWire(target.value.name),
  ])
  if (rdata.length > MAX_NAME) return 'too-long'
  return { name, type: Type.CNAME, class: Class.IN, ttl: dname.ttl, rdata }
}
