import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isBuiltFrom, sourcesDigest } from './sources.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/**
 * Builds the console when its sources are newer than what is built, in a process of its own, in some seconds. A console that cannot be
 * built is said and stops nothing: the API does without.
 */
export async function ensureConsole(say: (line: string) => void): Promise<boolean> {
  const digest = sourcesDigest()
  if (digest === undefined || isBuiltFrom(digest)) return true
  say('Building the console (some seconds, once) …')
  const { status, output } = await runBuild()
  if (status === 0) return true
  const reason = output.split('\n').find((line) => /error/i.test(line)) ?? output.trim().split('\n').at(-1)
  say(
    `  it could not be built: ${reason?.trim()}\n  zonelog runs without it; \`npm install --include=optional && npm run build\` tries again`,
  )
  return false
}

function runBuild(): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const options = ['--disable-warning=ExperimentalWarning', MAIN]
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    child.once('error', (error) => resolve({ status: 1, output: error.message }))
    child.once('close', (code) => resolve({ status: code ?? 1, output }))
  })
}
