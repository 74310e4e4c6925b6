import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/temporary.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

// stands in for npm: writes down how it was called, and installs a node_modules that holds as much as the bootstrap looks at
const NPM = `#!/bin/sh
case $1 in --version) echo "\${NPM_VERSION:-11.0.0}"; exit ;; esac
echo "$*" >> npm-calls
eval "$NPM_FAULT"
sleep 0.2
mkdir -p node_modules/node/bin node_modules/typescript
case $* in *--include=dev*) echo '{}' > node_modules/typescript/package.json ;; esac
test -n "$NPM_WITHOUT_NODE" || ln -sf "${process.execPath}" node_modules/node/bin/node
`

interface Project {
  readonly folder: string
  run(
    args?: readonly string[],
    more?: Record<string, string>,
    program?: string,
    onOutput?: (output: string) => void,
  ): Promise<{ status: number | null; output: string }>
  /** The arguments of each call of npm. */
  npmCalls(): string[]
}

/** A working copy in which nothing is installed, with the stand-in on the PATH. */
function freshProject(): Project {
  const folder = temporaryFolder('bootstrap')
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(folder, file))
  mkdirSync(join(folder, 'cli'))
  writeFileSync(
    join(folder, 'cli/main.ts'),
    'const words: string[] = process.argv.slice(2)\nconsole.log("ran [" + words + "]")\nprocess.exitCode = 7\n',
  )
  mkdirSync(join(folder, 'programs'))
  writeFileSync(join(folder, 'programs/npm'), NPM)
  chmodSync(join(folder, 'programs/npm'), 0o755)
  symlinkSync(process.execPath, join(folder, 'programs/node'))
  const PATH = `${join(folder, 'programs')}:/usr/bin:/bin`
  return {
    folder,
    run: (args = [], more = {}, program = join(folder, 'bin/zonelog'), onOutput = () => {}) =>
      new Promise((resolve) => {
        const child = spawn(program, args, {
          cwd: folder,
          env: { PATH, ...more },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let output = ''
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (chunk: string) => {
            output += chunk
            onOutput(output)
          })
        child.once('close', (status) => resolve({ status, output }))
      }),
    npmCalls: () => {
      const file = join(folder, 'npm-calls')
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    },
  }
}

describe('bin/zonelog on a machine where nothing is installed', () => {
  it('installs by the lock file, saying so, then runs; the next time it just runs', async () => {
    const project = freshProject()
    const first = await project.run(['a', 'b c'])
    assert.equal(first.status, 7)
    assert.match(
      first.output,
      /^Installing what zonelog runs on[\s\S]*Installed in \d+ s\.\nran \[a,b c\]\n$/,
    )
    assert.deepEqual(await project.run(['again']), { status: 7, output: 'ran [again]\n' })
    assert.deepEqual(project.npmCalls(), ['ci --no-audit --no-fund'])
  })

  it('installs anew when the lock file has changed', async () => {
    const project = freshProject()
    await project.run()
    writeFileSync(join(project.folder, 'package-lock.json'), '{ "packages": {} }')
    await project.run()
    assert.equal(project.npmCalls().length, 2)
  })

  it('installs once when two start at the same time', async () => {
    const project = freshProject()
    // npm goes on when the second start has seen that there is a first
    const slow = { NPM_FAULT: 'while ! test -e seen; do sleep 0.05; done' }
    const onOutput = (output: string) => {
      if (output.includes('Another start')) writeFileSync(join(project.folder, 'seen'), '')
    }
    const start = (word: string) => project.run([word], slow, undefined, onOutput)
    const [one, other] = await Promise.all([start('one'), start('other')])
    assert.equal(project.npmCalls().length, 1)
    assert.match(one.output, /ran \[one\]/)
    assert.match(other.output, /ran \[other\]/)
    assert.match(one.output + other.output, /Another start of zonelog is installing/)
  })

  it('is not held up by an installation that was killed', async () => {
    const project = freshProject()
    mkdirSync(join(project.folder, '.cache'))
    writeFileSync(join(project.folder, '.cache/installing'), '4194999')
    assert.match((await project.run()).output, /ran \[\]/)
  })

  it('works through a symbolic link', async () => {
    const project = freshProject()
    const link = join(project.folder, 'programs/zonelog')
    symlinkSync('../bin/zonelog', link)
    assert.match((await project.run(['linked'], {}, link)).output, /ran \[linked\]/)
  })

  it('is the process that it starts, so that a signal reaches it', async () => {
    const project = freshProject()
    await project.run()
    writeFileSync(join(project.folder, 'cli/main.ts'), 'console.log(process.pid)')
    const child = spawn(join(project.folder, 'bin/zonelog'), { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    for await (const chunk of child.stdout) output += String(chunk)
    assert.equal(Number(output), child.pid)
  })

  it('stops with one clear error when it cannot install', async () => {
    const cases: [string, Record<string, string>, RegExp][] = [
      ['npm too old', { NPM_VERSION: '6.14.18' }, /needs npm 8 or newer; this is 6\.14\.18/],
      [
        'a full disk',
        { NPM_FAULT: 'echo npm error code ENOSPC; exit 1' },
        /^The disk that holds .* is full/m,
      ],
      ['no network', { NPM_FAULT: 'echo npm error EAI_AGAIN; exit 1' }, /does not reach its registry/],
      [
        'anything else',
        { NPM_FAULT: 'echo npm error: boom; exit 9' },
        /`npm ci` in .* failed \(status 9\):\n {2}npm error: boom/,
      ],
    ]
    for (const [title, more, message] of cases) {
      const project = freshProject()
      const { status, output } = await project.run([], more)
      assert.equal(status, 1, title)
      assert.match(output, message, title)
      assert.doesNotMatch(output, /^ +at /m, title)
      assert.match((await project.run()).output, /ran \[\]/, `after ${title} the next start tries again`)
    }
  })

  it('says what to do in a folder that it may not write to', {
    skip: process.getuid?.() === 0 && 'root may write everywhere',
  }, async () => {
    const project = freshProject()
    chmodSync(project.folder, 0o555)
    const { status, output } = await project.run()
    chmodSync(project.folder, 0o755)
    assert.equal(status, 1)
    assert.match(output, /cannot write there \(EACCES\)\.\nLet the owner/)
  })

  it('runs on the Node at hand where install scripts are switched off', async () => {
    const project = freshProject()
    const { output } = await project.run([], { NPM_WITHOUT_NODE: 'yes' })
    assert.match(output, /The Node from npm is not usable here .*; zonelog runs on .*\nran \[\]/)
  })
})

describe('bin/bootstrap.cjs with a file to run', () => {
  it('has the development packages installed, and passes arguments and exit status through', async () => {
    const project = freshProject()
    await project.run()
    const result = await project.run(
      ['bin/bootstrap.cjs', 'cli/main.ts', 'x', 'y'],
      { NODE_ENV: 'production' },
      process.execPath,
    )
    assert.match(result.output, /ran \[x,y\]/)
    assert.equal(result.status, 7)
    assert.deepEqual(project.npmCalls(), ['ci --no-audit --no-fund', 'ci --no-audit --no-fund --include=dev'])
  })
})

describe('package-lock.json', () => {
  it('lists the packages of every platform, without which `npm ci` refuses it', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !(`node_modules/${name}` in packages))
    assert.deepEqual(missing, [])
  })

  it('has no install script that package.json does not allow', () => {
    const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
    const { packages } = read('package-lock.json') as {
      packages: Record<string, { hasInstallScript?: true }>
    }
    const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> }
    const withScripts = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace('node_modules/', ''))
    assert.deepEqual(withScripts.sort(), Object.keys(allowScripts).sort())
  })
})
