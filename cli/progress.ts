import type { Output } from './terminal.ts'

const REDRAW_MS = 100

/** What has been done of something long. */
export interface Done {
  readonly records: number
  /** 0 to 1; undefined when nobody knows. */
  readonly part: number | undefined
}

/** One line on a terminal that says how far something long is; nothing at all where there is no terminal. */
export class Progress {
  private readonly out: Output | undefined
  private readonly started = performance.now()
  private drawn = Number.NEGATIVE_INFINITY

  constructor(out: Output | undefined) {
    this.out = out?.isTTY === true ? out : undefined
  }

  update(done: () => Done, what = 'records'): void {
    if (this.out === undefined || performance.now() - this.drawn < REDRAW_MS) return
    this.draw(progressLine(done(), (performance.now() - this.started) / 1_000, what))
  }

  /** For a step whose length nobody knows; `text` says what is waited for. Returns what ends it. */
  wait(text: string): () => void {
    if (this.out === undefined) return () => {}
    const from = performance.now()
    const show = () => this.draw(`${text}, ${Math.round((performance.now() - from) / 1_000)} s`)
    show()
    const timer = setInterval(show, 10 * REDRAW_MS)
    return () => clearInterval(timer)
  }

  clear(): void {
    if (this.out !== undefined && this.drawn !== Number.NEGATIVE_INFINITY) this.out.write('\r\x1b[K')
  }

  private draw(text: string): void {
    this.drawn = performance.now()
    const width = (this.out?.columns || 80) - 1 // 0 where the terminal does not say
    this.out?.write(`\r${text.slice(0, width)}\x1b[K`)
  }
}

const BAR = 20

/** `[#####     ] 25 %  250,000 records  81,000/s  9 s left` */
export function progressLine({ records, part }: Done, seconds: number, what = 'records'): string {
  const rate = seconds > 0 ? Math.round(records / seconds) : 0
  const counts = `${number(records)} ${what}  ${number(rate)}/s`
  if (part === undefined || part <= 0) return counts
  const filled = '#'.repeat(Math.floor(part * BAR)).padEnd(BAR)
  const left = Math.ceil((seconds / part) * (1 - part))
  return `[${filled}] ${Math.floor(part * 100)} %  ${counts}  ${duration(left)} left`
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
