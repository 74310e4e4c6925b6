import { glob, readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { type BindToken, readStatements, type Statement } from '../../../shared/rules/import/bind-tokens.ts'
import type { ImportDraft } from '../../../shared/rules/import/finding.ts'

const DEEPEST = 16

/** The statements of a named.conf with those of the files that it includes in their places; each word knows its file. */
export async function readNamedConf(path: string, root: string, draft: ImportDraft): Promise<Statement[]> {
  return await new ConfReader(root, draft).file(path, 0)
}

/** Where a path of the configuration leads on this machine. */
export function pathIn(root: string, directory: string, path: string): string {
  return isAbsolute(path) ? join(root || '/', path) : resolve(directory, path)
}

class ConfReader {
  private readonly root: string
  private readonly draft: ImportDraft
  /** named changes to it when it reads the clause, and paths behind that are relative to it. */
  private directory: string | undefined

  constructor(root: string, draft: ImportDraft) {
    this.root = root
    this.draft = draft
  }

  /** Throws when the file cannot be read. */
  async file(path: string, depth: number): Promise<Statement[]> {
    const statements = readStatements(await readFile(path, 'utf8'))
    if (Array.isArray(statements))
      return await this.expanded(
        statements.map((statement) => placed(statement, path)),
        path,
        depth,
      )
    this.draft.refuse({ ...statements, file: path }, statements.message)
    return []
  }

  private async expanded(
    statements: readonly Statement[],
    file: string,
    depth: number,
  ): Promise<Statement[]> {
    const found: Statement[] = []
    for (const statement of statements) {
      const [keyword, argument] = statement.words
      if (keyword?.word === 'include' && argument !== undefined && statement.block === undefined)
        found.push(...(await this.included(argument, file, depth)))
      else {
        if (keyword?.word === 'directory' && argument !== undefined)
          this.directory = pathIn(this.root, dirname(file), argument.word)
        const block = statement.block && (await this.expanded(statement.block, file, depth))
        found.push({ words: statement.words, block })
      }
    }
    return found
  }

  private async included(argument: BindToken, file: string, depth: number): Promise<Statement[]> {
    if (depth >= DEEPEST) {
      this.draft.refuse(argument, 'files include one another too deeply')
      return []
    }
    const statements: Statement[] = []
    for (const path of await this.pathsOf(argument.word, file)) {
      try {
        statements.push(...(await this.file(path, depth + 1)))
      } catch (error) {
        this.draft.leaveOut(
          argument,
          false,
          `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
        )
      }
    }
    return statements
  }

  private async pathsOf(name: string, file: string): Promise<string[]> {
    const beside = pathIn(this.root, dirname(file), name)
    const path = this.directory === undefined ? beside : pathIn(this.root, this.directory, name)
    if (!/[*?[]/.test(name)) return [path]
    const paths: string[] = []
    for await (const found of glob(path)) paths.push(found)
    return paths.sort()
  }
}

function placed({ words, block }: Statement, file: string): Statement {
  return {
    words: words.map((word) => ({ ...word, file })),
    block: block?.map((statement) => placed(statement, file)),
  }
}
