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
  const activeRow = async () =>
    (await page.locator('.vbody [aria-selected=true]').getAttribute('aria-label')) ?? ''
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
      await page.getByRole('grid').hover()
      await until('a second page is there', async () => {
        await page.mouse.wheel(0, 20_000)
        return (await page.getByText(/^\d+,\d{3} so far/).count()) === 1
      })
      assert.ok((await rowsInSight()) < 60)
    })

    it('are gone through by keyboard from either end', async () => {
      const grid = page.getByRole('grid')
      await grid.focus()
      await page.keyboard.press('End')
      await page.getByRole('row', { name: /^h99999\.many/ }).waitFor()
      assert.equal(await activeRow(), 'h99999.many.example.net. 300 A 10.1.134.159')
      await page.keyboard.press('ArrowUp')
      assert.equal(await activeRow(), 'h99998.many.example.net. 300 A 10.1.134.158')
      await page.keyboard.press('Home')
      await page.getByRole('row', { name: /^many\.example\.net\. 300 SOA/ }).waitFor()
    })

    it('are gone to by the beginning of a name, with those before and behind it', async () => {
      await page.getByLabel('Go to name').fill('h5000')
      await page.keyboard.press('Enter')
      await page.getByRole('row', { name: /^h5000\.many/ }).waitFor()
      await page.getByRole('row', { name: /^h50000\.many/ }).waitFor()
      // those before it are asked for once it is drawn
      await page.getByRole('row', { name: /^h500\.many/ }).waitFor({ state: 'attached' })
      await page.getByRole('grid').focus()
      assert.match(await activeRow(), /^h5000\.many/)
      await page.keyboard.press('ArrowUp')
      assert.match(await activeRow(), /^h500\.many/)
    })

    it('stay where they are when others change, add and delete some', async () => {
      const change = async (...changes: object[]) =>
        await fixture.api.post('/v1/zones/many.example.net/changes', { changes })
      const place = async () => await page.getByRole('row', { name: /^h500\.many/ }).boundingBox()
      const before = await place()
      const many = Array.from({ length: 40 }, (_, index) => ({
        ...{ action: 'add', name: `h49990-${index}`, type: 'TXT', ttl: 60, values: ['"new"'] },
      }))
      await change(...many, { action: 'replace', name: 'h50001', type: 'A', ttl: 7, values: ['192.0.2.1'] })
      await page.getByRole('row', { name: 'h50001.many.example.net. 7 A 192.0.2.1' }).waitFor()
      assert.deepEqual(await place(), before)
      assert.match(await activeRow(), /^h500\.many/)
      await change({ action: 'delete', name: 'h500' })
      await page.getByRole('row', { name: /^h500\.many/ }).waitFor({ state: 'detached' })
      assert.match(await activeRow(), /^h5000\.many/)
    })

    it('are found by a part of their names, which stays in the address', async () => {
      await page.getByLabel('Name', { exact: true }).fill('h99999')
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

  it('are compared, however many differ, and the other way round with what is typed', async () => {
    const zone = 'compared.example.net'
    const hosts = Array.from({ length: 3_000 }, (_, index) => `h${index} A 192.0.2.1`)
    await fixture.putZone(zone, [...HEAD, ...hosts].join('\n'))
    const emptied = await fixture.api.fetch(`/v1/zones/${zone}/contents`, {
      ...{ method: 'PUT', headers: { 'content-type': 'text/dns' }, body: HEAD.join('\n') },
    })
    assert.equal(emptied.status, 200)
    await page.goto(`/zones/${zone}./compare?from=%231&to=now`)
    await page.getByText(/: 3,001 records went and 1 came\.$/).waitFor()
    const lines = page.getByRole('region', { name: 'What is different' }).last()
    assert.ok((await lines.locator('.vline').count()) < 100)
    await lines.focus()
    await page.keyboard.press('End')
    await lines.getByText('h999.compared.example.net. 300 IN A 192.0.2.1').waitFor()
    await page.getByLabel('From', { exact: true }).fill('#2')
    await page.getByRole('button', { name: 'The other way round' }).click()
    await page.waitForURL(/from=now&to=%232/)
    const to = page.getByLabel('To', { exact: true })
    await until('the fields changed places', async () => (await to.inputValue()) === '#2')
  })

  it('are shown without a complaint of a script', () => assert.deepEqual(complaints, []))
}
