import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/**
 * What a page of docs/clients shows: the fenced block whose info string ends with this word, with these texts put in place of what stands for
 * the reader's own. Every one of them that the block holds is replaced.
 */
export function pageBlock(page: string, word: string, own: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(new URL(`../../docs/clients/${page}.md`, import.meta.url), 'utf8')
  const found = new RegExp(`^\`\`\`\\S+ ${word}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1]
  assert.ok(found !== undefined, `docs/clients/${page}.md shows no block ${word}`)
  return Object.entries(own).reduce((block, [theirs, ours]) => block.replaceAll(theirs, ours), found)
}
