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
  /** The text ended inside parentheses. */
  isOpen: boolean
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

/** Characters of one entry while its end has not been seen: 65,535 octets of RDATA take a quarter of that, as `\DDD`. */
const MAX_OPEN_ENTRY = 1 << 20
/** Below this an unfinished entry is looked at with each piece of text, above it whenever it has doubled. */
const SMALL_OPEN_ENTRY = 1 << 16

/** Splits master file text (RFC 1035 §5.1) into its entries, one at a time. The text comes whole, or in pieces. */
export class Lexer {
  #text = ''
  #at = 0
  #line = 1
  #lineStart = 0
  #closed = false
  #lookAgainAt = 0

  /** With `text` that is all there is; without it pieces follow by {@link push}, up to {@link close}. */
  constructor(text?: string) {
    if (text === undefined) return
    this.push(text)
    this.close()
  }

  push(text: string): void {
    if (this.#closed) return
    const isFirst = this.#line === 1 && this.#lineStart === 0 && this.#at === 0 && this.#text === ''
    const piece = isFirst && text.startsWith('\ufeff') ? text.slice(1) : text
    this.#text = this.#text.slice(this.#at) + piece
    this.#lineStart -= this.#at
    this.#at = 0
  }

  /** No more text follows. */
  close(): void {
    this.#closed = true
  }

  /** Where the text that is known so far ends. */
  end(): { line: number; column: number } {
    const rest = this.#text.slice(this.#at).split('\n')
    if (rest.length === 1) return { line: this.#line, column: this.#text.length - this.#lineStart + 1 }
    return { line: this.#line + rest.length - 1, column: rest.at(-1)!.length + 1 }
  }

  /** The next entry that has a token or a problem; undefined at the end, or until more text comes. */
  next(): Entry | undefined {
    if (!this.#closed && this.#text.length - this.#at < this.#lookAgainAt) return undefined
    this.#lookAgainAt = 0
    while (this.#at < this.#text.length) {
      const [at, line, lineStart] = [this.#at, this.#line, this.#lineStart]
      const entry = this.#entry()
      const open =
        !this.#closed && this.#at === this.#text.length && this.#text.charCodeAt(this.#at - 1) !== NEWLINE
      if (open || (!this.#closed && entry.isOpen)) {
        const length = this.#text.length - at
        this.#at = at
        this.#line = line
        this.#lineStart = lineStart
        if (length > MAX_OPEN_ENTRY) return this.#tooLong()
        if (length > SMALL_OPEN_ENTRY) this.#lookAgainAt = 2 * length
        return undefined
      }
      if (entry.tokens.length > 0 || entry.problem !== undefined) return entry
    }
    return undefined
  }

  /** What follows cannot be told apart from this entry, so it is not read. */
  #tooLong(): Entry {
    const place = this.#place()
    this.#at = this.#text.length
    this.#closed = true
    const message = `expected a record that ends within ${MAX_OPEN_ENTRY} characters: what follows was not read`
    return { blankOwner: false, isOpen: false, tokens: [], end: place, problem: { ...place, message } }
  }

  #entry(): Entry {
    const first = this.#text.charCodeAt(this.#at)
    const entry: Entry = {
      blankOwner: first === SPACE || first === TAB,
      isOpen: false,
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
    if (unclosed !== undefined) {
      entry.isOpen = true
      entry.problem ??= { ...unclosed, message: 'expected a ) for this (' }
    }
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
