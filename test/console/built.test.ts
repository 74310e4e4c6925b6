import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ApiDocument, clientTypes } from '../../services/console/build/client-types.ts'
import { ensureConsole } from '../../services/console/build/ensure.ts'
import { CONSOLE, DIST, isBuiltFrom, sourcesDigest } from '../../services/console/build/sources.ts'
import { describeApi } from '../../services/zone-writer/api/openapi/describe-api.ts'

const KIBIBYTE = 1 << 10

describe('the built console', () => {
  it('is made of these sources, and not made again', async () => {
    const said: string[] = []
    assert.ok(await ensureConsole(() => {}))
    assert.ok(isBuiltFrom(sourcesDigest()!))
    const { mtimeMs } = statSync(DIST)
    assert.ok(await ensureConsole((line) => said.push(line)))
    assert.equal(statSync(DIST).mtimeMs, mtimeMs)
    assert.deepEqual(said, [])
  })

  it('is less than 200 KiB to load', () => {
    const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    const sizes = files
      .filter((name) => /\.(br|svg)$/.test(name))
      .map((name) => statSync(join(DIST, name)).size)
    assert.ok(sizes.length >= 3)
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 200 * KIBIBYTE)
  })

  it('asks nothing of other hosts', () => {
    const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(js|css|html)$/.test(name),
    )
    assert.ok(files.length >= 3)
    for (const name of files) {
      const hosts = readFileSync(join(DIST, name), 'utf8').match(/https?:\/\/[\w.-]+/g) ?? []
      const others = hosts.filter((host) => host !== 'http://www.w3.org')
      assert.deepEqual(others, [], name)
    }
  })

  it('knows the operations of the API as the API describes them: `npm run client`', async () => {
    const document = JSON.parse(JSON.stringify(await describeApi())) as ApiDocument
    const known = readFileSync(join(CONSOLE, 'src/api/operations.ts'), 'utf8')
    assert.equal(known, clientTypes(document))
  })
})
