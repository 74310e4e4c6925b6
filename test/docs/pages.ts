import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Commands of a page that a reader types, and what they print: all of it somewhere in the output, in this order. */
export interface Step {
  readonly line: number
  readonly commands: string
  readonly prints: readonly string[]
}

/** Every page that people read, from the root: `README.md`, `docs/…`. */
export function pages(): string[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  return ['README.md', ...below.map((path) => `docs/${path}`)].filter((path) => path.endsWith('.md')).sort()
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The blocks marked ```` ```sh runnable ````, each with the ```` ```text prints ```` right behind it. */
export function stepsOf(page: string): Step[] {
  const text = readPage(page)
  const block = /^```sh runnable\n([\s\S]*?)^```\n(?:```text prints\n([\s\S]*?)^```\n)?/gm
  return [...text.matchAll(block)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    commands: match[1]!,
    prints: (match[2] ?? '').split('\n').filter((line) => line.trim() !== ''),
  }))
}

/** The file that a page shows in a block with that name. */
export function fileOf(page: string, name: string): string {
  const found = new RegExp(`^\`\`\`${name}\n([\\s\\S]*?)^\`\`\``, 'm').exec(readPage(page))?.[1]
  if (found === undefined) throw new Error(`${page} has no block ${name}`)
  return found
}

/** A line as a page shows it: `…` stands for anything, white space for any white space. */
export function lineAsShown(line: string): RegExp {
  const parts = line.trim().split('…')
  const text = parts.map((part) =>
    part
      .split(/\s+/)
      .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\s+'),
  )
  return new RegExp(`^\\s*${text.join('.*')}\\s*$`, 'm')
}
