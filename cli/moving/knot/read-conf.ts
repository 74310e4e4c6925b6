import { glob, readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { ImportDraft } from '../../../shared/rules/import/finding.ts'
import { readSections, type YamlItem, type YamlWord } from '../../../shared/rules/import/yaml-nodes.ts'

const DEEPEST = 16

/** The sections of a knot.conf and of the files that it includes; each word knows its file. Throws when the file cannot be read. */
export async function readKnotConf(
  path: string,
  root: string,
  draft: ImportDraft,
  depth = 0,
): Promise<Map<string, YamlItem[]>> {
  const text = await readFile(path, 'utf8')
  const sections = new Map<string, YamlItem[]>()
  // Knot takes several `include` on the top level, as no map of YAML has them
  const includes: { name: string; line: number }[] = []
  const rest = text.split('\n').map((line, index) => {
    const name = /^include\s*:\s*["']?([^"'#]+?)["']?\s*(?:#.*)?$/.exec(line)?.[1]
    if (name === undefined) return line
    includes.push({ name, line: index + 1 })
    return ''
  })
  const read = readSections(rest.join('\n'))
  if ('message' in read) draft.refuse({ ...read, file: path }, read.message)
  else
    for (const [name, items] of read)
      sections.set(
        name,
        items.map((item) => placed(item, path)),
      )
  for (const { name, line } of includes) {
    const at = { file: path, line, column: 1, word: name }
    if (depth >= DEEPEST) draft.refuse(at, 'files include one another too deeply')
    else
      for (const file of await pathsOf(
        isAbsolute(name) ? join(root || '/', name) : resolve(dirname(path), name),
      ))
        await readKnotConf(file, root, draft, depth + 1).then(
          (more) => {
            for (const [section, items] of more)
              sections.set(section, [...(sections.get(section) ?? []), ...items])
          },
          (error) =>
            draft.leaveOut(at, false, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`),
        )
  }
  return sections
}

/** A pattern, or a folder of which all files are meant. */
async function pathsOf(path: string): Promise<string[]> {
  const pattern = await stat(path).then(
    (found) => (found.isDirectory() ? join(path, '*') : path),
    () => path,
  )
  if (!/[*?[]/.test(pattern)) return [pattern]
  const paths: string[] = []
  for await (const found of glob(pattern)) paths.push(found)
  return paths.sort()
}

function placed({ fields, ...place }: YamlItem, file: string): YamlItem {
  const words = (list: readonly YamlWord[]) => list.map((word) => ({ ...word, file }))
  return { ...place, file, fields: new Map([...fields].map(([name, list]) => [name, words(list)])) }
}
