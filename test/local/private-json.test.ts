import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readJson, writePrivateJson } from '../../services/local/private-json.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe('a JSON file of the data directory', () => {
  it('takes many writes at once, is whole, for its owner only, and leaves nothing beside it', async () => {
    const folder = temporaryFolder('json')
    const file = join(folder, 'ports.json')
    await Promise.all(Array.from({ length: 40 }, (_, index) => writePrivateJson(file, { index })))
    assert.equal(typeof ((await readJson(file)) as { index: number }).index, 'number')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder), ['ports.json'])
  })
})
