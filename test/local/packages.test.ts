import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { unpackDebianPackages } from '../../services/local/debian-packages.ts'
import { natsProgram } from '../../services/local/nats-program.ts'
import { ensureProgram, installedProgram } from '../../services/local/packages.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { temporaryFolder } from '../support/temporary.ts'

// stand-ins that install nothing for the system, and know one package that needs one library
const APT_GET = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/../apt-calls"
case "$*" in
  *sourcelist=*sourceparts=-*update) cp "\${2#*=}" "$(dirname "$0")/../sources" ;;
  *sourcelist=*sourceparts=-*'download proof/next') : > proof.deb ;;
  *--simulate*unknown*) echo 'E: Unable to locate package unknown'; exit 100 ;;
  *--simulate*) echo 'Inst libproof2 [0.9] (1.0-1 Debian:12 [amd64]) []'; echo 'Inst proof (2:1.0 Debian:12 [amd64])' ;;
  *'download libproof2=1.0-1 proof=2:1.0') : > libproof2.deb; : > proof.deb ;;
  *update) ;;
  *) exit 1 ;;
esac
`
const DPKG = `#!/bin/sh
case $2 in
  */proof.deb) mkdir -p "$3/usr/bin"; printf '#!/bin/sh\\necho "$LD_LIBRARY_PATH $*"\\n' > "$3/usr/bin/zonelog-proof"; chmod +x "$3/usr/bin/zonelog-proof" ;;
  */libproof2.deb) mkdir -p "$3/usr/lib/arch"; : > "$3/usr/lib/arch/libproof.so.2" ;;
esac
`

describe('programs from packages', () => {
  const folder = temporaryFolder('packages')
  const cacheDir = join(folder, 'cache')
  const said: string[] = []
  const options = { cacheDir, say: (line: string) => said.push(line) }
  const path = process.env.PATH

  const program = (name: string, script: string) =>
    writeFileSync(join(folder, 'bin', name), script, { mode: 0o755 })

  before(() => {
    mkdirSync(join(folder, 'bin'))
    program('apt-get', APT_GET)
    program('dpkg', DPKG)
    program('sudo', '#!/bin/sh\nexit 1\n')
    process.env.PATH = `${join(folder, 'bin')}:${path}`
  })
  after(() => {
    process.env.PATH = path
  })

  it('are looked for along the PATH first', async () => {
    assert.equal(
      await ensureProgram('sh', { apt: ['unknown'] }, options),
      await installedProgram('sh', cacheDir),
    )
    assert.deepEqual(said, [])
  })

  it('are unpacked with their libraries where nothing may be installed, and found there again', async () => {
    const found = await ensureProgram('zonelog-proof', { apt: ['proof'] }, options)
    assert.equal(found, join(cacheDir, 'bin/zonelog-proof'))
    const { stdout } = await runCommand(found, ['a', 'b c'])
    assert.equal(stdout, `${join(cacheDir, 'tree-proof/usr/lib/arch')} a b c\n`)
    assert.match(said.join('\n'), /Unpacking proof into .* \(no root needed\)/)
    said.length = 0
    assert.equal(await ensureProgram('zonelog-proof', { apt: ['proof'] }, options), found)
    assert.deepEqual(said, [])
  })

  it('of another release are believed if Debian signed them, and come alone', async () => {
    const later = { ...options, cacheDir: join(folder, 'later') }
    const release = { name: 'next', mirror: 'http://mirror.test/debian/' }
    assert.equal(await unpackDebianPackages(['proof'], later, release), true)
    const { stdout } = await runCommand(join(later.cacheDir, 'bin/zonelog-proof'), ['a'])
    assert.equal(stdout, ' a\n')
    assert.equal(
      readFileSync(join(folder, 'sources'), 'utf8'),
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian/ next main\n',
    )
  })

  it('that no manager has are reported with what the manager said', async () => {
    assert.equal(await ensureProgram('zonelog-none', { apt: ['unknown'] }, options), undefined)
    assert.match(said.join('\n'), /did not work:\n.*Unable to locate package unknown/)
  })

  it('a nats-server that is too old is refused with each way to get another', async () => {
    program('nats-server', '#!/bin/sh\necho nats-server: v2.8.4\n')
    await assert.rejects(natsProgram(options), (fault: Error) => {
      assert.match(fault.message, /is version 2\.8\.4, which is too old/)
      for (const way of ['apt-get', 'dnf', 'apk', 'brew', 'releases', 'ZONELOG_NATS_URL'])
        assert.ok(fault.message.includes(way), way)
      return true
    })
  })
})
