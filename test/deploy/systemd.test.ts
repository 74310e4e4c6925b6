import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runCommand } from '../../services/local/run-command.ts'
import { VARIABLES } from '../../shared/config.ts'
import { isTooOpen } from '../../shared/secrets/master-key-file.ts'
import { temporaryFolder } from '../support/temporary.ts'

const FOLDER = new URL('../../deploy/systemd/', import.meta.url)
const units = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.service'))
  .map((file) => ({ file, text: readFileSync(new URL(file, FOLDER), 'utf8') }))
const of = (part: string) => units.find(({ file }) => file.includes(part))!.text

/** Of 10; systemd calls less than 3 "OK". */
const MOST_EXPOSED = 2

describe('deploy/systemd', () => {
  it('has units for edges, writers and migrations, each with its command', () => {
    assert.equal(units.length, 3)
    for (const part of ['edge', 'writer', 'migrate'])
      assert.match(of(part), new RegExp(`^ExecStart=/usr/bin/node .*/opt/zonelog/cli/main.ts ${part}$`, 'm'))
  })

  it('names no variable that the configuration does not know', () => {
    for (const { text } of units)
      for (const [name] of text.matchAll(/\bZONELOG_[A-Z_]+\b/g))
        assert.ok(Object.hasOwn(VARIABLES, name), name)
  })

  it('runs as users of their own without rights, but for port 53 of the edge', () => {
    for (const { text } of units) {
      assert.match(text, /^DynamicUser=yes$/m)
      assert.match(text, /^NoNewPrivileges=yes$/m)
      assert.match(text, /^ProtectSystem=strict$/m)
    }
    assert.match(of('edge'), /^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m)
    assert.match(of('edge'), /^CapabilityBoundingSet=CAP_NET_BIND_SERVICE$/m)
    for (const part of ['writer', 'migrate']) assert.match(of(part), /^CapabilityBoundingSet=$/m)
  })

  it('tries again for ever, every few seconds, when what it needs comes later than it does', () => {
    for (const part of ['edge', 'writer']) {
      const unitSection = of(part).split('[Service]')[0]!
      assert.match(unitSection, /^StartLimitIntervalSec=0$/m)
      assert.match(of(part), /^Restart=always$/m)
      assert.match(of(part), /^RestartSec=[2-5]s$/m)
    }
  })

  it('hands the master key to services, which take it as systemd hands it on, and no wider open', () => {
    for (const part of ['edge', 'writer']) assert.match(of(part), /^LoadCredential=master\.key:/m)
    const [root, service] = [0, 61_234]
    // of root, readable by an access list whose mask shows as the group's rights; or the service's own
    assert.equal(isTooOpen({ mode: 0o100440, uid: root }, service), false)
    assert.equal(isTooOpen({ mode: 0o100400, uid: service }, service), false)
    for (const mode of [0o100444, 0o100460, 0o100441])
      assert.equal(isTooOpen({ mode, uid: root }, service), true, mode.toString(8))
    assert.equal(isTooOpen({ mode: 0o100440, uid: service }, service), true)
    assert.equal(isTooOpen({ mode: 0o100440, uid: root }, root), true)
  })

  it('lets answers go before updates where processors are full', () => {
    assert.match(of('edge'), /^CPUWeight=1000$/m)
    for (const part of ['writer', 'migrate']) assert.doesNotMatch(of(part), /^CPUWeight=/m)
  })

  it('gives edges no way into the database (P8)', () => assert.doesNotMatch(of('edge'), /DATABASE|postgres/i))

  it('is what systemd takes, and calls hardened, where there is one', async (t) => {
    const folder = join(temporaryFolder('systemd'), 'units')
    mkdirSync(folder)
    const files = units.map(({ file, text }) => {
      const unit = join(folder, file.replace('@.', '@a.'))
      // node is elsewhere on a machine that tests run on
      writeFileSync(unit, text.replace('/usr/bin/node', process.execPath))
      return unit
    })
    const verified = await runCommand('systemd-analyze', ['verify', ...files], { timeoutMs: 60_000 })
    if (verified.status === 127)
      return t.skip('there is no systemd-analyze here; the checks above hold all the same')
    assert.equal(verified.stderr + verified.stdout, '')
    for (const file of files) {
      const { stdout } = await runCommand('systemd-analyze', ['security', '--offline=true', file], {
        timeoutMs: 60_000,
      })
      const level = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])
      assert.ok(level <= MOST_EXPOSED, `${file}: ${level}`)
    }
  })
})
