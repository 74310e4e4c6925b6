/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface ZoneFileError extends Place {
  /** As it was named in `$INCLUDE`; undefined in the file that was given. */
  readonly file?: string
  /** What was expected. */
  readonly message: string
}

/** More than these nobody reads, and a file that is no zone file at all must not cost more. */
export const MAX_ERRORS = 1000

/** The errors of one reading, up to {@link MAX_ERRORS}. */
export class Problems {
  readonly errors: ZoneFileError[] = []
  file: string | undefined

  get isFull(): boolean {
    return this.errors.length >= MAX_ERRORS
  }

  /** Answers undefined, so that it can be returned in place of what could not be read. */
  add({ line, column }: Place, message: string): undefined {
    if (this.isFull) return
    this.errors.push({ ...(this.file === undefined ? {} : { file: this.file }), line, column, message })
  }
}
