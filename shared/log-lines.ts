import { pino } from 'pino'
import type { Logger } from './log.ts'

/** What is written at once: a pipe takes it whole, mostly. */
const MOST_CHARACTERS = 1 << 14

/**
 * Lines of level info as the logger would write them, which leave together: where there are thousands in a second, to put each together by the
 * logger's general way and to write it by itself takes a writer 10 µs, a tenth of what an update does, and this 1.
 */
export class LogLines {
  private readonly internals: Internals
  private readonly start: string
  private text = ''

  /** All of them have the same time. What is added leaves at the latest with {@link write}. */
  constructor(log: Logger, time = new Date()) {
    this.internals = log as unknown as Internals
    const bindings = this.internals[pino.symbols.chindingsSym]
    this.start = `{"level":"info","time":"${time.toISOString()}"${bindings},`
  }

  /** What is undefined is left out. */
  add(fields: Readonly<Record<string, unknown>>, msg: string): void {
    this.text += `${this.start}${JSON.stringify({ ...fields, msg }).slice(1)}\n`
    if (this.text.length >= MOST_CHARACTERS) this.write()
  }

  write(): void {
    if (this.text !== '') this.internals[pino.symbols.streamSym].write(this.text)
    this.text = ''
  }
}

/** Of a logger of pino, as it keeps them for programs that build upon it. */
type Internals = {
  readonly [pino.symbols.chindingsSym]: string
  readonly [pino.symbols.streamSym]: { write(text: string): void }
}
