import { writeFile } from 'node:fs/promises'
import { silentLogger } from '../../../../shared/log.ts'
import { buildApi } from '../build-api.ts'
import type { ApiContext } from '../context.ts'
import type { OpenApiDocument } from './document.ts'

/** The document of the API, without anything that runs: routes use what they are made of when a request comes. */
export async function describeApi(): Promise<OpenApiDocument> {
  const app = buildApi({ admin: { log: silentLogger() } } as ApiContext)
  await app.ready()
  try {
    return app.openApi()
  } finally {
    await app.close()
  }
}

/** `npm run openapi [-- FILE]` */
if (import.meta.main) {
  const text = `${JSON.stringify(await describeApi(), null, 2)}\n`
  const file = process.argv[2]
  if (file === undefined) process.stdout.write(text)
  else await writeFile(file, text)
}
