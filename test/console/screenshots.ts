import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { ensureTestPrograms, testPath } from '../support/programs.ts'
import { exampleData } from './example-data.ts'
import { ConsoleFixture } from './fixture.ts'

// `npm run screenshots`: the pictures in docs/console, of a real system with a day's work in it.

const INTO = fileURLToPath(new URL('../../docs/console/', import.meta.url))

const PICTURES = [
  { name: 'records', path: '/zones/example.com.', dark: false },
  { name: 'history-dark', path: '/zones/example.com./history', dark: true },
] as const

await ensureTestPrograms(console.log)
process.env.PATH = testPath()
mkdirSync(INTO, { recursive: true })
const fixture = await ConsoleFixture.start()
try {
  await exampleData(fixture)
  for (const { name, path, dark } of PICTURES) {
    const viewport = { width: 1180, height: 760 }
    const context = await fixture.operator({ viewport, colorScheme: dark ? 'dark' : 'light' })
    const page = await context.newPage()
    await show(page, path)
    await page.screenshot({ path: `${INTO}${name}.png` })
    await context.close()
  }
} finally {
  await fixture.close()
}

async function show(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('Loading …').first().waitFor({ state: 'detached' })
  // streams of events keep the network busy for ever
  await page.waitForLoadState('load')
}
