import { Class, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { readRecord } from '../../shared/dns/record.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { rrsetsOf, zoneOf } from '../support/spec.ts'

// Messages built to cost as much as their octets can. All are about example.com; a builder fills `size` octets.

export interface Costly {
  readonly title: string
  readonly message: (size: number) => Buffer
  /** What the zone holds beforehand; by default next to nothing. */
  readonly zone?: (size: number) => ZoneContents
  /** What makes it cost more than it should, until that is mended. */
  readonly todo?: string
}

const APEX = nameOf('example.com.')
const QUESTION = Buffer.from('076578616d706c6503636f6d0000060001', 'hex')
const ZONE_AT = 12
const RECORDS_AT = 29

interface Layout {
  readonly prerequisites?: boolean
  /** Before the records: an addition of its own, in whose RDATA names are laid out for others to point to. */
  readonly lead?: Buffer
  readonly record: (index: number) => Buffer
}

/** As many records as fit. */
function filled(size: number, { prerequisites = false, lead, record }: Layout): Buffer {
  const records: Buffer[] = lead === undefined ? [] : [lead]
  let length = RECORDS_AT + (lead?.length ?? 0)
  for (let index = 0; ; index++) {
    const next = record(index)
    if (length + next.length > size) break
    records.push(next)
    length += next.length
  }
  const header = Buffer.from('123428000001000000000000', 'hex')
  header.writeUInt16BE(records.length, prerequisites ? 6 : 8)
  return Buffer.concat([header, QUESTION, ...records])
}

function pointer(to: number): Buffer {
  return Buffer.of(0xc0 | (to >>> 8), to & 0xff)
}

function record(
  owner: Buffer,
  type: number,
  class_: number,
  rdata: Buffer = Buffer.alloc(0),
  ttl = 0,
): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(class_, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(rdata.length, 8)
  return Buffer.concat([owner, fixed, rdata])
}

function u16(value: number): Buffer {
  return Buffer.of((value >>> 8) & 0xff, value & 0xff)
}

/**
 * An addition of an unknown type whose RDATA holds a ladder of pointers: each rung one label and a pointer to the rung below, the
 * lowest to the zone. With the zone's 13 octets, 121 rungs make 255.
 */
const LADDER_AT = RECORDS_AT + 12
const RUNGS = 121
const LADDER = record(
  pointer(ZONE_AT),
  65_281,
  Class.IN,
  Buffer.concat(
    Array.from({ length: RUNGS }, (_, rung) =>
      Buffer.concat([Buffer.of(1, 0), pointer(rung === 0 ? ZONE_AT : LADDER_AT + 4 * (rung - 1))]),
    ),
  ),
)
const TOP = pointer(LADDER_AT + 4 * (RUNGS - 1))
const BELOW_TOP = pointer(LADDER_AT + 4 * (RUNGS - 2))
const OWNER = pointer(ZONE_AT)

export const ORDINARY: Costly = {
  title: 'an ordinary message: one address added',
  message: () =>
    filled(12 + 17 + 20, {
      record: () =>
        record(Buffer.concat([Buffer.from('\x03www'), OWNER]), Type.A, Class.IN, Buffer.of(192, 0, 2, 1), 60),
    }),
}

/** PX: a number and two names, here of 255 octets each. */
const manyPx = (class_: number) => (index: number) =>
  record(OWNER, Type.PX, class_, Buffer.concat([u16(index), TOP, TOP]))

function zoneWithPx(size: number): ZoneContents {
  const octets = filled(size, { lead: LADDER, record: manyPx(Class.IN) })
  const zone = zoneOf()
  const records = []
  for (let at = RECORDS_AT + LADDER.length; at < octets.length; ) {
    const read = readRecord(octets, at)
    if (!read.ok) throw new Error(read.reason)
    records.push(read.value.record)
    at = read.value.end
  }
  for (const rrset of rrsetsOf(records)) zone.put(rrset)
  return new ZoneContents(APEX, zone.rrsets())
}

export const COSTLY: readonly Costly[] = [
  {
    title: 'owners that are pointers to 121 pointers',
    message: (size) => filled(size, { lead: LADDER, record: () => record(TOP, Type.A, Class.ANY) }),
  },
  {
    title: 'three such names a record (RP)',
    message: (size) =>
      filled(size, { lead: LADDER, record: () => record(TOP, Type.RP, Class.IN, Buffer.concat([TOP, TOP])) }),
  },
  {
    title: 'another owner of 255 octets in each record',
    message: (size) =>
      filled(size, {
        lead: LADDER,
        record: (index) =>
          record(Buffer.concat([Buffer.of(1, index & 0xff), BELOW_TOP]), 256 + (index >>> 8), Class.ANY),
      }),
  },
  {
    title: 'one set of records with two names of 255 octets (PX)',
    message: (size) => filled(size, { lead: LADDER, record: manyPx(Class.IN) }),
  },
  {
    title: 'the same, deleted record by record from the end',
    message: (size) => {
      // the last first, so that a search from the start has the longest way
      const last = Math.floor((size - RECORDS_AT - LADDER.length) / 18) - 1
      return filled(size, { lead: LADDER, record: (index) => manyPx(Class.NONE)(last - index) })
    },
    zone: zoneWithPx,
  },
  {
    title: 'one set of two octets a record',
    message: (size) => filled(size, { record: (index) => record(OWNER, 65_280, Class.IN, u16(index)) }),
  },
  {
    title: 'one set of WKS, each for another address',
    message: (size) =>
      filled(size, {
        record: (index) => record(OWNER, Type.WKS, Class.IN, Buffer.of(10, 0, index >>> 8, index & 0xff, 6)),
      }),
  },
  {
    title: 'a required set of two octets a record',
    message: (size) =>
      filled(size, { prerequisites: true, record: (index) => record(OWNER, 65_280, Class.IN, u16(index)) }),
  },
  {
    title: 'another type in each record at one name, and then CNAMEs for it',
    message: (size) =>
      filled(size, {
        record: (index) =>
          14 * index < size / 2
            ? record(Buffer.concat([Buffer.from('\x01x'), OWNER]), 1024 + index, Class.IN)
            : record(Buffer.concat([Buffer.from('\x01x'), OWNER]), Type.CNAME, Class.IN, OWNER),
      }),
  },
  {
    title: 'SOAs, each later than the one before',
    message: (size) =>
      filled(size, {
        record: (index) => {
          const numbers = Buffer.alloc(20)
          numbers.writeUInt32BE(index + 2, 0)
          return record(OWNER, Type.SOA, Class.IN, Buffer.concat([OWNER, OWNER, numbers]), 300)
        },
      }),
  },
  {
    title: 'a HIP with a root name in each octet',
    message: (size) =>
      filled(size, {
        record: (index) =>
          index > 0
            ? Buffer.alloc(size)
            : record(
                OWNER,
                Type.HIP,
                Class.IN,
                Buffer.concat([Buffer.from('0101000101ff', 'hex'), Buffer.alloc(size - 50)]),
              ),
      }),
  },
  {
    title: 'a TXT of empty strings',
    message: (size) =>
      filled(size, {
        record: (index) =>
          index > 0 ? Buffer.alloc(size) : record(OWNER, Type.TXT, Class.IN, Buffer.alloc(size - 50)),
      }),
  },
]

/** Counted steps do not see what a regular expression does. */
export const REGULAR_EXPRESSION: Costly = {
  title: 'an SVCB whose dohpath is open braces',
  message: (size) =>
    filled(size, {
      record: (index) => {
        if (index > 0) return Buffer.alloc(size)
        const value = Buffer.from(`/${'{dns '.repeat((size - 60) / 5)}`)
        const fixed = Buffer.concat([u16(1), Buffer.of(0), u16(7), u16(value.length), value])
        return record(OWNER, Type.SVCB, Class.IN, fixed)
      },
    }),
}
