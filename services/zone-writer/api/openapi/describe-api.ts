import { readFile, writeFile } from 'node:fs/promises'
import { silentLogger } from '../../../../shared/log.ts'
import { buildApi } from '../build-api.ts'
import type { ApiContext } from '../context.ts'
import type { OpenApiDocument } from './document.ts'
import { withRoleTable } from './role-table.ts'

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

const PAGE = new URL('../../../../docs/api.md', import.meta.url)

/** `npm run openapi -- FILE` writes the document; `--docs` the table of roles in docs/api.md. */
if (import.meta.main) {
  const document = await describeApi()
  const text = `${JSON.stringify(document, null, 2)}\n`
  const file = process.argv[2]
  if (file === '--docs') await writeFile(PAGE, withRoleTable(await readFile(PAGE, 'utf8'), document))
  else if (file === undefined) process.stdout.write(text)
  else await writeFile(file, text)
}
