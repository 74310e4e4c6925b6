import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { runCommand } from '../../services/local/run-command.ts'
import { accessibilityFaults, picture } from '../support/browser.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { testPath } from '../support/programs.ts'
import { until } from '../support/until.ts'
import { ConsoleFixture, complaintsOf } from './fixture.ts'

const ZONE = 'home.example.net.'

describe('the console: keys, rules and history of a zone', () => {
  let fixture: ConsoleFixture
  let page: Page
  let complaints: string[]
  const folder = temporaryFolder('console')

  before(async () => {
    fixture = await ConsoleFixture.start()
    await fixture.api.createZone(ZONE, {
      file: '@ 300 IN SOA ns admin 1 3600 600 86400 60\n@ IN NS ns\nns IN A 192.0.2.53\n',
    })
    const context = await fixture.operator({ permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    complaints = complaintsOf(page)
  })
  after(async () => await fixture.close())

  /** As the page shows it, in a shell, beside the key file. */
  async function runShown(command: string): Promise<{ status: number; stderr: string }> {
    return await runCommand('sh', ['-c', `cd ${folder} && ${command}`], {
      env: { ...process.env, PATH: testPath() },
      timeoutMs: 30_000,
    })
  }

  let shown = ''
  const updateOf = (line: string) => shown.replace(/update add [^\\]*/, line)

  it('makes a key, shows its secret once, and the configuration of clients', async () => {
    await page.goto('/keys')
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor()
    await page.getByRole('button', { name: 'Create a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('router')
    await dialog.getByRole('button', { name: 'Create' }).click()
    const clause = await dialog.getByRole('region', { name: 'key file' }).locator('code').innerText()
    writeFileSync(join(folder, 'router.key'), clause, { mode: 0o600 })
    await dialog.getByText(`server 127.0.0.1 ${fixture.edge.port}`).waitFor()
    shown = await dialog
      .getByRole('region', { name: 'configuration of nsupdate' })
      .locator('code')
      .innerText()
    for (const client of ['Kea', 'certbot', 'lego', 'external-dns', 'ddclient']) {
      await dialog.getByLabel('Client', { exact: true }).selectOption({ label: client })
      await dialog.getByRole('region', { name: `configuration of ${client}` }).waitFor()
    }
    await page.evaluate(
      'Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true })',
    )
    await dialog.getByRole('button', { name: 'Copy key file' }).click()
    await dialog.getByText('Copied', { exact: true }).first().waitFor()
    await page.evaluate('delete navigator.clipboard')
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), clause)
    for (const _ of ['once', 'twice']) await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'I have it' }).click()
    await page.getByRole('link', { name: 'router' }).click()
    await page.getByRole('heading', { name: 'router', level: 1 }).waitFor()
    assert.ok(!(await page.content()).includes(/secret "([^"]+)"/.exec(clause)![1]!))
  })

  it('checks rules while they are typed, and lets them be moved by keyboard', async () => {
    await page.goto(`/zones/${ZONE}/rules`)
    await page.getByRole('button', { name: 'Add a rule' }).click()
    // the keyboard is in it
    await page.keyboard.type('grant router subdmain host A')
    await page.getByText('subdmain').first().waitFor()
    assert.equal(await page.getByRole('button', { name: 'Save' }).getAttribute('aria-disabled'), 'true')
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('list', { name: 'Events, newest first' }).waitFor()
    await page.getByRole('link', { name: 'Rules' }).click()
    assert.equal(
      await page.getByLabel('Rule 1', { exact: true }).inputValue(),
      'grant router subdmain host A',
    )
    await page.getByLabel('Rule 1', { exact: true }).fill('grant router name host A')
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await page.getByLabel('Rule 2', { exact: true }).fill('deny * name host MX')
    await page.getByLabel('Rule 2', { exact: true }).press('Alt+ArrowUp')
    assert.match(await page.getByLabel('Rule 1', { exact: true }).inputValue(), /^deny/)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved the rules').waitFor()
    const { rules } = await fixture.api.get(`/v1/zones/${ZONE}/rules`)
    assert.deepEqual(
      rules.map((rule: string) => rule.split(' ')[0]),
      ['deny', 'grant'],
    )
  })

  it('keeps rules that are not saved when another is added, and when somebody else saves', async () => {
    const ask = page.getByRole('region', { name: 'Would this be allowed?' })
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await page.getByLabel('Rule 3', { exact: true }).fill('deny * name mail A')
    await ask.getByLabel('Key').fill('router')
    await ask.getByLabel('Name').fill('asked')
    await ask.getByRole('button', { name: 'Ask' }).click()
    await ask.getByRole('link', { name: 'Add it to the rules' }).first().click()
    await page.getByLabel('Rule 4', { exact: true }).waitFor()
    const { rules, version } = await fixture.api.get(`/v1/zones/${ZONE}/rules`)
    await fixture.api.put(`/v1/zones/${ZONE}/rules`, { rules: [...rules, 'deny * name www A'], version })
    await page.getByRole('button', { name: 'Save' }).click()
    const conflict = page.getByRole('alert', { name: 'Conflict' })
    await conflict.getByText('deny * name www A').waitFor()
    await conflict.getByText('deny * name mail A').waitFor()
    await conflict.getByRole('button', { name: 'Go on with mine' }).click()
    await conflict.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'As they were' }).click()
    assert.equal(await page.getByLabel('Rule 3', { exact: true }).inputValue(), 'deny * name www A')
    await page.getByRole('button', { name: 'Remove rule 3' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await until(
      'two rules are stored',
      async () => (await fixture.api.get(`/v1/zones/${ZONE}/rules`)).rules.length === 2,
    )
  })

  it('says who could change a name', async () => {
    const who = page.getByRole('region', { name: 'Who could change this name?' })
    await who.getByLabel('Name').fill('host')
    await who.getByRole('button', { name: 'Who?' }).click()
    await who.getByText('may', { exact: true }).waitFor()
    assert.match(await who.getByRole('list', { name: 'Who could' }).innerText(), /may\s+router/)
    assert.match(await who.getByRole('status').innerText(), /^host A: 1 of \d whom the rules name may/)
  })

  it('shows live what the nsupdate does that it told to run', async () => {
    await page.goto(`/zones/${ZONE}/history`)
    await page.getByText('live', { exact: true }).waitFor()
    const { status, stderr } = await runShown(shown)
    assert.equal(status, 0, stderr)
    await page.getByRole('link', { name: '#2' }).waitFor()
    await page.getByText('host.home.example.net. 300 IN A 192.0.2.1').waitFor()
  })

  it('explains a refusal, and takes the rule that was missing from there', async () => {
    const { status } = await runShown(updateOf(`update add other.${ZONE} 60 A 192.0.2.7`))
    assert.equal(status, 2)
    await page.getByRole('link', { name: '#3' }).click()
    await page.getByRole('heading', { name: 'Why' }).waitFor()
    await page.getByRole('link', { name: 'Add it to the rules' }).first().click()
    await page.getByRole('button', { name: 'Try on the last 30 days' }).click()
    await page.getByText('1 allowed that were refused').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved the rules').first().waitFor()
    const again = await runShown(updateOf(`update add other.${ZONE} 60 A 192.0.2.7`))
    assert.equal(again.status, 0, again.stderr)
  })

  it('shows the message of an event as it came', async () => {
    await page.goto(`/zones/${ZONE}/history/2`)
    await page.getByText('The message as it came').click()
    const sections = page.getByRole('region', { name: 'message by sections' })
    await sections.getByText(/;; UPDATE SECTION:\s+host\.home\.example\.net\./).waitFor()
  })

  it('keeps what is typed into a filter when another is chosen', async () => {
    await page.goto(`/zones/${ZONE}/history`)
    await page.getByLabel('Name', { exact: true }).fill('host')
    await page.getByRole('button', { name: 'Zoom out' }).click()
    await page.waitForURL(/since=/)
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'host')
    await page.getByLabel('Outcome', { exact: true }).selectOption('NOERROR')
    await page.waitForURL(/name=host/)
  })

  it('lets the moment be chosen by keyboard, step by step', async () => {
    await page.goto(`/zones/${ZONE}/as-of?event=2`)
    const slider = page.getByRole('slider')
    await page.getByText('As it was: event #2').waitFor()
    await slider.press('ArrowLeft')
    await page.waitForURL(/event=1/)
    await page.getByText('As it was: event #1').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.getByText('As it was: event #3').waitFor()
  })

  it('keeps filters in the address, and compares any two moments', async () => {
    await page.goto(`/zones/${ZONE}/history?outcome=REFUSED`)
    await page.getByRole('link', { name: '#3' }).waitFor()
    assert.equal(
      await page.getByRole('list', { name: 'Events' }).getByRole('link', { name: /^#/ }).count(),
      1,
    )
    await page.goto(`/zones/${ZONE}/compare?from=%231&to=now`)
    await page.getByText('1 record went and 3 came').waitFor()
  })

  it('takes an event back, and shows first what that changes', async () => {
    await page.goto(`/zones/${ZONE}/history`)
    await page.getByLabel('Pick event 4').check()
    await page.getByRole('button', { name: 'Take back the picked event' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 record would go').waitFor()
    await dialog.getByRole('button', { name: 'Take back' }).click()
    await page.getByRole('link', { name: 'Event #5' }).waitFor()
    assert.doesNotMatch(await fixture.api.export(ZONE), /192\.0\.2\.7/)
  })

  it('names both events where somebody else changed it since, and leaves it unless told otherwise', async () => {
    await runShown(updateOf(`update delete host.${ZONE} A`))
    await runShown(updateOf(`update add host.${ZONE} 60 A 192.0.2.9`))
    await page.goto(`/zones/${ZONE}/history/2`)
    await page.getByRole('button', { name: 'Take this back' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('0 records would go and 0 would come').waitFor()
    assert.equal(
      await dialog.getByRole('button', { name: 'Take back' }).getAttribute('aria-disabled'),
      'true',
    )
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('shows the zone as it was with who set each value, and puts it back', async () => {
    await page.goto(`/zones/${ZONE}/as-of?event=2`)
    const records = page.getByRole('region', { name: 'Records and who set them' })
    await records.getByText('192.0.2.1', { exact: true }).waitFor()
    await records.getByRole('link', { name: 'router' }).first().waitFor()
    await page.getByRole('button', { name: 'Put the zone back to this' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('host.home.example.net. 300 IN A 192.0.2.1').waitFor()
    await dialog.getByRole('button', { name: 'Put back' }).click()
    await page.getByRole('link', { name: 'Event #8' }).waitFor()
    assert.match(await fixture.api.export(ZONE), /192\.0\.2\.1\n/)
  })

  it('rotates a key, and says who still uses the old secret', async () => {
    await page.goto('/keys/router.')
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await page.getByRole('region', { name: 'key file' }).waitFor()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByText('retiring').first().waitFor()
  })

  it('offers nothing that a token may not do', async () => {
    const { secret } = (await fixture.api.post('/v1/tokens', { name: 'auditor', role: 'viewer' })) as {
      secret: string
    }
    const context = await fixture.operator({}, secret)
    const seen = await context.newPage()
    await seen.goto(`/zones/${ZONE}/history`)
    await seen.getByRole('link', { name: '#2', exact: true }).click()
    await seen.getByRole('heading', { name: 'What changed' }).waitFor()
    assert.equal(await seen.getByRole('button', { name: 'Take this back' }).count(), 0)
    await seen.getByRole('link', { name: 'Rules', exact: true }).click()
    await seen.getByText('saving them needs the role operator').waitFor()
    assert.equal(await seen.getByRole('button', { name: 'Save' }).count(), 0)
    await context.close()
  })

  it('has no serious fault for axe on any of these pages, wide and on a phone', async () => {
    for (const [theme, width] of [
      ['light', 1280],
      ['dark', 360],
    ] as const) {
      const context = await fixture.operator({
        colorScheme: theme,
        bypassCSP: true,
        viewport: { width, height: 800 },
      })
      const seen = await context.newPage()
      for (const path of [
        '/keys',
        '/keys/router.',
        '/refusals',
        `/zones/${ZONE}/history`,
        `/zones/${ZONE}/history/3`,
        `/zones/${ZONE}/compare?from=%231&to=now`,
        `/zones/${ZONE}/as-of?event=2`,
        `/zones/${ZONE}/rules`,
      ]) {
        await seen.goto(path)
        await seen.getByRole('heading', { level: 1 }).waitFor()
        await seen.getByText('Loading …').first().waitFor({ state: 'detached' })
        assert.deepEqual(await accessibilityFaults(seen), [], path)
        await picture(seen, `${path.slice(1).replaceAll(/[/?#%=&]+/g, '-')}-${theme}`)
        const overflow = await seen.evaluate('document.documentElement.scrollWidth - innerWidth')
        assert.ok((overflow as number) <= 0, `${path} is wider than ${width} px by ${overflow}`)
      }
      await context.close()
    }
  })

  it('ran without a complaint of a script or of the content security policy', () =>
    assert.deepEqual(complaints, []))
})
