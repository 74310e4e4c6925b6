import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { accessibilityFaults, picture } from '../support/browser.ts'
import { ConsoleFixture, complaintsOf } from './fixture.ts'

describe('the console', () => {
  let fixture: ConsoleFixture
  before(async () => {
    fixture = await ConsoleFixture.start()
  })
  after(async () => await fixture.close())

  describe('signing in', () => {
    let page: Page
    let complaints: string[]
    before(async () => {
      const context = await fixture.visitor()
      page = await context.newPage()
      complaints = complaintsOf(page)
    })
    after(async () => await page.context().close())

    it('asks for a token at any address, and says what is wrong with it', async () => {
      await page.goto('/zones')
      await page.getByLabel('API token').fill('not-a-token')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('The token is not one of this database').waitFor()
      assert.equal(await page.getByLabel('API token').inputValue(), 'not-a-token')
    })

    it('lets in whoever has one, by keyboard alone, to the page that was asked for', async () => {
      await page.getByLabel('API token').fill(fixture.api.token)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Zones', level: 1 }).waitFor()
      assert.equal(new URL(page.url()).pathname, '/zones')
    })

    it('keeps the token from scripts: the cookie is for HTTP only, and stays on this site', async () => {
      const [cookie] = await page.context().cookies()
      assert.ok(cookie)
      assert.equal(cookie.httpOnly, true)
      assert.equal(cookie.sameSite, 'Strict')
      assert.ok(!decodeURIComponent(cookie.value).includes(fixture.api.token))
      assert.equal(await page.evaluate('document.cookie'), '')
    })

    it('teaches the first step, and takes it', async () => {
      await page.getByRole('heading', { name: 'No zones yet' }).waitFor()
      await page.getByRole('button', { name: 'Create a zone' }).click()
      const dialog = page.getByRole('dialog', { name: 'Create a zone' })
      await dialog.getByLabel('Name').fill('not..a.name')
      await page.keyboard.press('Enter')
      await dialog.getByText('not..a.name').waitFor()
      await dialog.getByLabel('Name').fill('home.example.net')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'home.example.net', level: 1 }).waitFor()
    })

    it('lets out again, and shows nothing more', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('API token').waitFor()
      assert.deepEqual(await page.context().cookies(), [])
    })

    it('ran without a complaint of a script or of the content security policy', () =>
      assert.deepEqual(complaints, []))
  })

  describe('every page', () => {
    for (const theme of ['light', 'dark'] as const)
      it(`has no serious fault for axe in ${theme}`, async () => {
        const context = await fixture.operator({ colorScheme: theme, bypassCSP: true })
        const page = await context.newPage()
        for (const [path, heading] of [
          ['/zones', 'Zones'],
          ['/system', 'System'],
          ['/zones/home.example.net.', 'home.example.net.'],
        ] as const) {
          await page.goto(path)
          await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
          await page.getByText('Loading …').waitFor({ state: 'detached' })
          assert.deepEqual(await accessibilityFaults(page), [], path)
          await picture(page, `${path.slice(1).replaceAll('/', '-')}-${theme}`)
        }
        await context.close()
      })
  })
})
