import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type DescribedRoute, type OpenApiDocument, openApiDocument } from './document.ts'
import { described } from './route-schema.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The API as an OpenAPI document; to be called once all routes are there. */
    openApi: () => OpenApiDocument
  }
}

/** Has every route below /v1 described from here on, and throws for one that is not. */
export function collectRoutes(app: FastifyInstance): void {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (!url.startsWith('/v1/')) return
    for (const each of [method].flat())
      if (each !== 'HEAD') routes.push({ method: each, url, schema: described(each, url, schema) })
  })
  let document: OpenApiDocument | undefined
  app.decorate('openApi', () => {
    document ??= openApiDocument(routes, version())
    return document
  })
}

function version(): string {
  const file = new URL('../../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
