import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { type ConsoleFixture, complaintsOf } from './fixture.ts'

const ZONE = 'verified.example.net'

/** The System page and its tokens, of the system that console.test.ts runs. */
export function systemSpecifications(of: () => ConsoleFixture): void {
  let fixture: ConsoleFixture
  let page: Page
  before(async () => {
    fixture = of()
    const context = await fixture.operator({ permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    await page.goto('/system')
    await page.getByText(/^All 16 are worked for/).waitFor()
  })
  after(async () => await page.context().close())

  it('tells who works for each partition since when, and what waits there', async () => {
    await page.getByText('Each partition').click()
    const rows = page.getByRole('region', { name: 'Partitions' }).locator('tbody tr')
    assert.equal(await rows.count(), 16)
    const { writer } = await fixture.api.get('/v1/status')
    await page.getByRole('row', { name: new RegExp(`^15 ${writer} .+ ago 0$`) }).waitFor()
  })

  it('tells somebody whose token is for some zones what runs, not what all zones have', async () => {
    const token = { name: 'some-zones', role: 'viewer', zones: ['home.example.net'] }
    const { secret } = (await fixture.api.post('/v1/tokens', token)) as { secret: string }
    const context = await fixture.operator({}, secret)
    const theirs = await context.newPage()
    const complaints = complaintsOf(theirs)
    await theirs.goto('/system')
    await theirs.getByText('All 16 are worked for.', { exact: true }).waitFor()
    await theirs.getByRole('row', { name: /^\S+ answers not known not known/ }).waitFor()
    await theirs.goto('/')
    await theirs.getByText('Your zones').waitFor()
    assert.deepEqual(complaints, [])
    await context.close()
  })

  it('shows a writer that ended without a word as gone, not as well', async () => {
    await sql`insert into writer_seen (id, host, version, listens, started_at, seen_at)
      values ('lost-1', 'lost', '0.0.9', '192.0.2.1:8053', now() - interval '2 hours', now() - interval '1 hour')`.execute(
      fixture.system.db,
    )
    await page.getByRole('row', { name: /^lost-1 gone seen 1 hour ago – not known/ }).waitFor()
    await page.goto('/')
    await page.getByText('writer lost-1 ended without a word').waitFor()
    await sql`delete from writer_seen where id = 'lost-1'`.execute(fixture.system.db)
  })

  it('tells how far the verifier is in each zone, what it found to differ, and what to do', async () => {
    await fixture.api.createZone(ZONE)
    // the verifier rests for a multiple of what each zone took
    const limitMs = 90_000
    const verified = async () => (await fixture.api.get('/v1/verified-zones?search=VERIFIED')).zones[0]
    await until('the zone was looked at', async () => (await verified()).lookedAt !== undefined, limitMs)
    await page.goto('/system')
    await page.getByText('Each zone').click()
    await page.getByLabel('Search zones').fill('VERIFIED')
    await page.getByRole('row', { name: /^verified\.example\.net\. as it should be 1 of 1/ }).waitFor()
    await sql`update rrset set ttl = ttl + 1 where owner = ${`${ZONE}.`}`.execute(fixture.system.db)
    await until('that is found', async () => (await verified()).differs !== undefined, limitMs)
    await page.goto('/system')
    await page.getByText(/verified\.example\.net\. differs from its history, found/).waitFor()
    await page.getByText(`zonelog rebuild ${ZONE}. --replace`).waitFor()
    await fixture.api.delete(`/v1/zones/${ZONE}`)
  })

  it('makes a token for some zones until a time, and keeps what was typed where the API refuses it', async () => {
    await page.getByRole('button', { name: 'Create a token' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create a token' })
    await dialog.getByLabel('Name').fill('night shift')
    await dialog.getByText('Expected letters, digits, dots').waitFor()
    await dialog.getByLabel('Name').fill('first')
    await dialog.getByLabel('Role').selectOption('operator')
    await dialog.getByLabel('Only for these zones').fill('home.example.net, Lab.example.net')
    await dialog.getByLabel('Ends').fill('2036-01-15T10:00')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText(/first/).waitFor()
    assert.equal(
      await dialog.getByLabel('Only for these zones').inputValue(),
      'home.example.net, Lab.example.net',
    )
    await dialog.getByLabel('Name').fill('night-shift')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Token night-shift' }).waitFor()
    const { tokens } = await fixture.api.get('/v1/tokens')
    const made = tokens.find(({ name }: { name: string }) => name === 'night-shift')
    assert.deepEqual(
      [made.role, made.zones, made.expiresAt],
      ['operator', ['home.example.net.', 'lab.example.net.'], '2036-01-15T09:00:00.000Z'],
    )
  })

  it('shows a token once, to be copied; it opens what it is for, and is revoked after a question', async () => {
    const shown = page.getByRole('dialog', { name: 'Token night-shift' })
    const secret = (await shown.locator('code').innerText()).trim()
    await page.keyboard.press('Escape')
    await shown.getByRole('button', { name: 'Copy the token night-shift' }).click()
    await shown.getByText('Copied').first().waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), secret)
    await shown.getByRole('button', { name: 'I have it' }).click()
    await shown.waitFor({ state: 'detached' })
    assert.ok(!(await page.content()).includes(secret))
    const status = async (path: string) =>
      (await fetch(`${fixture.origin}${path}`, { headers: { authorization: `Bearer ${secret}` } })).status
    assert.deepEqual([await status('/v1/zones/home.example.net'), await status('/v1/tokens')], [200, 403])
    await page.getByRole('row', { name: /^night-shift operator home\.example\.net\., lab/ }).waitFor()
    await page.getByRole('button', { name: 'Revoke night-shift' }).click()
    await page.getByRole('button', { name: 'Revoke it' }).click()
    await page.getByRole('row', { name: /^night-shift .* revoked/ }).waitFor()
    assert.equal(await status('/v1/zones/home.example.net'), 401)
  })
}
