import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client, Submittable } from 'pg'

/** `copy … from stdin` of pieces that are made while Postgres takes those before; pg knows no such statement. */
export async function copyIn(client: Client, text: string, pieces: Iterable<Uint8Array>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const copy = new CopyIn(text, pieces, (error) => (error ? reject(error) : resolve()))
    client.query(copy as unknown as Submittable)
  })
}

/** As pg's client takes queries of other makes. */
class CopyIn {
  private readonly text: string
  private readonly pieces: Iterable<Uint8Array>
  private failed: Error | undefined
  callback: (error?: Error) => void

  constructor(text: string, pieces: Iterable<Uint8Array>, callback: (error?: Error) => void) {
    this.text = text
    this.pieces = pieces
    this.callback = callback
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.send(connection).catch((error) => connection.sendCopyFail(String(error)))
  }

  private async send(connection: CopyConnection): Promise<void> {
    for (const piece of this.pieces) {
      if (this.failed !== undefined) return
      connection.sendCopyFromChunk(piece)
      await (connection.stream.writableNeedDrain ? once(connection.stream, 'drain') : nextTurn())
    }
    connection.endCopyFrom()
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.failed = error
    this.callback(error)
  }

  handleReadyForQuery(): void {
    if (this.failed === undefined) this.callback()
  }
}

/** Not in the types of pg. */
interface CopyConnection {
  readonly stream: Socket
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}
