import { typeFromText, typeToText } from '../codes.ts'
import { expected, type Field } from './field.ts'

/** RFC 4034 §4.1.2: windows of 256 types in rising order, each of 1 to 32 octets of which the last is not zero. */
export function typeBitmap(mayBeEmpty: boolean): Field {
  return {
    what: 'a bitmap of types',
    end(octets, at, limit) {
      let next = at
      let previous = -1
      while (next < limit) {
        if (next + 2 > limit) return -1
        const window = octets[next]!
        const length = octets[next + 1]!
        const end = next + 2 + length
        if (window <= previous || length === 0 || length > 32 || end > limit || octets[end - 1] === 0)
          return -1
        previous = window
        next = end
      }
      return next > at || mayBeEmpty ? next : -1
    },
    print(octets, at, end) {
      const types: string[] = []
      for (let next = at; next < end; next += 2 + octets[next + 1]!) {
        for (let bit = 0; bit < 8 * octets[next + 1]!; bit++) {
          if (octets[next + 2 + (bit >>> 3)]! & (0x80 >>> (bit & 7))) {
            types.push(typeToText(256 * octets[next]! + bit))
          }
        }
      }
      return types.join(' ')
    },
    parse(tokens, out) {
      const windows = new Map<number, Buffer>()
      if (tokens.left === 0 && !mayBeEmpty) return expected('record types', undefined)
      while (tokens.left > 0) {
        const token = tokens.next()!
        const type = typeFromText(token)
        if (type === undefined) return expected('a record type', token)
        const window = windows.get(type >>> 8) ?? Buffer.alloc(32)
        window[(type & 0xff) >>> 3]! |= 0x80 >>> (type & 7)
        windows.set(type >>> 8, window)
      }
      for (const window of [...windows.keys()].sort((a, b) => a - b)) {
        const bits = windows.get(window)!
        const length = bits.findLastIndex((octet) => octet !== 0) + 1
        out.octet(window)
        out.octet(length)
        out.append(bits.subarray(0, length))
      }
      return undefined
    },
  }
}

/** NXT's single bitmap (RFC 2535 §5.2) of the types below 128. */
export const nxtBitmap: Field = {
  what: 'a bitmap of the types below 128',
  end(octets, at, limit) {
    const length = limit - at
    const lastIsSet = length > 0 && octets[limit - 1] !== 0
    return lastIsSet && length <= 16 && (octets[at]! & 0x80) === 0 ? limit : -1
  },
  print(octets, at, end) {
    const types: string[] = []
    for (let bit = 0; bit < 8 * (end - at); bit++) {
      if (octets[at + (bit >>> 3)]! & (0x80 >>> (bit & 7))) types.push(typeToText(bit))
    }
    return types.join(' ')
  },
  parse(tokens, out) {
    const bits = Buffer.alloc(16)
    while (tokens.left > 0) {
      const token = tokens.next()!
      const type = typeFromText(token)
      if (type === undefined || type === 0 || type > 127) return expected('a record type below 128', token)
      bits[type >>> 3]! |= 0x80 >>> (type & 7)
    }
    out.append(bits.subarray(0, bits.findLastIndex((octet) => octet !== 0) + 1))
    return undefined
  },
}
