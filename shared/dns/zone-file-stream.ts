import type { ResourceRecord } from './record.ts'
import type { ZoneFileError } from './zone-file/problem.ts'
import { type Inclusion, Reader, type ZoneFileOptions } from './zone-file/reader.ts'
import { Utf8 } from './zone-file/utf8.ts'
import { NO_INCLUDE } from './zone-file.ts'
import { Lexer } from './zone-file-lexer.ts'

export type Chunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** A file that `$INCLUDE` names. */
export interface IncludedFile {
  /** The same for the same file, however it was named: by it loops are known. */
  readonly id: string
  /** For error messages. */
  readonly name: string
  readonly chunks: Chunks
}

export type IncludeResult =
  | { readonly ok: true; readonly value: IncludedFile }
  | { readonly ok: false; readonly reason: string }

export interface ZoneFileStreamOptions extends ZoneFileOptions {
  /** Finds the files of `$INCLUDE`; without it the directive is refused. */
  readonly include?: (name: string) => Promise<IncludeResult>
  /** {@link IncludedFile.id} of the main file. */
  readonly id?: string
}

export interface PlacedRecord {
  readonly record: ResourceRecord
  /** As named in `$INCLUDE`; undefined for the main file. */
  readonly file: string | undefined
  readonly line: number
  readonly column: number
}

const BATCH = 1_000
const MAX_DEPTH = 16

/**
 * Reads a master file (RFC 1035 §5) as it comes, without ever holding it. Records come in batches until the first error; reading
 * goes on to find all others, so look at {@link errors} when {@link read} has ended, and use no record if there are any.
 */
export class ZoneFileStream {
  readonly #options: ZoneFileStreamOptions
  readonly #reader: Reader
  readonly #open: string[]
  #batch: PlacedRecord[] = []

  constructor(options: ZoneFileStreamOptions) {
    this.#options = options
    this.#open = [options.id ?? '']
    this.#reader = new Reader(options, (record, { line, column }) => {
      this.#batch.push({ record, file: this.#reader.problems.file, line, column })
    })
  }

  get errors(): readonly ZoneFileError[] {
    return this.#reader.problems.errors
  }

  async *read(chunks: Chunks): AsyncGenerator<readonly PlacedRecord[]> {
    yield* this.#source(chunks)
    const last = this.#taken()
    if (last.length > 0) yield last
  }

  async *#source(chunks: Chunks): AsyncGenerator<readonly PlacedRecord[]> {
    const { problems } = this.#reader
    const lexer = new Lexer()
    const utf8 = new Utf8()
    for await (const chunk of chunks) {
      const { text, isBroken } = utf8.decode(chunk)
      lexer.push(text)
      yield* this.#entries(lexer)
      if (isBroken) return this.#notUtf8(lexer)
      if (problems.isFull) return
    }
    if (utf8.decode(undefined).isBroken) return this.#notUtf8(lexer)
    lexer.close()
    yield* this.#entries(lexer)
  }

  #notUtf8(lexer: Lexer): void {
    const message = 'the text is not UTF-8 from here on; write octets beyond ASCII as \\DDD'
    this.#reader.problems.add(lexer.end(), message)
  }

  async *#entries(lexer: Lexer): AsyncGenerator<readonly PlacedRecord[]> {
    const { problems } = this.#reader
    for (let entry = lexer.next(); entry !== undefined && !problems.isFull; entry = lexer.next()) {
      const more = this.#reader.take(entry)
      if (more !== undefined && 'place' in more) yield* this.#included(more)
      else if (more !== undefined) for (const _ of more) if (this.#isFull()) yield this.#taken()
      if (this.#isFull()) yield this.#taken()
    }
  }

  async *#included({ name, origin, place }: Inclusion): AsyncGenerator<readonly PlacedRecord[]> {
    const { problems } = this.#reader
    const found = await this.#find(name)
    if (!found.ok) return problems.add(place, found.reason)
    const file = found.value
    if (this.#open.includes(file.id))
      return problems.add(place, `${name} is being read already: files include each other in a loop`)
    if (this.#open.length > MAX_DEPTH)
      return problems.add(place, `expected files included at most ${MAX_DEPTH} deep`)
    this.#open.push(file.id)
    const leave = this.#reader.enter(file.name, origin)
    yield* this.#source(file.chunks)
    leave()
    this.#open.pop()
  }

  async #find(name: string): Promise<IncludeResult> {
    return (await this.#options.include?.(name)) ?? { ok: false, reason: NO_INCLUDE }
  }

  #isFull(): boolean {
    return this.#batch.length >= BATCH
  }

  #taken(): readonly PlacedRecord[] {
    const taken = this.#batch
    this.#batch = []
    return this.errors.length === 0 ? taken : []
  }
}
