import { Type } from './codes.ts'
import { type Edns, readEdns } from './edns.ts'
import { HEADER_OCTETS, readHeader } from './header.ts'
import { ROOT, readName } from './name.ts'
import { u16 } from './octets.ts'

const FIXED_OCTETS = 10

/**
 * The first OPT record of a message that {@link decodeMessage} calls malformed, if all before it can be passed over: then the
 * sender understands an answer with EDNS. Never throws.
 */
export function findEdns(bytes: Uint8Array): Edns | undefined {
  const header = readHeader(bytes)
  if (header === undefined) return undefined
  const { qd, an, ns, ar } = header.counts
  let at: number | undefined = HEADER_OCTETS
  for (let left = qd; left > 0 && at !== undefined; left--) at = afterQuestion(bytes, at)
  for (let left = an + ns + ar; left > 0 && at !== undefined; left--) {
    const record = skipRecord(bytes, at)
    if (record === undefined) return undefined
    if (record.type === Type.OPT) return ednsAt(bytes, record)
    at = record.end
  }
  return undefined
}

interface SkippedRecord {
  readonly type: number
  /** Where the type stands. */
  readonly body: number
  readonly end: number
  readonly isRoot: boolean
}

function afterQuestion(bytes: Uint8Array, at: number): number | undefined {
  const name = readName(bytes, at)
  if (!name.ok || name.value.end + 4 > bytes.length) return undefined
  return name.value.end + 4
}

function skipRecord(bytes: Uint8Array, at: number): SkippedRecord | undefined {
  const name = readName(bytes, at)
  if (!name.ok || name.value.end + FIXED_OCTETS > bytes.length) return undefined
  const body = name.value.end
  const end = body + FIXED_OCTETS + u16(bytes, body + 8)
  if (end > bytes.length) return undefined
  return { type: u16(bytes, body), body, end, isRoot: bytes[at] === 0 }
}

function ednsAt(bytes: Uint8Array, { body, end, isRoot }: SkippedRecord): Edns | undefined {
  if (!isRoot) return undefined
  const edns = readEdns({
    name: ROOT,
    type: Type.OPT,
    class: u16(bytes, body + 2),
    ttl: ((u16(bytes, body + 4) << 16) | u16(bytes, body + 6)) >>> 0,
    rdata: bytes.subarray(body + FIXED_OCTETS, end),
  })
  return edns.ok ? edns.value : undefined
}
