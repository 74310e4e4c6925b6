import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Page } from 'playwright-core'
import { accessibilityFaults, picture } from '../support/browser.ts'
import { type ConsoleFixture, complaintsOf } from './fixture.ts'

const HEAD = '$TTL 300\n@ SOA ns.example.net. root.example.net. 1 3600 600 86400 300\n@ NS ns.example.net.\n'
const ZONE = 'edit.example.net'

/** Changing records, of the system that console.test.ts runs. */
export function editingSpecifications(of: () => ConsoleFixture): void {
  let fixture: ConsoleFixture
  let page: Page
  let complaints: string[]
  const dialogOf = (where: Page) => where.getByRole('dialog')
  const focused = async (where: Page) =>
    await where.evaluate("document.activeElement.getAttribute('aria-label')")
  const row = (where: Page, name: RegExp) => where.getByRole('row', { name })
  const values = async () => {
    const { rrsets } = await fixture.api.get(`/v1/zones/${ZONE}/rrsets?name=www.${ZONE}&type=A`)
    return rrsets[0]?.values
  }
  before(async () => {
    fixture = of()
    await fixture.putZone(ZONE, HEAD)
    page = await (await fixture.operator({ bypassCSP: true })).newPage()
    complaints = complaintsOf(page)
    await page.goto(`/zones/${ZONE}.`)
    await row(page, /NS ns\.example\.net/).waitFor()
  })
  after(async () => await page.context().close())

  it('says what is wrong with a value while it is typed', async () => {
    await page.getByRole('button', { name: 'Add a record' }).click()
    const dialog = dialogOf(page)
    await dialog.getByLabel('Name').fill('www')
    await dialog.getByLabel('Values').fill('192.0.2.999')
    await dialog
      .getByText(/192\.0\.2\.999/)
      .first()
      .waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Save' }).getAttribute('aria-disabled'), 'true')
    assert.deepEqual(await accessibilityFaults(page), [])
  })

  it('shows the change before it is saved, then saves it as one update', async () => {
    const dialog = dialogOf(page)
    await dialog.getByLabel('Values').fill('192.0.2.1')
    await dialog.getByText(/www\.edit\.example\.net\. 300 IN A 192\.0\.2\.1/).waitFor()
    await picture(page, 'record-dialog')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row(page, /^www\.edit\.example\.net\. 300 A 192\.0\.2\.1$/).waitFor()
    const { events } = await fixture.api.get(`/v1/zones/${ZONE}/events?limit=1`)
    assert.equal(events[0].by, 'api:first')
    assert.deepEqual(events[0].added, ['www.edit.example.net. 300 IN A 192.0.2.1'])
  })

  it('opens a record by keyboard alone', async () => {
    await page.getByRole('grid').focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await dialogOf(page).getByRole('heading', { name: 'www A' }).waitFor()
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'detached' })
  })

  it('asks before Escape closes what was typed, however often it is pressed', async () => {
    await page.getByRole('button', { name: 'Add a record' }).click()
    const dialog = dialogOf(page)
    await dialog.getByLabel('Values').fill('192.0.2.66')
    for (const _ of ['once', 'twice', 'again']) await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'Go on with it' }).click()
    assert.equal(await dialog.getByLabel('Values').inputValue(), '192.0.2.66')
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'TEXTAREA')
    await page.keyboard.press('Escape')
    await dialog.getByText('What you typed is not saved.').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
  })

  it('never lets two windows overwrite each other: the second sees both, and keeps what was typed', async () => {
    const second = await page.context().newPage()
    await second.goto(`/zones/${ZONE}.`)
    for (const where of [page, second]) {
      await where.getByRole('button', { name: 'Edit www A' }).click()
      await dialogOf(where).getByLabel('Values').waitFor()
    }
    await dialogOf(page).getByLabel('Values').fill('192.0.2.1\n192.0.2.2')
    await dialogOf(page).getByRole('button', { name: 'Save' }).click()
    await dialogOf(page).waitFor({ state: 'detached' })
    await dialogOf(second).getByLabel('Values').fill('192.0.2.3')
    await dialogOf(second)
      .getByText(/192\.0\.2\.3$/)
      .first()
      .waitFor()
    await dialogOf(second).getByRole('button', { name: 'Save' }).click()
    const conflict = dialogOf(second).getByRole('alert', { name: 'Conflict' })
    await conflict.getByText('300 A 192.0.2.2').waitFor()
    await picture(second, 'conflict')
    assert.equal(await dialogOf(second).getByLabel('Values').inputValue(), '192.0.2.3')
    assert.deepEqual((await values()).toSorted(), ['192.0.2.1', '192.0.2.2'])
    await conflict.getByRole('button', { name: /Keep mine/ }).click()
    await dialogOf(second).getByRole('button', { name: 'Save' }).click()
    await dialogOf(second).waitFor({ state: 'detached' })
    assert.deepEqual(await values(), ['192.0.2.3'])
    await second.close()
  })

  it('saves although others change other names of the zone meanwhile', async () => {
    await page.reload()
    await page.getByRole('button', { name: 'Edit www A' }).click()
    await dialogOf(page).getByLabel('TTL').fill('60')
    const other = { changes: [{ action: 'add', name: 'other', type: 'A', ttl: 60, values: ['192.0.2.9'] }] }
    await fixture.api.post(`/v1/zones/${ZONE}/changes`, other)
    await dialogOf(page).getByRole('button', { name: 'Save' }).click()
    await row(page, /^www\.edit\.example\.net\. 60 A 192\.0\.2\.3$/).waitFor()
  })

  it('deletes an RRset after it was shown', async () => {
    await page.getByRole('button', { name: 'Delete www A' }).click()
    await dialogOf(page)
      .getByText(/www\.edit\.example\.net\. 60 IN A 192\.0\.2\.3/)
      .waitFor()
    await dialogOf(page).getByRole('button', { name: 'Delete', exact: true }).click()
    await row(page, /^www\.edit/).waitFor({ state: 'detached' })
    assert.equal(await values(), undefined)
    // the button went with its row
    assert.equal(await focused(page), `Records of ${ZONE}.`)
  })

  it('changes what the SOA says, and leaves its serial to the policy', async () => {
    await page.getByRole('button', { name: 'Edit @ SOA' }).click()
    const dialog = dialogOf(page)
    const mail = dialog.getByLabel(/RNAME/)
    assert.equal(await mail.inputValue(), 'root@example.net.')
    await mail.fill('first.last@example.net')
    await dialog.getByLabel('Refresh').fill('7200')
    const { serial } = await fixture.api.get(`/v1/zones/${ZONE}`)
    const value = `ns.example.net. first\\.last.example.net. ${serial + 1} 7200 600 86400 300`
    await dialog.getByText(`${ZONE}. 300 IN SOA ${value}`).waitFor()
    assert.deepEqual(await accessibilityFaults(page), [])
    await picture(page, 'soa-dialog')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row(page, /7200 600 86400 300$/).waitFor()
    assert.equal(await focused(page), 'Edit @ SOA')
    const { rrsets } = await fixture.api.get(`/v1/zones/${ZONE}/rrsets?type=SOA`)
    assert.deepEqual(rrsets[0].values, [value])
  })

  it('offers nothing of that to whoever may only look, and the API refuses it all the same', async () => {
    const { secret } = (await fixture.api.post('/v1/tokens', { name: 'onlooker', role: 'viewer' })) as {
      secret: string
    }
    const context = await fixture.operator({}, secret)
    const looking = await context.newPage()
    await looking.goto(`/zones/${ZONE}.`)
    await row(looking, /^other\.edit/).waitFor()
    for (const name of ['Add a record', 'Import …', 'Edit other A'])
      assert.equal(await looking.getByRole('button', { name }).count(), 0, name)
    const refused = await context.request.post(`/v1/zones/${ZONE}/changes`, {
      headers: { 'x-zonelog-console': '1' },
      data: { changes: [{ action: 'delete', name: 'other' }] },
    })
    assert.equal(refused.status(), 403)
    await context.close()
  })

  it('keeps what is typed while a session ends, and goes on with the next', async () => {
    const { secret } = (await fixture.api.post('/v1/tokens', { name: 'passer', role: 'operator' })) as {
      secret: string
    }
    const context = await fixture.operator({}, secret)
    const passing = await context.newPage()
    await passing.goto(`/zones/${ZONE}.`)
    await passing.getByRole('button', { name: 'Edit other A' }).click()
    const edit = passing.getByRole('dialog', { name: 'other A' })
    await edit.getByLabel('Values').waitFor()
    await fixture.api.delete('/v1/tokens/passer')
    await edit.getByLabel('Values').fill('192.0.2.77')
    const again = passing.getByRole('dialog', { name: 'Sign in again' })
    await again.getByLabel('API token').fill(fixture.api.token)
    await passing.keyboard.press('Enter')
    await again.waitFor({ state: 'detached' })
    assert.equal(await edit.getByLabel('Values').inputValue(), '192.0.2.77')
    await edit.getByRole('button', { name: 'Save' }).click()
    await row(passing, /^other\.edit\.example\.net\. 60 A 192\.0\.2\.77$/).waitFor()
    await context.close()
  })

  it('runs without a complaint of a script', () => assert.deepEqual(complaints, []))
}
