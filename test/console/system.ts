import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { until } from '../support/until.ts'
import type { ConsoleFixture } from './fixture.ts'

const ZONE = 'verified.example.net'

/** The System page, of the system that console.test.ts runs. */
export function systemSpecifications(of: () => ConsoleFixture): void {
  let fixture: ConsoleFixture
  let page: Page
  before(async () => {
    fixture = of()
    page = await (await fixture.operator()).newPage()
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
    const verified = async () => (await fixture.api.get('/v1/verified-zones?search=VERIFIED')).zones[0]
    await until('the zone was looked at', async () => (await verified()).lookedAt !== undefined)
    await page.goto('/system')
    await page.getByText('Each zone').click()
    await page.getByLabel('Search zones').fill('VERIFIED')
    await page.getByRole('row', { name: /^verified\.example\.net\. as it should be 1 of 1/ }).waitFor()
    await sql`update rrset set ttl = ttl + 1 where owner = ${`${ZONE}.`}`.execute(fixture.system.db)
    await until('that is found', async () => (await verified()).differs !== undefined)
    await page.goto('/system')
    await page.getByText(/verified\.example\.net\. differs from its history, found/).waitFor()
    await page.getByText(`zonelog rebuild ${ZONE}. --replace`).waitFor()
    await fixture.api.delete(`/v1/zones/${ZONE}`)
  })
}
