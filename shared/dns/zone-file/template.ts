import type { TextParsed } from '../result.ts'

/** A side of `$GENERATE` with a number put in. */
export type Template = (number: number) => string

/** As in BIND; a label has 63 octets at most. */
const MAX_WIDTH = 127

/**
 * Reads a side of `$GENERATE` as BIND does: `$` is the number, `${offset,width,radix}` the number changed and written otherwise,
 * `$$` a `$`. An escape stays as it is, so `\$` reads as a `$` later.
 */
export function parseTemplate(text: string): TextParsed<Template> {
  const parts: (string | Template)[] = []
  let literal = ''
  for (let at = 0; at < text.length; ) {
    const character = text[at]!
    if (character === '\\') {
      literal += text.slice(at, at + 2)
      at += 2
    } else if (character !== '$') {
      literal += character
      at++
    } else if (text[at + 1] === '$') {
      literal += '$'
      at += 2
    } else {
      const end = text[at + 1] === '{' ? text.indexOf('}', at) + 1 : at + 1
      const written = numberFormat(end === 0 ? text.slice(at) : text.slice(at + 1, end))
      if (!written.ok) return written
      parts.push(literal, written.value)
      literal = ''
      at = end
    }
  }
  parts.push(literal)
  return {
    ok: true,
    value: (number) => parts.map((part) => (typeof part === 'string' ? part : part(number))).join(''),
  }
}

/** `modifiers` is empty, or `{offset,width,radix}` whose ends may be left out. */
function numberFormat(modifiers: string): TextParsed<Template> {
  if (modifiers === '') return { ok: true, value: String }
  const match = /^\{([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?\}$/.exec(modifiers)
  const width = Number(match?.[2] ?? 0)
  if (match === null || width > MAX_WIDTH) {
    const reason = `expected \${offset,width,radix} with a width up to ${MAX_WIDTH} and d, o, x, X, n or N, not ${JSON.stringify(modifiers.slice(0, 60))}`
    return { ok: false, reason }
  }
  const offset = Number(match[1])
  const write = WRITERS[match[3] ?? 'd']!
  return { ok: true, value: (number) => write(number + offset, width) }
}

/** Negative numbers in another radix than ten are 32-bit two's complement, as in C. */
const WRITERS: Readonly<Record<string, (number: number, width: number) => string>> = {
  d: (number, width) =>
    number < 0 ? `-${String(-number).padStart(width - 1, '0')}` : String(number).padStart(width, '0'),
  o: (number, width) => (number >>> 0).toString(8).padStart(width, '0'),
  x: (number, width) => (number >>> 0).toString(16).padStart(width, '0'),
  X: (number, width) => (number >>> 0).toString(16).toUpperCase().padStart(width, '0'),
  n: nibbles,
  N: (number, width) => nibbles(number, width).toUpperCase(),
}

/** The hexadecimal digits last one first with dots between, for ip6.arpa; `width` counts the dots as well. */
function nibbles(number: number, width: number): string {
  let [left, room, text] = [number >>> 0, width, '']
  do {
    text += (left & 0xf).toString(16)
    left >>>= 4
    room--
    if (room <= 0 && left === 0) continue
    text += '.'
    room--
  } while (left !== 0 || room > 0)
  return text
}
