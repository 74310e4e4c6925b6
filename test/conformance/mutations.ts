import type { Dice } from '../clients/random-updates.ts'

// Octets that once were a message, and are nearly one.

const HEADER = 12
const LONGEST = 65_535
const TELLING_OCTETS = [0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xfe, 0xff]
const TELLING_COUNTS = [0, 1, 2, 3, 0xff, 0xffff]
const TELLING_TYPES = [
  0, 1, 2, 6, 16, 24, 33, 35, 41, 42, 46, 47, 55, 64, 65, 128, 249, 250, 251, 252, 255, 257, 65_280,
]
const CLASSES = [0, 1, 3, 254, 255, 256]

type Mutation = (octets: Buffer, dice: Dice, other: Buffer) => Buffer

/** One to four things happen to a copy of `octets`; `other` may lend a part. */
export function mutated(octets: Buffer, other: Buffer, dice: Dice): Buffer {
  let now: Buffer = Buffer.from(octets)
  for (let left = dice.of([1, 1, 1, 2, 2, 3, 4]); left > 0; left--) now = dice.of(MUTATIONS)(now, dice, other)
  return now.subarray(0, LONGEST)
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(octets, dice) {
    const at = dice.below(octets.length)
    octets[at] = (octets[at] ?? 0) ^ (1 << dice.below(8))
    return octets
  },
  function setOctet(octets, dice) {
    octets[dice.below(octets.length)] = dice.of(TELLING_OCTETS)
    return octets
  },
  function truncate(octets, dice) {
    return octets.subarray(0, dice.below(octets.length + 1))
  },
  function extend(octets, dice) {
    return Buffer.concat([octets, octets.subarray(dice.below(octets.length + 1))])
  },
  function changeCount(octets, dice) {
    return put16(octets, 4 + 2 * dice.below(4), dice.of(TELLING_COUNTS))
  },
  function splice(octets, dice, other) {
    const to = dice.of(framesOf(other))?.start ?? 0
    return Buffer.concat([octets.subarray(0, dice.of(framesOf(octets))?.start ?? HEADER), other.subarray(to)])
  },
  function point(octets, dice) {
    const at = dice.below(Math.max(1, octets.length - 1))
    const target = dice.of([at, at - 2, at + 2, HEADER, dice.below(HEADER), dice.below(octets.length + 1)])
    return put16(octets, at, 0xc000 | (Math.max(0, target) & 0x3fff))
  },
  function pointOwner(octets, dice) {
    const frame = dice.of(framesOf(octets))
    const target = dice.below((frame?.start ?? HEADER) + 1)
    return frame === undefined ? octets : put16(octets, frame.start, 0xc000 | target)
  },
  function retype(octets, dice) {
    const frame = dice.of(framesOf(octets))
    return frame === undefined ? octets : put16(octets, frame.body, dice.of(TELLING_TYPES))
  },
  function reclass(octets, dice) {
    const frame = dice.of(framesOf(octets))
    return frame === undefined ? octets : put16(octets, frame.body + 2, dice.of(CLASSES))
  },
  function relength(octets, dice) {
    const frame = dice.of(framesOf(octets))
    if (frame === undefined) return octets
    const length = frame.end - frame.body - 10
    return put16(octets, frame.body + 8, Math.max(0, length + dice.of([-2, -1, 1, 2, 0xff00])))
  },
  function duplicateRecord(octets, dice) {
    const frame = dice.of(framesOf(octets))
    if (frame === undefined) return octets
    const record = octets.subarray(frame.start, frame.end)
    return recount(
      Buffer.concat([octets.subarray(0, frame.end), record, octets.subarray(frame.end)]),
      frame,
      1,
    )
  },
  function removeRecord(octets, dice) {
    const frame = dice.of(framesOf(octets))
    if (frame === undefined) return octets
    return recount(Buffer.concat([octets.subarray(0, frame.start), octets.subarray(frame.end)]), frame, -1)
  },
  function swapRecords(octets, dice) {
    const frames = framesOf(octets)
    const [one, two] = [dice.of(frames), dice.of(frames)]
    if (one === undefined || two === undefined || one.end > two.start) return octets
    const slice = (from: number, to?: number) => octets.subarray(from, to)
    return Buffer.concat([
      slice(0, one.start),
      slice(two.start, two.end),
      slice(one.end, two.start),
      slice(one.start, one.end),
      slice(two.end),
    ])
  },
  function moveRecord(octets, dice) {
    const frame = dice.of(framesOf(octets))
    return frame === undefined
      ? octets
      : recount(recount(octets, frame, -1), { section: 1 + dice.below(3) }, 1)
  },
  function swapSections(octets, dice) {
    const [one, two] = [4 + 2 * dice.below(4), 4 + 2 * dice.below(4)]
    if (octets.length < HEADER) return octets
    const count = octets.readUInt16BE(one)
    return put16(put16(octets, one, octets.readUInt16BE(two)), two, count)
  },
]

interface Frame {
  readonly start: number
  /** Where the type stands. */
  readonly body: number
  readonly end: number
  /** 1 to 3. */
  readonly section: number
}

/** The records as far as they can be walked over. */
function framesOf(octets: Buffer): Frame[] {
  const frames: Frame[] = []
  if (octets.length < HEADER) return frames
  let at = HEADER
  for (let left = octets.readUInt16BE(4); left > 0 && at > 0; left--) at = afterName(octets, at, 4)
  for (let section = 1; section <= 3; section++)
    for (let left = octets.readUInt16BE(4 + 2 * section); left > 0 && at > 0; left--) {
      const start = at
      const data = afterName(octets, start, 10)
      if (data < 0) return frames
      at = data + octets.readUInt16BE(data - 2)
      if (at > octets.length) return frames
      frames.push({ start, body: data - 10, end: at, section })
    }
  return frames
}

/** The offset `more` octets after the name at `start`, or -1. */
function afterName(octets: Buffer, start: number, more: number): number {
  let at = start
  while (at < octets.length && octets[at]! > 0 && octets[at]! < 0x40) at += octets[at]! + 1
  const end = at + (octets[at]! >= 0xc0 ? 2 : 1) + more
  return end <= octets.length ? end : -1
}

function recount(octets: Buffer, { section }: { section: number }, by: number): Buffer {
  const at = 4 + 2 * section
  return put16(octets, at, (octets.readUInt16BE(at) + by) & 0xffff)
}

function put16(octets: Buffer, at: number, value: number): Buffer {
  if (at + 2 <= octets.length) octets.writeUInt16BE(value & 0xffff, at)
  return octets
}
