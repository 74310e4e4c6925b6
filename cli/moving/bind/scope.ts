import type { BindToken, Statement } from '../../../shared/rules/import/bind-tokens.ts'

/** Where a zone's clauses are looked up: its own, those of its view, those of options (BIND's order). */
export class Scope {
  private readonly levels: readonly (readonly Statement[])[]

  constructor(...levels: readonly (readonly Statement[])[]) {
    this.levels = levels
  }

  /** The clause that holds. */
  find(name: string): Statement | undefined {
    for (const level of this.levels) {
      const found = level.find(({ words: [word] }) => word?.word === name)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The word behind a clause. */
  value(name: string): BindToken | undefined {
    return this.find(name)?.words[1]
  }
}

export function isNamed(statement: Statement, ...names: readonly string[]): boolean {
  const word = statement.words[0]?.word
  return word !== undefined && names.includes(word)
}

/** The clauses inside of all statements of a name. */
export function inside(statements: readonly Statement[], name: string): readonly Statement[] {
  return statements.filter((statement) => isNamed(statement, name)).flatMap(({ block }) => block ?? [])
}
