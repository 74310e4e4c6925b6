import type { PostgresCursor } from 'kysely'

/** Room that a few rows fit into. */
const USUAL_OCTETS = 64 * 1024

/**
 * What `copy (…) to stdout (format binary)` gives, as one value: rows in Postgres' binary form, which pg gives of no other statement. As
 * Kysely takes a cursor, so that transactions can stream such a statement too; it cannot have parameters.
 */
export class CopyOut implements PostgresCursor<Buffer> {
  private readonly text: string
  private readonly done = Promise.withResolvers<Buffer>()
  private octets = Buffer.allocUnsafe(USUAL_OCTETS)
  private length = 0
  private isRead = false
  /** pg ends its watch of the time in it. */
  callback: (error?: Error) => void = () => {}

  constructor(text: string) {
    this.text = text
    // whoever reads hears of a failure
    this.done.promise.catch(() => {})
  }

  async read(): Promise<Buffer[]> {
    if (this.isRead) return []
    this.isRead = true
    return [await this.done.promise]
  }

  /** The statement ends by itself, read or not. */
  async close(): Promise<void> {
    await this.done.promise.catch(() => {})
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text)
  }

  /** The chunk is part of a buffer that pg uses again. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const length = this.length + chunk.length
    if (length > this.octets.length) {
      const larger = Buffer.allocUnsafe(2 * length)
      larger.set(this.octets.subarray(0, this.length))
      this.octets = larger
    }
    this.octets.set(chunk, this.length)
    this.length = length
  }

  handleCommandComplete(): void {}

  handleError(error: Error, connection: CopyConnection): void {
    // pg has given it up, and would run the next beside it
    if (error.message === 'Query read timeout') connection.stream.destroy()
    this.callback(error)
    this.done.reject(error)
  }

  handleReadyForQuery(): void {
    this.callback()
    this.done.resolve(this.octets.subarray(0, this.length))
  }
}

/** Not in the types of pg. */
interface CopyConnection {
  readonly stream: { destroy(): unknown }
  query(text: string): void
}
