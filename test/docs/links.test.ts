import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pages, readPage } from './pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('links in the documents', () => {
  const all = ['CONTRIBUTING.md', ...pages()]

  it('lead to files, and to headings, that are there', () => {
    const broken: string[] = []
    for (const page of all)
      for (const [, target = ''] of readPage(page).matchAll(/(?<!`)\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', heading] = target.split('#')
        const path = file === '' ? page : join(dirname(page), file)
        try {
          if (heading !== undefined && path.endsWith('.md') && !headingsOf(path).includes(heading))
            broken.push(`${page}: ${target}`)
          else statSync(join(ROOT, path))
        } catch {
          broken.push(`${page}: ${target}`)
        }
      }
    assert.deepEqual(broken, [])
  })

  it('lead from docs/index.md to every page, decisions apart', () => {
    const linked = new Set(
      [...readPage('docs/index.md').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
        join('docs', target),
      ),
    )
    const missing = pages().filter(
      (page) => !linked.has(page) && !/^README\.md$|^docs\/index\.md$|^docs\/decisions\//.test(page),
    )
    assert.deepEqual(missing, [])
  })

  it('name a decision by the number that it has in its own title, one after another', () => {
    const decisions = all.filter((page) => page.startsWith('docs/decisions/')).sort()
    for (const [index, page] of decisions.entries()) {
      const number = index + 1
      assert.ok(page.startsWith(`docs/decisions/${String(number).padStart(4, '0')}-`), page)
      assert.ok(readPage(page).startsWith(`# ${number}. `), `the title of ${page}`)
    }
  })
})

/** As GitHub names them. */
function headingsOf(path: string): string[] {
  const outside = readPage(path).replaceAll(/^```[\s\S]*?^```/gm, '')
  return [...outside.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
