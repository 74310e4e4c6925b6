/** A token as it stands in the text, quotes and escapes still in it. Lines and columns count from 1. */
export interface Token {
  text: string
  line: number
  column: number
}

/** A logical line: all tokens up to a line end outside parentheses. */
export interface Entry {
  /** Whether the line starts with white space, so that the owner is that of the record before. */
  blankOwner: boolean
  tokens: Token[]
  /** Where the entry ends, for what is missing. */
  end: { line: number; column: number }
  problem?: { line: number; column: number; message: string }
}

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c
const ENDS_TOKEN = new Set([SPACE, TAB, NEWLINE, RETURN, OPEN, CLOSE, SEMICOLON])

/** Splits master file text (RFC 1035 §5.1) into its entries, one at a time. */
export class Lexer {
  readonly #text: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The next entry that has a token or a problem; undefined at the end. */
  next(): Entry | undefined {
    while (this.#at < this.#text.length) {
      const entry = this.#entry()
      if (entry.tokens.length > 0 || entry.problem !== undefined) return entry
    }
    return undefined
  }

  #entry(): Entry {
    const first = this.#text.charCodeAt(this.#at)
    const entry: Entry = {
      blankOwner: first === SPACE || first === TAB,
      tokens: [],
      end: this.#place(),
    }
    const open: { line: number; column: number }[] = []
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === NEWLINE) {
        entry.end = this.#place()
        this.#newline()
        if (open.length === 0) return entry
      } else if (code === SPACE || code === TAB || code === RETURN) this.#at++
      else if (code === SEMICOLON) this.#skipComment()
      else if (code === OPEN) {
        open.push(this.#place())
        this.#at++
      } else if (code === CLOSE) {
        if (open.pop() === undefined)
          entry.problem ??= { ...this.#place(), message: 'expected no ) without a (' }
        this.#at++
      } else this.#token(entry)
    }
    entry.end = this.#place()
    const unclosed = open.at(-1)
    if (unclosed !== undefined) entry.problem ??= { ...unclosed, message: 'expected a ) for this (' }
    return entry
  }

  #token(entry: Entry): void {
    const start = this.#at
    const place = this.#place()
    if (this.#text.charCodeAt(start) === QUOTE) {
      if (!this.#quoted()) entry.problem ??= { ...place, message: 'expected a " before the end of the line' }
    } else this.#bare(entry)
    entry.tokens.push({ text: this.#text.slice(start, this.#at), ...place })
  }

  #bare(entry: Entry): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === BACKSLASH) {
        const next = this.#text.charCodeAt(this.#at + 1)
        if (next !== NEWLINE && next !== RETURN && this.#at + 1 < this.#text.length) this.#at++
      } else if (code === QUOTE) {
        // key="value" is one token (RFC 9460 §2.1).
        if (this.#text.charCodeAt(this.#at - 1) !== EQUALS) return
        const place = this.#place()
        if (!this.#quoted())
          entry.problem ??= { ...place, message: 'expected a " before the end of the line' }
        return
      } else if (ENDS_TOKEN.has(code)) return
    }
  }

  /** From a quote to behind the next one on the same line; false when there is none. */
  #quoted(): boolean {
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === QUOTE) {
        this.#at++
        return true
      }
      if (code === NEWLINE) return false
      if (code === BACKSLASH && this.#text.charCodeAt(this.#at + 1) !== NEWLINE) this.#at++
    }
    this.#at = this.#text.length
    return false
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #newline(): void {
    this.#at++
    this.#line++
    this.#lineStart = this.#at
  }

  #place(): { line: number; column: number } {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 }
  }
}

/** The tokens of text that is one record's RDATA. */
export function splitTokens(text: string): string[] {
  const lexer = new Lexer(text)
  const tokens: string[] = []
  for (let entry = lexer.next(); entry !== undefined; entry = lexer.next()) {
    for (const token of entry.tokens) tokens.push(token.text)
  }
  return tokens
}
