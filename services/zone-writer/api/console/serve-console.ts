import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CONSOLE_FOLDER, type ConsoleFile, readConsole } from './console-files.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>zonelog</title>
<h1>The console is not built</h1>
<p>The API works. To have the console as well, run this in the folder of zonelog, then load this page again:
<pre>npm install --include=optional &amp;&amp; npm run build</pre>
</html>
`

/** The names of built files hold a hash of what is in them. */
const FOREVER = 'public, max-age=31536000, immutable'

/** Pages of the console, at every address that nothing else has. They need no token: what they show, they ask the API for. */
export function consoleRoutes(app: FastifyInstance, folder = CONSOLE_FOLDER): void {
  let files: ReadonlyMap<string, ConsoleFile> | undefined

  app.get('/*', async (request, reply) => {
    // once built, it is read once; a console built later needs no restart
    files ??= readConsole(folder)
    const path = request.url.split('?', 1)[0] ?? '/'
    const asset = path === '/index.html' ? undefined : files?.get(path)
    if (asset !== undefined) return await send(request, reply.header('cache-control', assetAge(path)), asset)
    if (!isPage(request, path)) return reply.callNotFound()
    reply.headers(SECURITY_HEADERS).header('cache-control', 'no-cache')
    const page = files?.get('/index.html')
    if (page !== undefined) return await send(request, reply, page)
    return await reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT)
  })
}

function assetAge(path: string): string {
  return path.startsWith('/assets/') ? FOREVER : 'no-cache'
}

/** An address that a person looks at, rather than one that a program got wrong. */
function isPage({ headers }: FastifyRequest, path: string): boolean {
  if (/^\/(v1|assets|docs)(\/|$)/.test(path)) return false
  return path === '/' || /\btext\/html\b/.test(headers.accept ?? '')
}

async function send(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): Promise<FastifyReply> {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find(
    (name) => file[name] !== undefined && new RegExp(`\\b${name}\\b`).test(accepted),
  )
  reply.type(file.type).header('vary', 'accept-encoding').header('x-content-type-options', 'nosniff')
  if (encoding === undefined) return await reply.send(file.plain)
  return await reply.header('content-encoding', encoding).send(file[encoding])
}
