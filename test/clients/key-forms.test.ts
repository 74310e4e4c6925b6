import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCommand } from '../../services/local/run-command.ts'
import { runCli } from '../cli/run-cli.ts'
import { type ClientSystem, knowsZones, startClientSystem } from '../support/client-system.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { knsupdate, nsupdate } from '../support/nsupdate.ts'
import { toolPath } from '../support/programs.ts'
import { until } from '../support/until.ts'

// What `zonelog key create` and `key rotate` print is fed to the programs that it is for.

const NAMES = ['sub_domain.example', 'odd\\.dot.example', 'c\\058olon']

let clients: ClientSystem
let environment: Record<string, string>
const folder = temporaryFolder('key-forms')

before(async () => {
  clients = await startClientSystem()
  environment = { ZONELOG_API_URL: clients.api.url, ZONELOG_API_TOKEN: clients.api.token }
  for (const name of NAMES) await run('key', 'create', name)
  await clients.api.createZone('forms.example', { allowUpdate: NAMES })
  await knowsZones(clients.edge, 1)
})
after(() => clients?.system.close())

async function run(...argv: string[]): Promise<string> {
  const { status, out, err } = await runCli(argv, environment)
  assert.equal(status, 0, err)
  return out
}

/** A new secret of the key, in this form; the ones before end. */
const rotated = (name: string, form: string, ...more: string[]) =>
  run('key', 'rotate', name, '--overlap', '0', '--format', form, ...more)

async function inFile(text: string): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'form-')), 'key')
  await writeFile(file, text, { mode: 0o600 })
  return file
}

const ADD = 'zone forms.example\nupdate add host.forms.example 60 A 192.0.2.1'

/** An edge may hear of the new secret a moment after the command line. */
async function accepted(send: () => Promise<{ status: number; output: string }>): Promise<void> {
  let last = ''
  await until('the update is accepted', async () => {
    const { status, output } = await send()
    last = output
    if (status !== 0 && !/BADSIG|BADKEY/.test(output)) throw new Error(output)
    return status === 0
  })
  assert.equal(last, '')
}

for (const name of NAMES)
  describe(`a key with the name ${name}`, () => {
    it('as a tsig-keygen clause is a file for nsupdate -k', async () => {
      const file = await inFile(await rotated(name, 'tsig-keygen'))
      await accepted(() => nsupdate(clients.server, ADD, '-k', file))
    })

    it('as a tsig-keygen clause is understood by named', async () => {
      const file = await inFile(await rotated(name, 'tsig-keygen'))
      const checked = await runCommand(toolPath('named-checkconf'), [file])
      assert.deepEqual([checked.status, checked.stdout + checked.stderr], [0, ''])
    })

    it('as a line of nsupdate -y works as it stands', async () => {
      const line = await rotated(name, 'nsupdate')
      assert.match(line, /^nsupdate -y .*hmac-sha256:.*\n$/)
      const words = (await runCommand('sh', ['-c', `printf '%s\\n' ${line}`])).stdout.trim().split('\n')
      assert.deepEqual(words.slice(0, 2), ['nsupdate', '-y'])
      await accepted(() => nsupdate(clients.server, ADD, '-y', words[2]!))
    })

    it("as Knot's section passes knotc conf-check", async () => {
      const file = await inFile(await rotated(name, 'knot'))
      const checked = await runCommand(toolPath('knotc'), ['-c', file, 'conf-check'])
      assert.deepEqual([checked.status, checked.stderr], [0, ''], checked.stdout)
    })

    it('as JSON has all that a program needs', async () => {
      const { algorithm, secret, id, clause } = JSON.parse(await rotated(name, 'json'))
      assert.equal(algorithm, 'hmac-sha256')
      assert.ok(clause.includes(secret) && Number.isInteger(id))
    })
  })

describe('each algorithm', () => {
  for (const algorithm of ['hmac-md5', 'hmac-sha1', 'hmac-sha512'])
    it(`${algorithm} in the words of BIND and Knot`, async () => {
      const more = ['--algorithm', algorithm, ...(algorithm === 'hmac-md5' ? ['--allow-legacy'] : [])]
      const clause = await inFile(await rotated('sub_domain.example', 'tsig-keygen', ...more))
      await accepted(() => nsupdate(clients.server, ADD, '-k', clause))
      const section = await inFile(await rotated('sub_domain.example', 'knot'))
      assert.equal((await runCommand(toolPath('knotc'), ['-c', section, 'conf-check'])).status, 0)
      const [, , option] = (await rotated('sub_domain.example', 'nsupdate')).trim().split(' ')
      await accepted(() => knsupdate(clients.server, ADD, '-y', option!))
    })
})
