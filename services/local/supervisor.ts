import { setTimeout as delay } from 'node:timers/promises'
import { type Child, endText } from './child.ts'
import { LocalFault } from './fault.ts'
import type { ChildRecord } from './leftovers.ts'
import { LogTail } from './log-tail.ts'
import { identify } from './process-identity.ts'
import { type Readable, tellsOfFullDisk } from './readable-log.ts'

/** A child that is kept running. */
export interface Part {
  /** `writer`; also names its log file. */
  readonly name: string
  readonly logFile: string
  readonly readable: Readable
  /** Starts it, hands it to `onStart`, and resolves when it is ready; throws when it does not get there. */
  launch(onStart: (child: Child) => void): Promise<void>
  stop(child: Child): Promise<void>
}

/** What the supervisor asks of its surroundings. */
export interface Surroundings {
  readonly record: ChildRecord
  readonly say: (line: string) => void
  /** Called once, when a child cannot be kept running. */
  readonly giveUp: (reason: string) => void
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000
/** Starts in a row that fail, after which it is no use. */
const MOST_FAILED_STARTS = 5
const SHOWN_LINES = 8

/** Keeps one child running from {@link start} to {@link stop}. */
export class Supervised {
  readonly name: string
  readonly #part: Part
  readonly #around: Surroundings
  readonly #log: LogTail
  #child: Child | undefined
  #launching: Promise<void> = Promise.resolve()
  #stopping = false
  #runs = false
  #toldOfDisk = false

  constructor(part: Part, around: Surroundings) {
    this.name = part.name
    this.#part = part
    this.#around = around
    this.#log = new LogTail(part.logFile, (line) => this.#show(line))
  }

  /** The first start. A failure is thrown, with the child's last lines: nothing is gained by trying the same again. */
  async start(): Promise<void> {
    try {
      await this.#launch()
    } catch (error) {
      throw new LocalFault(this.#failure(error), { cause: error })
    }
  }

  /** Ends it for good, also when it is just being started. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child !== undefined) await this.#part.stop(this.#child)
    await this.#launching.catch(() => {})
    this.#log.close()
    await this.#around.record.add(this.name, undefined)
  }

  /** Ends it in order; it is started again as after any other end. */
  async startAnew(): Promise<void> {
    if (this.#child !== undefined) await this.#part.stop(this.#child)
  }

  /** At once, without any order. */
  kill(): void {
    this.#stopping = true
    this.#child?.kill()
  }

  async #launch(): Promise<void> {
    let child: Child | undefined
    this.#launching = this.#part.launch((started) => {
      child = started
      this.#child = started
      if (this.#stopping) started.kill()
      void this.#record(started)
    })
    await this.#launching
    this.#runs = true
    void child?.ended.then(async (end) => {
      if (this.#stopping) return
      this.#around.say(`${this.name} ended (${endText(end)}); starting it again …`)
      await this.#restart()
    })
  }

  async #restart(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    for (let failures = 0; ; ) {
      await delay(pause)
      if (this.#stopping) return
      try {
        await this.#launch()
        this.#around.say(`${this.name} runs again.`)
        return
      } catch (error) {
        failures += 1
        if (this.#stopping) return
        if (failures === MOST_FAILED_STARTS) {
          this.#around.giveUp(`${this.#failure(error)}\n${failures} starts in a row failed.`)
          return
        }
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  async #record(child: Child): Promise<void> {
    await this.#around.record.add(this.name, await identify(child.pid))
  }

  #failure(error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error)
    const lines = this.#log
      .lastLines()
      .map((line) => this.#part.readable(line) ?? line)
      .filter((line) => !/^\{|^\s+at /.test(line)) // stacks, and what a service notes in passing, are in its log file
      .slice(-SHOWN_LINES)
      .map((line) => `    ${line}`)
    const shown =
      lines.length === 0 ? '' : `\n  Its last lines, from ${this.#part.logFile}:\n${lines.join('\n')}`
    return `${this.name} does not start: ${reason}${shown}`
  }

  #show(line: string): void {
    if (tellsOfFullDisk(line)) {
      if (!this.#toldOfDisk) this.#around.say(`${this.name} reports that the disk is full: make room.`)
      this.#toldOfDisk = true
      return
    }
    const text = this.#part.readable(line)
    // what it says before it runs is shown if it does not get there
    if (text !== undefined && this.#runs) this.#around.say(`${this.name}: ${text}`)
  }
}
