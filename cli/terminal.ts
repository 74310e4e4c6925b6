import { createInterface } from 'node:readline/promises'
import { stripVTControlCharacters, styleText } from 'node:util'

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

/** The part of a stream that is used here. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  hasColors?(): boolean
  once?(event: 'drain', listener: () => void): unknown
}

/** Where answers to questions come from. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }

/** Where a command writes: results to one stream, everything else to the other. */
export class Terminal {
  private readonly out: Output
  private readonly err: Output
  private readonly input: Input | undefined

  constructor(out: Output, err: Output, input?: Input) {
    this.out = out
    this.err = err
    this.input = input
  }

  /** Columns of the terminal; unbounded where the output is read by a program. */
  get width(): number {
    return this.out.isTTY === true ? (this.out.columns ?? 80) : Number.POSITIVE_INFINITY
  }

  /** Where something may be shown that changes: standard error where that is a terminal. */
  get live(): Output | undefined {
    return this.err.isTTY === true ? this.err : undefined
  }

  /** Whether the result itself goes to the terminal. */
  get isRead(): boolean {
    return this.out.isTTY === true
  }

  /** A line of the result. */
  line(text = ''): void {
    this.out.write(`${text}\n`)
  }

  /** Part of the result exactly as it is. */
  raw(text: string): void {
    this.out.write(text)
  }

  /** As {@link raw}; resolves when the reader has taken it, so that a slow one does not fill our memory. */
  async pour(text: string): Promise<void> {
    if (this.out.write(text) !== false || this.out.once === undefined) return
    await new Promise<void>((resolve) => this.out.once?.('drain', resolve))
  }

  /** Whether there is somebody who reads what is shown and can be asked. */
  get canAsk(): boolean {
    return this.input?.isTTY === true && (this.out.isTTY === true || this.err.isTTY === true)
  }

  /** Asks until the answer is yes or no; the end of the input is a no. */
  async asksFor(question: string): Promise<boolean> {
    if (this.input === undefined) return false
    this.err.write(`${question} (yes/no) `)
    const lines = createInterface({ input: this.input, terminal: false })
    try {
      for await (const line of lines) {
        const answer = line.trim().toLowerCase()
        if (answer === 'yes' || answer === 'y') return true
        if (answer === 'no' || answer === 'n') return false
        this.err.write('Please answer yes or no: ')
      }
      return false
    } finally {
      lines.close()
    }
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value))
  }

  /** For people beside the result: hints, warnings, faults. */
  note(text: string): void {
    this.err.write(`${text}\n`)
  }

  /** Coloured on a terminal that wants colours (NO_COLOR says no), plain everywhere else. */
  colour(colour: Colour, text: string): string {
    const wanted = this.out.isTTY === true && this.out.hasColors?.() === true
    return wanted ? styleText(colour, text, { validateStream: false }) : text
  }
}

/** Columns that a text takes, without its colours. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}
