import { pino } from 'pino'
import type { Logger } from './log.ts'

/**
 * Lines of level info as the logger would write them, which leave in one write: where there are thousands in a second, putting them together and
 * handing on each by itself costs as much as a tenth of what they tell of.
 */
export class LogLines {
  private readonly internals: Internals
  private readonly start: string
  private text = ''

  /** All of them have the same time. */
  constructor(log: Logger, time = new Date()) {
    this.internals = log as unknown as Internals
    const bindings = this.internals[pino.symbols.chindingsSym]
    this.start = `{"level":"info","time":"${time.toISOString()}"${bindings},`
  }

  /** What is undefined is left out. */
  add(fields: Readonly<Record<string, unknown>>, msg: string): void {
    this.text += `${this.start}${JSON.stringify({ ...fields, msg }).slice(1)}\n`
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
