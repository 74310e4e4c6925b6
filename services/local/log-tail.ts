import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

/** Two files of this size at most for each child. */
const LIMIT_BYTES = 10 * 1024 * 1024
const EVERY_MS = 100
const KEPT_LINES = 50

/**
 * Follows a log file that a child writes itself: hands over each new line, remembers the last ones, and bounds the file. The child
 * appends, so the file is copied to `FILE.1` and cut, not renamed.
 */
export class LogTail {
  readonly file: string
  readonly #onLine: (line: string) => void
  readonly #timer: NodeJS.Timeout
  #position: number
  #rest = ''
  #last: string[] = []

  /** Begins at the file's present end. */
  constructor(file: string, onLine: (line: string) => void) {
    this.file = file
    this.#onLine = onLine
    this.#position = sizeOf(file)
    this.#timer = setInterval(() => this.read(), EVERY_MS)
    this.#timer.unref()
  }

  /** The last lines seen, oldest first. */
  lastLines(): string[] {
    this.read()
    return this.#last
  }

  close(): void {
    clearInterval(this.#timer)
    this.read()
  }

  /** Hands over what has been written since the last time. */
  read(): void {
    const size = sizeOf(this.file)
    if (size < this.#position) this.#position = 0
    if (size > this.#position) this.#take(size - this.#position)
    if (size > LIMIT_BYTES) this.#rotate()
  }

  #take(length: number): void {
    const bytes = Buffer.alloc(Math.min(length, LIMIT_BYTES))
    const fd = openSync(this.file, 'r')
    const count = readSync(fd, bytes, 0, bytes.length, this.#position)
    closeSync(fd)
    this.#position += count
    const lines = (this.#rest + bytes.toString('utf8', 0, count)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      this.#last.push(line)
      this.#onLine(line)
    }
    this.#last = this.#last.slice(-KEPT_LINES)
  }

  #rotate(): void {
    copyFileSync(this.file, `${this.file}.1`)
    truncateSync(this.file)
    this.#position = 0
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
