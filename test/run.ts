import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureClientPrograms } from './support/client-programs.ts'
import { ensureClusterNats } from './support/cluster-nats.ts'
import { POSTGRES_VARIABLE, testPostgres } from './support/infrastructure.ts'
import { ensureTestPrograms, testPath } from './support/programs.ts'

// `npm test`: types, lint, then every test against real servers. `npm test -- test/dns` runs only the tests there.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** One test; the slowest start several systems one after another. */
const TEST_LIMIT_MS = 240_000

const given = process.argv.slice(2)
process.exitCode = await main()

async function main(): Promise<number> {
  process.on('SIGINT', () => {}) // the terminal sends it to the step that runs, which ends itself
  if (given.length === 0) {
    for (const project of ['.', 'services/console'])
      if (!(await step(`Types of ${project}`, 'node_modules/.bin/tsc', ['--project', project]))) return 1
    if (!(await step('Format and lint', 'node_modules/.bin/biome', ['check', '--error-on-warnings'])))
      return 1
  }
  if (!(await step('Console', process.execPath, ['services/console/build/main.ts']))) return 1
  const python = await ensureTestPrograms(say)
  if (hasTestsOfClusters()) await ensureClusterNats(say)
  await ensureClientPrograms(say)
  say('Starting a Postgres for the tests …')
  const environment = {
    ...process.env,
    // as cli/main.ts does: each test file is a process that loads half of the sources
    NODE_COMPILE_CACHE: join(ROOT, '.cache/compiled'),
    PATH: testPath(),
    [POSTGRES_VARIABLE]: await testPostgres(),
    TEST_PYTHON: python,
  }
  const patterns = given.length === 0 ? ['test/**/*.test.ts'] : given.map(pattern)
  say(`Running ${patterns.join(' ')} …`)
  return run(process.execPath, [...testOptions(), ...patterns], environment)
}

function testOptions(): string[] {
  // most of a test's time is waiting for servers, so two at once pay off even on one core
  const concurrency = Math.max(2, availableParallelism())
  return [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=spec',
    // what a failed test leaves open must not hold up the rest
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${TEST_LIMIT_MS}`,
  ]
}

/** Whether any of what is to run may start several nats-servers. */
function hasTestsOfClusters(): boolean {
  const folders = ['test/services', 'test/faults']
  const isIn = (argument: string) =>
    folders.some((folder) => argument.startsWith(folder) || folder.startsWith(argument))
  return given.length === 0 || given.some(isIn)
}

/** A folder means the tests in it; options of `node --test` pass through. */
function pattern(argument: string): string {
  if (argument.startsWith('-')) return argument
  const isFolder = existsSync(argument) && statSync(argument).isDirectory()
  return isFolder ? `${argument.replace(/\/$/, '')}/**/*.test.ts` : argument
}

async function step(title: string, program: string, args: readonly string[]): Promise<boolean> {
  say(`${title} …`)
  const status = await run(program, args, process.env)
  if (status !== 0) say(`${title}: not right, see above.`)
  return status === 0
}

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', env: environment })
    child.once('error', (error) => {
      say(`${program}: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code) => resolve(code ?? 1))
    process.once('SIGTERM', () => child.kill('SIGTERM'))
  })
}

function say(line: string): void {
  console.log(line)
}
