import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ensureConsole } from '../../services/console/build/ensure.ts'
import { toolPath } from './programs.ts'

/** Where pictures of pages are kept for whoever looks at a run. */
const PICTURES = fileURLToPath(new URL('../../test-results/console/', import.meta.url))

const AXE = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url))

/** Debian's chromium without a window, and the console built from its sources. */
export async function startBrowser(): Promise<Browser> {
  if (!(await ensureConsole(console.log))) throw new Error('the console could not be built')
  return await chromium.launch({
    executablePath: toolPath('chromium-headless-shell'),
    args: ['--disable-gpu', '--disable-dev-shm-usage'],
  })
}

/** Serious and critical faults of a page for people who use it without eyes, mouse or colours; one line each; `rules` are all unless named. */
export async function accessibilityFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.addScriptTag({ path: AXE })
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) })
  const { violations } = (await page.evaluate(`axe.run(${options})`)) as { violations: Violation[] }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Keeps a picture of the page under test-results/console. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true })
}
