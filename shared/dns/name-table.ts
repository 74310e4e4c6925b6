import { HEADER_OCTETS } from './header.ts'
import type { GivenName } from './name.ts'
import { labelEnd } from './name-text.ts'
import { readName, writeLabels } from './name-wire.ts'
import { putU16 } from './octets.ts'

/** Pointers have 14 bits. */
const FURTHEST = 0x3fff

/**
 * Compression (RFC 1035 §4.1.4): the names written into one message and where. Case counts, so that a name never
 * comes out in the case of another.
 */
export class NameTable {
  readonly #out: Buffer
  // The owner of most records is the name asked for: one comparison then, and no map at all.
  #first: GivenName | undefined
  #offsets: Map<string, number> | undefined

  constructor(out: Buffer) {
    this.#out = out
  }

  /** Takes in the questions that stand from the header to `end`; answers how many they are. */
  addEchoed(end: number): number {
    let count = 0
    for (let at = HEADER_OCTETS; at < end; count++) {
      const read = readName(this.#out.subarray(0, end), at)
      if (!read.ok) break
      if (count === 0 && read.value.name !== '.') this.#first = read.value.name
      at = read.value.end + 4
    }
    return count
  }

  /** Writes a name at `at`, as pointer where possible, unless all of it must stand there; returns the offset after it. */
  write(name: GivenName, at: number, mayPoint = true): number {
    if (mayPoint && name === this.#first) return putU16(this.#out, at, 0xc000 | HEADER_OCTETS)
    this.#offsets ??= this.#suffixesOfFirst()
    let from = 0
    let next = at
    while (name !== '.' && from < name.length) {
      const suffix = from === 0 ? name : name.slice(from)
      const seen = this.#offsets.get(suffix)
      if (seen !== undefined && mayPoint) return putU16(this.#out, next, 0xc000 | seen)
      if (seen === undefined && next <= FURTHEST) this.#offsets.set(suffix, next)
      const end = labelEnd(name, from) + 1
      next = writeLabels(name, from, end, this.#out, next, false)
      from = end
    }
    this.#out[next] = 0
    return next + 1
  }

  #suffixesOfFirst(): Map<string, number> {
    const offsets = new Map<string, number>()
    const name = this.#first ?? ''
    let at = HEADER_OCTETS
    for (let from = 0; from < name.length; from = labelEnd(name, from) + 1) {
      offsets.set(name.slice(from), at)
      at += this.#out[at]! + 1
    }
    return offsets
  }
}
