import type { Browser, BrowserContext, Page } from 'playwright-core'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { startBrowser } from '../support/browser.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'

/** One system with the console, one browser, one person who is signed in. */
export class ConsoleFixture {
  readonly system: TestSystem
  readonly api: AdminApi
  readonly edge: RunningEdge
  readonly browser: Browser
  readonly origin: string

  private constructor(system: TestSystem, api: AdminApi, edge: RunningEdge, browser: Browser) {
    this.system = system
    this.api = api
    this.edge = edge
    this.browser = browser
    this.origin = api.url
  }

  /** As the writer has them. */
  get masterKeys(): MasterKeys {
    return MasterKeys.read(this.system.config({}).masterKeys)
  }

  static async start(): Promise<ConsoleFixture> {
    const [{ system, api, edge }, browser] = await Promise.all([startSystem(), startBrowser()])
    return new ConsoleFixture(system, api, edge, browser)
  }

  /** A browser of somebody who has never been here. */
  async visitor(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      baseURL: this.origin,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      ...options,
    })
    context.setDefaultTimeout(30_000)
    return context
  }

  /** A browser of somebody who is signed in, by default with the first token. */
  async operator(
    options: Parameters<Browser['newContext']>[0] = {},
    token = this.api.token,
  ): Promise<BrowserContext> {
    const context = await this.visitor(options)
    const response = await context.request.post('/v1/session', {
      headers: { authorization: `Bearer ${token}` },
    })
    if (!response.ok()) throw new Error(`sign-in: ${response.status()} ${await response.text()}`)
    return context
  }

  /** A zone from a zone file of any length. */
  async putZone(name: string, file: string): Promise<void> {
    const headers = { 'content-type': 'text/dns' }
    const response = await this.api.fetch(`/v1/zones/${name}`, { method: 'PUT', headers, body: file })
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.system.close()
  }
}

/** Whose streams notice within a moment that their token has ended. */
async function startSystem() {
  const system = await TestSystem.prepare()
  const writer = await system.writer({}, { tokenLookedAtMs: 200 })
  return { system, api: system.api(writer), edge: await system.edge() }
}

/** What a page complained about: errors of scripts, and what its content security policy refused. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // an answer of the API that is an error is shown on the page
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      complaints.push(message.text())
  })
  return complaints
}
