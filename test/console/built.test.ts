import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fastify from 'fastify'
import { type ApiDocument, clientTypes } from '../../services/console/build/client-types.ts'
import { ensureConsole } from '../../services/console/build/ensure.ts'
import { CONSOLE, DIST, isBuiltFrom, sourcesDigest } from '../../services/console/build/sources.ts'
import { consoleRoutes } from '../../services/zone-writer/api/console/serve-console.ts'
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

describe('a writer', () => {
  const get = async (folder: string, url: string, accept = 'text/html') => {
    const app = fastify()
    consoleRoutes(app, folder)
    const headers = { accept, 'accept-encoding': 'gzip, br' }
    try {
      return await app.inject({ url, headers })
    } finally {
      await app.close()
    }
  }

  it('gives every address of a page the page, which runs own scripts only and stands in no frame', async () => {
    for (const url of ['/', '/zones/example.com./records?type=A']) {
      const { statusCode, headers } = await get(DIST, url)
      assert.equal(statusCode, 200)
      assert.equal(headers['content-encoding'], 'br')
      assert.equal(headers['cache-control'], 'no-cache')
      const policy = String(headers['content-security-policy'])
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe|https?:|\*/)
      assert.equal(headers['referrer-policy'], 'no-referrer')
    }
  })

  it('gives files whose names change with them for ever', async () => {
    const [script] = readdirSync(join(DIST, 'assets')).filter((name) => name.endsWith('.js'))
    const { statusCode, headers } = await get(DIST, `/assets/${script}`, '*/*')
    assert.equal(statusCode, 200)
    assert.match(String(headers['content-type']), /^text\/javascript/)
    assert.match(String(headers['cache-control']), /immutable/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
  })

  it('finds nothing for programs, files of before and addresses of the API', async () => {
    for (const [url, accept] of [
      ['/zone', 'application/json'],
      ['/assets/index-0.js', 'text/html'],
      ['/v1/nothing', 'text/html'],
      ['/../package.json', '*/*'],
    ] as const)
      assert.equal((await get(DIST, url, accept)).statusCode, 404, url)
  })

  it('says how to build the console where it is not built', async () => {
    const { statusCode, body } = await get('/nowhere', '/')
    assert.equal(statusCode, 503)
    assert.match(body, /npm run build/)
  })
})
