import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Page } from 'playwright-core'
import { picture } from '../support/browser.ts'
import { python } from '../support/python.ts'
import type { ConsoleFixture } from './fixture.ts'

const ZONE = 'leased.example.net'
/** In the option of RFC 9664. */
const HOUR = '00000e10'

/** Leases of a zone, of the system that console.test.ts runs. */
export function leaseSpecifications(of: () => ConsoleFixture): void {
  let fixture: ConsoleFixture
  let page: Page
  const printer = async () =>
    (await fixture.api.get(`/v1/zones/${ZONE}/leases?record=printer.${ZONE}`)).values[0]
  before(async () => {
    fixture = of()
    await fixture.api.createZone(ZONE, { allowUpdate: ['127.0.0.0/8'] })
    page = await (await fixture.operator()).newPage()
    await page.goto(`/zones/${ZONE}./leases`)
  })
  after(async () => await page.context().close())

  it('are taught where none are granted, and where none are asked for', async () => {
    await page.getByRole('heading', { name: 'This zone grants no leases' }).waitFor()
    await page.getByText(`zonelog zone set ${ZONE}. --lease 30m..1d`).waitFor()
    await fixture.api.patch(`/v1/zones/${ZONE}`, { settings: { leases: { least: 1_800, longest: 86_400 } } })
    await page.getByRole('heading', { name: 'No value has a lease yet' }).waitFor()
    await page.getByText(`hostname=printer.${ZONE}&myip=192.0.2.7&lease=2h`).waitFor()
  })

  it('appear as clients are granted them, with when they end in words', async () => {
    const server = { host: '127.0.0.1', port: fixture.edge.port }
    const steps = [{ add: ['printer 60 A 192.0.2.7'], option: HOUR }]
    await python('lease.py', { ...server, zone: `${ZONE}.`, steps })
    await page
      .getByRole('row', {
        name: /^printer in (60 minutes|1 hour) A 192\.0\.2\.7 1h event #2/,
      })
      .waitFor()
    await picture(page, 'leases')
  })

  it('are held and released after a question, by name, and the history says who did', async () => {
    await page.getByRole('button', { name: `Hold printer.${ZONE}. A` }).click()
    await page.keyboard.press('Escape')
    assert.equal((await printer()).heldBy, undefined)
    await page.getByRole('button', { name: `Hold printer.${ZONE}. A` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Hold', exact: true }).click()
    await page.getByRole('row', { name: /held by first/ }).waitFor()
    await page.getByText(`Held 1 value of printer.${ZONE}. A`).waitFor()
    assert.equal((await printer()).heldBy, 'api:first')
    await page.getByRole('searchbox', { name: 'Name' }).fill('PRINTER')
    await page.getByRole('button', { name: `Release printer.${ZONE}. A` }).click()
    await page.getByLabel(`All types of printer.${ZONE}.`).check()
    await page.getByRole('dialog').getByRole('button', { name: 'Release', exact: true }).click()
    await page.getByText(`Released 1 value of printer.${ZONE}.`).waitFor()
    assert.equal((await printer()).heldBy, undefined)
    const { events } = await fixture.api.get(`/v1/zones/${ZONE}/events?kind=lease`)
    assert.deepEqual(
      events.map(({ reason, by }: { reason: string; by: string }) => [reason, by]),
      [
        ['lease-released', 'api:first'],
        ['lease-held', 'api:first'],
      ],
    )
  })
}
