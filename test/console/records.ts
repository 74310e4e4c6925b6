import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { accessibilityFaults, picture } from '../support/browser.ts'
import { until } from '../support/until.ts'
import { type ConsoleFixture, complaintsOf } from './fixture.ts'

const MANY = 100_000
const HEAD = [
  '$TTL 300',
  '@ SOA ns.example.net. root.example.net. 1 3600 600 86400 300',
  '@ NS ns.example.net.',
]

/** Of the system that console.test.ts runs. */
export function recordSpecifications(of: () => ConsoleFixture): void {
  let fixture: ConsoleFixture
  let page: Page
  let complaints: string[]
  const rowsInSight = () => page.locator('.vbody [role=row]').count()
  before(async () => {
    fixture = of()
    page = await (await fixture.operator()).newPage()
    complaints = complaintsOf(page)
  })
  after(async () => await page.context().close())

  describe(`of a zone with ${MANY} of them`, () => {
    before(async () => {
      const hosts = Array.from(
        { length: MANY },
        (_, index) => `h${index} A 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      )
      await fixture.putZone('many.example.net', [...HEAD, ...hosts].join('\n'))
      await page.goto('/zones/many.example.net.')
      await page.getByRole('row', { name: /^h0\.many/ }).waitFor()
    })

    it('are there as far as they are in sight, and come as somebody gets there', async () => {
      assert.ok((await rowsInSight()) < 60)
      const grid = page.getByRole('grid')
      await grid.focus()
      await page.keyboard.press('End')
      await until(
        'a second page is there',
        async () => (await page.getByText(/^1,00\d so far/).count()) === 1,
      )
      await page.keyboard.press('End')
      await until('a third page is there', async () => (await page.getByText(/^1,50\d so far/).count()) === 1)
      assert.ok((await rowsInSight()) < 60)
      await page.keyboard.press('Home')
      await page.getByRole('row', { name: /^many\.example\.net\. 300 SOA/ }).waitFor()
    })

    it('are found by a part of their names, which stays in the address', async () => {
      await page.getByLabel('Name').fill('h99999')
      await page.getByRole('row', { name: 'h99999.many.example.net. 300 A 10.1.134.159' }).waitFor()
      await page.getByText('1 in all').waitFor()
      await page.reload()
      await page.getByText('1 in all').waitFor()
      assert.equal(new URL(page.url()).searchParams.get('name'), 'h99999')
    })

    it('are found by type', async () => {
      await page.goto('/zones/many.example.net.?type=NS')
      await page.getByRole('row', { name: /NS ns\.example\.net\.$/ }).waitFor()
      await page.getByText('1 in all').waitFor()
    })
  })

  it('fit a phone, without a serious fault for axe', async () => {
    const context = await fixture.operator({ viewport: { width: 360, height: 740 }, bypassCSP: true })
    const phone = await context.newPage()
    await phone.goto('/zones/many.example.net.')
    await phone.getByRole('row', { name: /^h0\.many/ }).waitFor()
    assert.equal(await phone.evaluate('document.documentElement.scrollWidth'), 360)
    assert.deepEqual(await accessibilityFaults(phone), [])
    await picture(phone, 'records-phone')
    await context.close()
  })

  it('are shown without a complaint of a script', () => assert.deepEqual(complaints, []))
}
