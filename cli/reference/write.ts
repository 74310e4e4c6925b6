import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { referencePages } from './pages.ts'

// `npm run docs`

const FOLDER = fileURLToPath(new URL('../../docs/reference/', import.meta.url))

await mkdir(FOLDER, { recursive: true })
for (const [name, text] of referencePages()) {
  await writeFile(`${FOLDER}${name}`, text)
  console.log(`docs/reference/${name}`)
}
