import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MUTATIONS } from './mutations.ts'

// Loaded before a service (`node --import`): changes its source as it is read. A text that is not there exactly once is a fault, so that
// no planted bug is lost when the services change.

const name = process.env.CHAOS_MUTATION
const mutation = MUTATIONS.find((each) => each.name === name)
if (mutation === undefined) throw new Error(`no planted bug has the name ${name}`)
const ROOT = new URL('../../../', import.meta.url).href

registerHooks({
  load(url, context, nextLoad) {
    const changes = mutation.changes.filter(({ file }) => url === `${ROOT}${file}`)
    if (changes.length === 0) return nextLoad(url, context)
    let source = readFileSync(fileURLToPath(url), 'utf8')
    for (const { from, to } of changes) {
      if (source.split(from).length !== 2)
        throw new Error(`${mutation.name}: not there once in ${url}: ${from}`)
      source = source.replace(from, () => to)
    }
    return { format: 'module-typescript', source, shortCircuit: true }
  },
})
