/** What an import says of a word of the file. Lines and columns count from 1. */
export interface Finding {
  /** `refused`: the import cannot be made; `left-out`: a grant was not carried over; `note`: carried over, with a difference. */
  readonly kind: 'refused' | 'left-out' | 'note'
  /** Where there are several: the path of the file. */
  readonly file?: string
  readonly line: number
  readonly column: number
  readonly word: string
  readonly message: string
}

/** What was read: rules in order, as `zonelog rule add` takes them, and what has to be said about them. */
export interface Imported {
  readonly rules: readonly string[]
  readonly findings: readonly Finding[]
}

/** Where something stands in the file. */
export interface Place {
  readonly file?: string
  readonly line: number
  readonly column: number
  readonly word: string
}

/** Gathers rules and findings; a grant may be left out, a denial never, for what stands behind it would then grant too much. */
export class ImportDraft {
  readonly rules: string[] = []
  readonly findings: Finding[] = []

  add(rule: string): void {
    if (!this.rules.includes(rule)) this.rules.push(rule)
  }

  note(place: Place, message: string): void {
    this.findings.push({ kind: 'note', ...placeOf(place), message })
  }

  refuse(place: Place, message: string): void {
    this.findings.push({ kind: 'refused', ...placeOf(place), message })
  }

  /** For what cannot be carried over. */
  leaveOut(place: Place, isDenial: boolean, message: string): void {
    if (isDenial)
      this.refuse(place, `${message}; a denial must not be left out, since what follows would grant too much`)
    else this.findings.push({ kind: 'left-out', ...placeOf(place), message })
  }
}

function placeOf({ file, line, column, word }: Place): Place {
  return { ...(file === undefined ? {} : { file }), line, column, word }
}
