import { readFile } from 'node:fs/promises'
import { canonicalName, parseName } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { algorithmFromText } from '../../shared/dns/tsig-algorithms.ts'
import { readStatements } from '../../shared/rules/import/bind-tokens.ts'
import { readSections } from '../../shared/rules/import/yaml-nodes.ts'
import { CliError } from '../command.ts'

interface KeyTexts {
  readonly name: string | undefined
  readonly algorithm: string | undefined
  readonly secret: string | undefined
}

/** The one key of a file, as tsig-keygen, keymgr or `zonelog key create` wrote it. Throws a CliError that shows no secret. */
export async function readKeyFile(path: string): Promise<TsigKey> {
  const keys = keysIn(await textOf(path))
  const [first, second] = keys
  if (first === undefined)
    throw new CliError(
      `${path} holds no key: it is a clause \`key "NAME" { algorithm …; secret "…"; };\` as tsig-keygen prints, or the section \`key:\` of knot.conf`,
    )
  if (second !== undefined)
    throw new CliError(`${path} holds ${keys.length} keys; give a file with the one that is meant`)
  const key = tsigKeyOf(first)
  if (typeof key === 'string') throw new CliError(`${path}: ${key}`)
  return key
}

/** A key from its texts, or what is wrong with them. */
export function tsigKeyOf({ name, algorithm = 'hmac-md5', secret }: KeyTexts): TsigKey | string {
  const parsed = parseName(name ?? '')
  if (!parsed.ok) return `the name of the key cannot be read: ${parsed.reason}`
  const named = algorithmFromText(algorithm)
  if (named === undefined) return `the algorithm '${algorithm}' of the key ${name} is not known here`
  const octets = Buffer.from(secret ?? '', 'base64')
  if (octets.length === 0) return `the secret of the key ${name} is not base64`
  return { name: canonicalName(parsed.value), algorithm: named.algorithm, secret: octets }
}

function keysIn(text: string): KeyTexts[] {
  const statements = readStatements(text)
  if (Array.isArray(statements)) {
    const clauses = statements.filter(({ words, block }) => words[0]?.word === 'key' && block !== undefined)
    if (clauses.length > 0)
      return clauses.map(({ words, block }) => {
        const field = (name: string) =>
          block!.find(({ words: [word] }) => word?.word === name)?.words[1]?.word
        return { name: words[1]?.word, algorithm: field('algorithm'), secret: field('secret') }
      })
  }
  const sections = readSections(text)
  if ('message' in sections) return []
  return (sections.get('key') ?? []).map(({ fields }) => ({
    name: fields.get('id')?.[0]?.word,
    algorithm: fields.get('algorithm')?.[0]?.word,
    secret: fields.get('secret')?.[0]?.word,
  }))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const hint =
      code === 'ENOENT'
        ? '; zonelog never shows a secret again, so a key is given by a file of its owner, not by its name'
        : ''
    throw new CliError(`the key file ${path} cannot be read (${code})${hint}`)
  }
}
