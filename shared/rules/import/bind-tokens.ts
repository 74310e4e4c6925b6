import type { Place } from './finding.ts'

/** A word of named.conf, or one of `{ } ; !`. */
export interface BindToken extends Place {
  readonly quoted: boolean
}

/** A statement: its words, and the statements of its block where it has one. */
export interface Statement {
  readonly words: readonly BindToken[]
  readonly block: readonly Statement[] | undefined
}

export interface BindSyntaxError extends Place {
  readonly message: string
}

const SPACE = /\s/
const ENDS_WORD = /[\s{};"]/

/** Splits named.conf; comments are `#`, `//` and `/* … * /`. A quote that does not end is an error. */
function tokens(text: string): BindToken[] | BindSyntaxError {
  const found: BindToken[] = []
  let [line, lineStart] = [1, 0]
  const newLine = (at: number) => {
    line += 1
    lineStart = at + 1
  }
  for (let at = 0; at < text.length; ) {
    const char = text[at]!
    if (char === '\n') newLine(at)
    if (SPACE.test(char)) {
      at++
      continue
    }
    const place = { line, column: at - lineStart + 1 }
    if (char === '#' || text.startsWith('//', at)) {
      const end = text.indexOf('\n', at)
      at = end === -1 ? text.length : end
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      if (end === -1) return { ...place, word: '/*', message: 'the comment does not end' }
      for (let inside = at; inside < end; inside++) if (text[inside] === '\n') newLine(inside)
      at = end + 2
    } else if (char === '"') {
      const end = text.indexOf('"', at + 1)
      const word = end === -1 ? text.slice(at + 1) : text.slice(at + 1, end)
      if (end === -1 || word.includes('\n'))
        return { ...place, word: '"', message: 'the quoted word does not end' }
      found.push({ ...place, word, quoted: true })
      at = end + 1
    } else if (char === '{' || char === '}' || char === ';' || char === '!') {
      found.push({ ...place, word: char, quoted: false })
      at++
    } else {
      let end = at
      while (end < text.length && !ENDS_WORD.test(text[end]!)) end++
      found.push({ ...place, word: text.slice(at, end), quoted: false })
      at = end
    }
  }
  return found
}

/** Reads the statements of a named.conf, or of a fragment of one. */
export function readStatements(text: string): Statement[] | BindSyntaxError {
  const all = tokens(text)
  if (!Array.isArray(all)) return all
  const reader = new Reader(all)
  const statements = reader.statements(undefined)
  return reader.error ?? statements
}

const DEEPEST = 50

class Reader {
  error: BindSyntaxError | undefined
  private at = 0
  private depth = 0
  private readonly all: readonly BindToken[]

  constructor(all: readonly BindToken[]) {
    this.all = all
  }

  /** Up to the brace that closes `opened`, or to the end. */
  statements(opened: BindToken | undefined): Statement[] {
    const list: Statement[] = []
    while (this.error === undefined) {
      const token = this.all[this.at]
      if (token === undefined) {
        if (opened !== undefined) this.fail(opened, 'the block that begins here does not end')
        return list
      }
      if (is(token, '}')) {
        if (opened === undefined) this.fail(token, 'there is no block that ends here')
        this.at++
        return list
      }
      const statement = this.statement()
      if (statement.words.length > 0 || statement.block !== undefined) list.push(statement)
    }
    return list
  }

  private statement(): Statement {
    const words: BindToken[] = []
    let block: Statement[] | undefined
    for (;;) {
      const token = this.all[this.at]
      if (token === undefined || is(token, '}')) {
        // named wants a semicolon; a fragment cut out of a file may lack its last one
        if (token !== undefined) this.fail(words[0] ?? token, "a ';' is missing behind this")
        return { words, block }
      }
      this.at++
      if (is(token, ';')) return { words, block }
      if (!is(token, '{')) words.push(token)
      else if ((block !== undefined && !hasBlocks(words)) || ++this.depth > DEEPEST) {
        this.fail(token, 'a block here was not expected')
        return { words, block }
      } else {
        block = [...(block ?? []), ...this.statements(token)]
        this.depth--
      }
      if (this.error !== undefined) return { words, block }
    }
  }

  private fail({ line, column, word }: BindToken, message: string): void {
    this.error ??= { line, column, word, message }
  }
}

/** `inet … allow { … } keys { … };` of controls. */
function hasBlocks([first]: readonly BindToken[]): boolean {
  return first?.word === 'inet' || first?.word === 'unix'
}

function is(token: BindToken, sign: string): boolean {
  return !token.quoted && token.word === sign
}
