import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { clusterNats, ensureClusterNats } from '../support/cluster-nats.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe('the nats-server of tests of clusters', () => {
  const folder = temporaryFolder('cluster-nats')
  const program = (path: string, script: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return join(folder, path)
  }
  const old = program('old/nats-server', 'echo nats-server: v2.9.10')
  const fit = program('fit/nats-server', 'echo nats-server: v2.12.1')
  const cache = (name: string) => join(folder, name)

  it('is that of this machine where it is fit, whatever was got before', async () => {
    program('got/bin/nats-server', 'echo nats-server: v2.10.27')
    const found = await clusterNats({ own: fit, cacheDir: cache('got') })
    assert.deepEqual(found, { program: fit, version: '2.12.1', isFit: true })
  })

  it('else the one that was got', async () => {
    const got = program('got/bin/nats-server', 'echo nats-server: v2.10.27')
    const found = await clusterNats({ own: old, cacheDir: cache('got') })
    assert.deepEqual(found, { program: got, version: '2.10.27', isFit: true })
  })

  it('but not one that does not run here', async () => {
    program('broken/bin/nats-server', 'echo "version GLIBC_2.34 not found" >&2; exit 1')
    const found = await clusterNats({ own: old, cacheDir: cache('broken') })
    assert.deepEqual(found, { program: old, version: '2.9.10', isFit: false })
  })

  it('where none can be had, tests go on, and are told what that means', async () => {
    writeFileSync(cache('file'), '')
    const said: string[] = []
    await ensureClusterNats((line) => said.push(line), { own: old, cacheDir: cache('file') })
    assert.match(said.at(-1)!, /nats-server 2\.9\.10 is too old for clusters.*a single one/)
  })
})
