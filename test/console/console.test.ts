import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { sealSession } from '../../services/zone-writer/api/session/session-cookie.ts'
import { accessibilityFaults, picture } from '../support/browser.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { until } from '../support/until.ts'
import { editingSpecifications } from './editing.ts'
import { ConsoleFixture, complaintsOf } from './fixture.ts'
import { leaseSpecifications } from './leases.ts'
import { recordSpecifications } from './records.ts'
import { systemSpecifications } from './system.ts'

/** Every page, with its heading. */
const PAGES = [
  ['/', 'Overview'],
  ['/zones', 'Zones'],
  ['/deleted-zones', 'Deleted zones'],
  ['/system', 'System'],
  ['/zones/home.example.net.', 'home.example.net.'],
  ['/zones/home.example.net./secondaries', 'home.example.net.'],
  ['/zones/home.example.net./settings', 'home.example.net.'],
  ['/zones/leased.example.net./leases', 'leased.example.net.'],
] as const

const SOA = 'home.example.net. 300 SOA ns.example.net. root.example.net. 1 3600 600 86400 300'

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

    it('finds zones by a part of their names', async () => {
      await fixture.api.createZone('other.example.net')
      await page.goto('/zones')
      const zone = (name: string) => page.getByRole('rowheader', { name })
      await zone('other.example.net.').waitFor()
      await page.getByLabel('Search').fill('HOME')
      await zone('other.example.net.').waitFor({ state: 'detached' })
      await zone('home.example.net.').waitFor()
      await fixture.api.delete('/v1/zones/other.example.net')
    })

    it('does not say that somebody is out who is not', async () => {
      await page.context().setOffline(true)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByText('You are still signed in.').waitFor()
      await page.context().setOffline(false)
    })

    it('lets out again, and shows nothing more', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('API token').waitFor()
      assert.deepEqual(await page.context().cookies(), [])
    })

    it('ran without a complaint of a script or of the content security policy', () =>
      assert.deepEqual(complaints, []))
  })

  describe('a session', () => {
    let cookie: string
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${fixture.origin}${path}`, { ...init, headers: { cookie, ...init.headers } })
    before(async () => {
      const response = await fixture.api.fetch('/v1/session', { method: 'POST' })
      cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
    })

    it('reads without more, as downloads and streams do', async () =>
      assert.equal((await ask('/v1/zones')).status, 200))

    it('changes nothing for pages of other sites, or of other ports of this host', async () => {
      const own = { 'x-zonelog-console': '1', 'content-type': 'application/json' }
      const body = JSON.stringify({ name: 'forged.example.net' })
      for (const headers of [
        { 'content-type': 'application/json' },
        { ...own, origin: 'http://127.0.0.1:1' },
        { ...own, 'sec-fetch-site': 'same-site' },
        { ...own, 'sec-fetch-site': 'cross-site' },
      ] as const) {
        const response = await ask('/v1/zones', { method: 'POST', headers, body })
        assert.equal(response.status, 403, JSON.stringify(headers))
        assert.equal(((await response.json()) as { code: string }).code, 'cross-site')
      }
      assert.equal((await ask('/v1/zones', { headers: { 'sec-fetch-site': 'same-site' } })).status, 403)
      assert.equal((await ask('/v1/zones', { method: 'POST', headers: own, body })).status, 201)
      await fixture.api.delete('/v1/zones/forged.example.net')
    })

    it('is nothing when a single octet of it is changed', async () => {
      const last = cookie.at(-2) === 'A' ? 'B' : 'A'
      const forged = `${cookie.slice(0, -2)}${last}${cookie.at(-1)}`
      const refused = await fetch(`${fixture.origin}/v1/zones`, { headers: { cookie: forged } })
      assert.equal(refused.status, 401)
      // the browser forgets it
      assert.match(refused.headers.getSetCookie()[0]!, /^zonelog-session=; .*Max-Age=0/)
    })

    it('ends after 12 hours', async () => {
      const { masterKeys } = fixture
      const old = sealSession(masterKeys, { token: fixture.api.token, expiresAt: Date.now() - 1 })
      const headers = { cookie: `zonelog-session=${old}` }
      assert.equal((await fetch(`${fixture.origin}/v1/zones`, { headers })).status, 401)
    })
  })

  describe('a zone', () => {
    let page: Page
    before(async () => {
      page = await (await fixture.operator()).newPage()
      await page.goto('/zones/home.example.net.')
    })
    after(async () => await page.context().close())

    it('shows where a zone file is wrong, and changes nothing', async () => {
      const before = await fixture.api.get('/v1/zones/home.example.net')
      await importFile(page, 'www 300 A 192.0.2.1\nbad 300 A 192.0.2.999\n')
      await page.getByText(/line 2: .*192\.0\.2\.999/).waitFor()
      assert.deepEqual(await fixture.api.get('/v1/zones/home.example.net'), before)
    })

    it('takes a zone file as one change, while one goes on', async () => {
      const file = [SOA, 'home.example.net. 300 NS ns.example.net.', 'www.home.example.net. 300 A 192.0.2.1']
      await importFile(page, `${file.join('\n')}\n`)
      await page.getByText(/\d records added, \d removed, serial \d+ → \d+/).waitFor()
      await page.getByRole('row', { name: /^www.home.example.net. 300 A 192.0.2.1$/ }).waitFor()
    })

    it('has its contents as a zone file', async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Export' }).click(),
      ])
      assert.equal(download.suggestedFilename(), 'home.example.net.zone')
      assert.equal(readFileSync(await download.path(), 'utf8'), await fixture.api.export('home.example.net'))
    })

    it('keeps what was typed into its settings when the API refuses it', async () => {
      await page.getByRole('link', { name: 'Settings' }).click()
      await page.getByLabel('Most records of the zone').fill('many')
      await page.getByText('Expected a whole number.').waitFor()
      await page.getByLabel('Most records of the zone').fill('5000')
      const form = page.getByRole('form', { name: 'Transfers' })
      await form.getByLabel('Who may transfer the zone').fill('192.0.2.53\nnobody-has-this-key')
      await form.getByRole('button', { name: 'Save' }).click()
      await form.getByText(/nobody-has-this-key/).waitFor()
      assert.equal(await page.getByLabel('Most records of the zone').inputValue(), '5000')
      await page
        .getByRole('form', { name: 'Serials and limits' })
        .getByRole('button', { name: 'Save' })
        .click()
      await page.getByText('Settings saved').waitFor()
      const { settings } = await fixture.api.get('/v1/zones/home.example.net')
      assert.equal(settings.maxRecords, 5_000)
    })

    it('lets an operator set leases, and shows who may set limits', async () => {
      const { secret } = (await fixture.api.post('/v1/tokens', { name: 'shift', role: 'operator' })) as {
        secret: string
      }
      const shift = await (await fixture.operator({}, secret)).newPage()
      await shift.goto('/zones/home.example.net./settings')
      const form = shift.getByRole('form', { name: 'Serials and limits' })
      assert.equal(await form.getByLabel('Most records of the zone').isDisabled(), true)
      await form.getByLabel('Leases that updates are granted').fill('1d..30m')
      await form.getByText('Expected the least and the longest').waitFor()
      await form.getByLabel('Leases that updates are granted').fill('30m..1d')
      await form.getByRole('button', { name: 'Save' }).click()
      await shift.getByText('Settings saved').waitFor()
      const { settings } = await fixture.api.get('/v1/zones/home.example.net')
      assert.deepEqual(settings.leases, { least: 1_800, longest: 86_400 })
      await shift.goto('/zones')
      await shift.getByRole('rowheader', { name: 'home.example.net.' }).waitFor()
      assert.equal(await shift.getByRole('button', { name: 'Create a zone' }).count(), 0)
      await shift.context().close()
    })

    it('is deleted only by its name, and Escape leaves all as it is', async () => {
      await fixture.api.createZone('gone.example.net')
      await page.goto('/zones/gone.example.net./settings')
      const open = page.getByRole('button', { name: 'Delete gone.example.net.' })
      await open.click()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Delete gone.example.net.')
      await open.click()
      const sure = page.getByRole('button', { name: 'Delete the zone' })
      assert.equal(await sure.getAttribute('aria-disabled'), 'true')
      await page.getByLabel('Type gone.example.net. to be sure').fill('gone.example.net')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Zones', level: 1 }).waitFor()
      assert.equal((await fixture.api.fetch('/v1/zones/gone.example.net')).status, 404)
    })

    it('stands among deleted zones with who deleted it, keeps its history, and is brought back from it', async () => {
      await page.getByRole('link', { name: 'Deleted zones' }).click()
      const row = page.getByRole('row', { name: /^gone\.example\.net\. .+ by first/ })
      await row.getByRole('link', { name: 'gone.example.net.' }).click()
      await page.getByText('This zone was deleted').waitFor()
      await page.getByText('zone deleted').first().waitFor()
      assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 0)
      await page.getByRole('button', { name: 'Bring it back' }).click()
      const dialog = page.getByRole('dialog')
      assert.equal(await dialog.getByLabel('Name of the new zone').inputValue(), 'gone.example.net.')
      await dialog.getByRole('button', { name: 'Bring back', exact: true }).click()
      await page.getByText(/^gone\.example\.net\. is back: 3 records/).waitFor()
      await page.getByRole('link', { name: 'Look at it' }).last().click()
      await page.getByRole('row', { name: /gone\.example\.net\. .* SOA/ }).waitFor()
      await fixture.api.delete('/v1/zones/gone.example.net')
    })
  })

  describe('leases', () => leaseSpecifications(() => fixture))

  describe('live events', () => {
    const change = async (owner: string) => {
      const put = { action: 'replace', name: owner, type: 'A', ttl: 60, values: ['192.0.2.8'] }
      await fixture.api.post('/v1/zones/home.example.net/changes', { changes: [put] })
    }
    const shown = (page: Page, owner: string) =>
      page.getByText(new RegExp(`${owner}\\.home\\.example\\.net`)).first()
    // as browsers tell it of a window behind others
    const turn = async (page: Page, state: 'hidden' | 'visible') =>
      await page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`,
      )

    for (const [path, list] of [
      ['/', 'log'],
      ['/zones/home.example.net./history', 'list'],
    ] as const) {
      it(`of ${path} keep no connection while nobody sees the window, and come without a gap when somebody does`, async () => {
        const page = await (await fixture.operator()).newPage()
        await page.goto(path)
        const live = page.getByText('live', { exact: true })
        await live.waitFor()
        await change(`${list}-before`)
        await shown(page, `${list}-before`).waitFor()
        await turn(page, 'hidden')
        await live.waitFor({ state: 'detached' })
        await change(`${list}-hidden`)
        await turn(page, 'visible')
        await shown(page, `${list}-hidden`).waitFor()
        await page.context().close()
      })

      it(`of ${path} go on after a session ended and somebody signed in, without a gap and without loading anew`, async () => {
        const name = `watcher-${list}`
        const { secret } = (await fixture.api.post('/v1/tokens', { name, role: 'viewer' })) as {
          secret: string
        }
        const page = await (await fixture.operator({}, secret)).newPage()
        await page.goto(path)
        const live = page.getByText('live', { exact: true })
        await live.waitFor()
        await change(`${list}-seen`)
        await shown(page, `${list}-seen`).waitFor()
        await page.evaluate('globalThis.isSamePage = true')
        await fixture.api.delete(`/v1/tokens/${name}`)
        // what ends the stream is not told any more
        let told = 0
        await until('the stream is cut', async () => {
          await change(`${list}-${++told}`)
          return await live.waitFor({ state: 'detached', timeout: 300 }).then(
            () => true,
            () => false,
          )
        })
        const again = page.getByRole('dialog', { name: 'Sign in again' })
        await again.getByLabel('API token').fill(fixture.api.token)
        await page.keyboard.press('Enter')
        await again.waitFor({ state: 'detached' })
        await live.waitFor()
        await shown(page, `${list}-${told}`).waitFor()
        assert.equal(await page.evaluate('globalThis.isSamePage'), true)
        await page.context().close()
      })
    }
  })

  describe('an update token', () => {
    it('is made for the hosts of a router, shown once with what to type into it, and ended', async () => {
      await fixture.api.post('/v1/keys', { name: 'customers' })
      const page = await (await fixture.operator()).newPage()
      await page.goto('/keys/customers.')
      await page.getByRole('button', { name: 'Create an update token' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill('home')
      await page.getByRole('dialog').getByLabel('Hosts').fill('www.home.example.net')
      await page.keyboard.press('Enter')
      const made = page.getByRole('dialog', { name: 'Update token home' })
      const token = (
        await made.getByLabel('update token', { exact: true }).locator('code').innerText()
      ).trim()
      const shown = made.getByLabel('configuration of FRITZ!Box', { exact: true }).locator('code')
      const [url, ...fields] = (await shown.innerText()).trim().split('\n')
      assert.match(url!, /^https:\/\/127\.0\.0\.1\/nic\/update\?hostname=<domain>/)
      assert.deepEqual(fields, ['www.home.example.net', 'home', token])
      await made.getByRole('button', { name: 'I have it' }).click()
      await page.getByRole('button', { name: 'End home' }).click()
      await page.getByRole('button', { name: 'End it' }).click()
      await page.getByText('None. A router that updates').waitFor()
      assert.deepEqual(await fixture.api.get('/v1/keys/customers/update-tokens'), { tokens: [] })
      await page.context().close()
    })
  })

  // before there is a zone that takes the verifier long
  describe('the system page', () => systemSpecifications(() => fixture))

  describe('records', () => recordSpecifications(() => fixture))

  describe('changing records', () => editingSpecifications(() => fixture))

  describe('the overview', () => {
    it('shows what is updated, within seconds, and what runs', async () => {
      const page = await (await fixture.operator()).newPage()
      await fixture.api.createZone('live.example.net', { allowUpdate: ['127.0.0.0/8'] })
      await page.goto('/')
      await page.getByRole('cell', { name: /^none$/ }).waitFor()
      await page.getByText('live', { exact: true }).waitFor()
      const server = { host: '127.0.0.1', port: fixture.edge.port }
      const { status, output } = await nsupdate(server, 'update add www.live.example.net 60 A 192.0.2.1')
      assert.equal(status, 0, output)
      await page
        .getByRole('log')
        .getByText(/www\.live\.example\.net/)
        .waitFor()
      await page.getByText('As a table').click()
      await page
        .getByRole('table', { name: 'Updates per minute, by outcome' })
        .getByRole('cell')
        .first()
        .waitFor()
      await page.context().close()
    })
  })

  it('shows a token for some zones what it may see of them, on every page of the menu', async () => {
    const made = { name: 'tenant', role: 'viewer', zones: ['home.example.net'] }
    const { secret } = (await fixture.api.post('/v1/tokens', made)) as { secret: string }
    const page = await (await fixture.operator({}, secret)).newPage()
    const complaints = complaintsOf(page)
    await page.goto('/')
    await page.getByRole('link', { name: 'home.example.net.' }).waitFor()
    await page.getByRole('img', { name: /Updates per minute/ }).waitFor()
    await page.getByRole('region', { name: 'Alarms' }).waitFor()
    for (const [link, text] of [
      ['Zones', 'home.example.net.'],
      ['Keys', 'Keys'],
      ['Refusals', 'Refusals'],
      ['System', 'The writer that answers'],
    ] as const) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: link }).click()
      await page.getByRole('heading', { name: link, level: 1 }).waitFor()
      await page.getByText(text).first().waitFor()
      await page.getByText('Loading …').first().waitFor({ state: 'detached' })
      assert.equal(await page.locator('[role=alert].problem').count(), 0, link)
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  describe('every page', () => {
    let page: Page
    before(async () => {
      page = await (await fixture.operator({ colorScheme: 'light', bypassCSP: true })).newPage()
    })
    after(async () => await page.context().close())

    for (const [path, heading] of PAGES)
      it(`${path} has no serious fault for axe, in light and dark`, async () => {
        await page.goto(path)
        await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
        await page.getByText('Loading …').first().waitFor({ state: 'detached' })
        assert.deepEqual(await accessibilityFaults(page), [])
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await picture(page, `${path.slice(1).replaceAll('/', '-') || 'overview'}-${colorScheme}`)
        }
        assert.deepEqual(await accessibilityFaults(page, ['color-contrast']), [])
        await page.emulateMedia({ colorScheme: 'light' })
        await page.setViewportSize({ width: 360, height: 740 })
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
        await page.setViewportSize({ width: 1_280, height: 720 })
      })
  })
})

async function importFile(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Import …' }).click()
  const dialog = page.getByRole('dialog')
  const file = { name: 'zone.txt', mimeType: 'text/plain', buffer: Buffer.from(text) }
  await dialog.getByLabel('Zone file').setInputFiles(file)
  await dialog.getByRole('button', { name: 'Import' }).click()
}
