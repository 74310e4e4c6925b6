import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import type { OpenApiDocument } from '../../services/zone-writer/api/openapi/document.ts'

/** Holds what the API answers against its OpenAPI document; returns what is not as it is described there. */
export function watchAnswers(app: FastifyInstance): readonly string[] {
  const faults: string[] = []
  let check: ((route: string, method: string, status: number, type: string, body: string) => void) | undefined
  app.addHook('onSend', async (request, reply, payload) => {
    const route = request.routeOptions.url
    if (route?.startsWith('/v1/') && typeof payload === 'string') {
      check ??= checker(app.openApi(), faults)
      const type = String(reply.getHeader('content-type')).split(';')[0]!
      check(route, request.method, reply.statusCode, type, payload)
    }
    return payload
  })
  return faults
}

function checker(document: OpenApiDocument, faults: string[]) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'api')
  return (route: string, method: string, status: number, type: string, body: string) => {
    if (method === 'HEAD') return
    const place = `${method} ${route} ${status} ${type}`
    const path = route.replaceAll(/:(\w+)/g, '{$1}')
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type]
    const answer = pointer.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      document,
    )
    if (answer === undefined) {
      faults.push(`${place} is not described: ${body.slice(0, 200)}`)
      return
    }
    if (!type.endsWith('json')) return
    const fragment = [...pointer, 'schema'].map(escaped).join('/')
    const validate = ajv.compile({ $ref: `api#/${fragment}` })
    if (!validate(JSON.parse(body)))
      faults.push(`${place} is not as described: ${ajv.errorsText(validate.errors)}: ${body.slice(0, 300)}`)
  }
}

/** RFC 6901, in the fragment of a URI. */
function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))
}
