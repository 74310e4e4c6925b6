import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { Place } from './finding.ts'

/** A scalar of the file, and where it stands. */
export interface YamlWord extends Place {}

/** An item such as one acl: its fields, each a list of words. */
export interface YamlItem extends Place {
  readonly fields: ReadonlyMap<string, readonly YamlWord[]>
}

export interface YamlFault extends Place {
  readonly message: string
}

/** The sections of a Knot configuration, each a list of items; everything is read as text, as Knot does. */
export function readSections(text: string): ReadonlyMap<string, readonly YamlItem[]> | YamlFault {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
  })
  const place = (node: Node | null | undefined, word: string): Place => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0)
    return { line, column: col, word }
  }
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 }
    return { line, column: col, word: '', message: `this is no YAML: ${error.message.split('\n')[0]}` }
  }
  const sections = new Map<string, YamlItem[]>()
  if (!isMap(document.contents)) return sections
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const items = isSeq(value) ? value.items : isMap(value) ? [value] : []
    const list = sections.get(name) ?? []
    list.push(...items.filter((item) => isMap(item)).map((item) => itemOf(item as YAMLMap, place)))
    sections.set(name, list)
  }
  return sections
}

function itemOf(map: YAMLMap, place: (node: Node | null | undefined, word: string) => Place): YamlItem {
  const fields = new Map<string, YamlWord[]>()
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue
    const nodes = isSeq(value) ? value.items : [value]
    const words = nodes.filter((node) => isScalar(node)).map((node) => place(node, String(node.value)))
    fields.set(String(key.value), words)
  }
  return { fields, ...place(map, fields.get('id')?.[0]?.word ?? '') }
}
