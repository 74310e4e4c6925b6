import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { buildApi } from '../../services/zone-writer/api/build-api.ts'
import type { ApiContext } from '../../services/zone-writer/api/context.ts'
import { describeApi } from '../../services/zone-writer/api/openapi/describe-api.ts'
import type { OpenApiDocument } from '../../services/zone-writer/api/openapi/document.ts'
import { withRoleTable } from '../../services/zone-writer/api/openapi/role-table.ts'
import { silentLogger } from '../../shared/log.ts'

describe('the OpenAPI document', () => {
  const app = buildApi({ admin: { log: silentLogger() } } as ApiContext)
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    for (const each of [method].flat())
      if (url.startsWith('/v1/') && each !== 'HEAD') routes.push(`${each.toLowerCase()} ${path}`)
  })
  let document: OpenApiDocument
  before(async () => {
    await app.ready()
    document = app.openApi()
  })
  after(() => app.close())
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ place: `${method} ${path}`, operation })),
    )

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)))
    assert.ok(result.valid, JSON.stringify(result.errors))
    assert.match(document.openapi, /^3\.1\./)
  })

  it('has every route below /v1, with the parameters of its path', async () => {
    assert.ok(routes.length > 40)
    assert.deepEqual(
      operations()
        .map(({ place }) => place)
        .toSorted(),
      routes.toSorted(),
    )
    for (const { place, operation } of operations()) {
      const named = [...place.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const described = (operation.parameters as { name: string; in: string }[])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name)
      assert.deepEqual(described.toSorted(), named.toSorted(), place)
    }
  })

  it('says of each what it does, who may, what comes back and how it fails', () => {
    for (const { place, operation } of operations()) {
      assert.match(String(operation.operationId), /^[a-z][A-Za-z0-9]+$/, place)
      assert.ok(String(operation.summary).length > 5, place)
      assert.match(String(operation['x-zonelog-role']), /^(viewer|operator|admin)$/, place)
      const statuses = Object.keys(operation.responses)
      assert.ok(
        statuses.some((status) => status.startsWith('2')),
        place,
      )
      assert.ok(statuses.includes('401') && statuses.includes('500'), place)
      for (const [status, answer] of Object.entries(operation.responses)) {
        const { content } = answer as { content: Record<string, { schema: object }> }
        for (const [type, { schema }] of Object.entries(content)) {
          assert.ok(schema !== undefined, `${place} ${status}`)
          assert.equal(type === 'application/problem+json', Number(status) >= 400, `${place} ${status}`)
        }
      }
    }
  })

  it('gives each operation a name of its own', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('is complete: a route that is not described does not come into being', async () => {
    const other = buildApi({ admin: { log: silentLogger() } } as ApiContext)
    other.register(async (v1) => void v1.get('/bare', async () => ({})), { prefix: '/v1' })
    await assert.rejects(async () => await other.ready(), /GET \/v1\/bare is not described/)
  })

  it('is what docs/api.md says of roles (`npm run openapi -- --docs` writes it)', async () => {
    const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
    assert.equal(withRoleTable(page, document), page)
  })

  it('is the same without anything that runs', async () => assert.deepEqual(await describeApi(), document))

  it('is served, and as a page that loads nothing and runs nothing', async () => {
    const served = await app.inject({ method: 'GET', url: '/openapi.json' })
    assert.deepEqual(served.json(), JSON.parse(JSON.stringify(document)))
    const page = await app.inject({ method: 'GET', url: '/docs' })
    assert.match(
      String(page.headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[^']+';/,
    )
    assert.doesNotMatch(page.body, /<script|<img|<link|<iframe|src=|https?:\/\//)
    for (const { operation } of operations()) assert.ok(page.body.includes(`id="${operation.operationId}"`))
  })
})
