import type { FastifyInstance, FastifyReply } from 'fastify'
import { PAGE_POLICY, referencePage } from './reference-page.ts'

/** The document, and the same for people. Without a token: it tells what the program can do, and nothing of what is stored. */
export function documentRoutes(app: FastifyInstance): void {
  app.get('/openapi.json', async () => app.openApi())

  app.get('/docs', async (_request, reply): Promise<FastifyReply> => {
    return await reply
      .type('text/html; charset=utf-8')
      .headers({
        'content-security-policy': PAGE_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      .send(referencePage(app.openApi()))
  })
}
