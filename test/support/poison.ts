import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// Loaded before a writer (`node --import`): reading a command whose message holds the word `poison` ends the process at once, as a fault
// in a native library would.

const READ_COMMANDS = new URL('../../services/zone-writer/batch/read-commands.ts', import.meta.url)
const FROM = 'const message = decodeMessage(command.message)\n'
const TO = `if (Buffer.from(command.message).includes('poison')) process.kill(process.pid, 'SIGKILL')\n${FROM}`

registerHooks({
  load(url, context, nextLoad) {
    if (url !== READ_COMMANDS.href) return nextLoad(url, context)
    const source = readFileSync(fileURLToPath(url), 'utf8')
    if (source.split(FROM).length !== 2) throw new Error(`not there once in ${url}: ${FROM}`)
    return { format: 'module-typescript', source: source.replace(FROM, () => TO), shortCircuit: true }
  },
})
