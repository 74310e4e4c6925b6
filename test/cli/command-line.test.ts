import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArguments } from '../../cli/arguments.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { printTable } from '../../cli/table.ts'
import { Terminal } from '../../cli/terminal.ts'
import { VARIABLES } from '../../shared/config.ts'
import { nearest } from '../../shared/nearest.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { runCli } from './run-cli.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the command line starts', () => {
  // a tree of symbolic links, whose cache is its own
  const tree = () => {
    const folder = temporaryFolder('start')
    for (const name of ['cli', 'shared', 'services', 'node_modules', 'package.json'])
      symlinkSync(join(ROOT, name), join(folder, name))
    mkdirSync(join(folder, '.cache'))
    return folder
  }
  const help = (folder: string) =>
    spawnSync(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', join(folder, 'cli/main.ts'), '--help'],
      {
        env: { PATH: process.env.PATH },
        encoding: 'utf8',
      },
    )

  it('and keeps what Node made of the sources for the next start', () => {
    const folder = tree()
    assert.equal(help(folder).status, 0)
    assert.ok(readdirSync(join(folder, '.cache/compiled')).length > 0)
    assert.equal(help(folder).status, 0)
  })

  it('also where nothing can be kept', () => {
    const folder = tree()
    writeFileSync(join(folder, '.cache/compiled'), 'no folder')
    const { status, stdout, stderr } = help(folder)
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^Commands:$/m)
  })
})

describe('the command line helps', () => {
  it('with every command and every variable', async () => {
    for (const argv of [[], ['--help'], ['-h'], ['help']]) {
      const { status, out } = await runCli(argv)
      assert.equal(status, 0)
      for (const { words } of COMMANDS.filter(({ isHidden }) => !isHidden))
        assert.match(out, new RegExp(`^  ${words}`, 'm'))
      for (const name of Object.keys(VARIABLES)) assert.ok(out.includes(name), name)
    }
  })

  for (const command of COMMANDS)
    it(`with examples for ${command.words}`, async () => {
      for (const argv of [
        [...command.words.split(' '), '--help'],
        ['help', ...command.words.split(' ')],
      ]) {
        const { status, out, err } = await runCli(argv)
        assert.equal(status, 0, err)
        assert.ok(out.includes(`Usage: zonelog ${command.words}`))
        assert.match(out, /--json/)
        assert.ok(command.examples.length > 0)
        for (const example of command.examples) assert.ok(out.includes(example))
      }
    })

  it('with examples that are typed as they must be', () => {
    for (const command of COMMANDS)
      for (const example of command.examples) {
        const calls = callsIn(example).filter((words) =>
          `${words.join(' ')} `.startsWith(`${command.words} `),
        )
        assert.ok(calls.length > 0, `${command.words}: ${example}`)
        for (const words of calls) parseArguments(command, words.slice(command.words.split(' ').length))
      }
  })

  it('with the commands that begin with a word', async () => {
    const { status, out } = await runCli(['zone', '--help'])
    assert.equal(status, 0)
    assert.match(out, /zone create[\s\S]*zone export/)
    assert.doesNotMatch(out, /key create/)
  })

  it('with its version', async () => {
    assert.match((await runCli(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
  })

  it('even where the configuration is wrong', async () => {
    assert.equal((await runCli(['log', '--help'], { ZONELOG_PARTITIONS: 'x' })).status, 0)
  })
})

/** The words behind each `zonelog` of a line for a shell. */
function callsIn(line: string): string[][] {
  const words = line.match(/'[^']*'|"[^"]*"|<\(|[|&;()<>]+|[^\s|&;()<>'"]+/g) ?? []
  const calls: string[][] = []
  let call: string[] | undefined
  for (const word of words) {
    if (word === 'zonelog') {
      call = []
      calls.push(call)
    } else if (/^[|&;()<>]/.test(word)) call = undefined
    else call?.push(word.replaceAll(/^['"]|['"]$/g, ''))
  }
  return calls
}

describe('what is mistyped is 2, with a suggestion on standard error', () => {
  const cases: [string, RegExp][] = [
    ['zoen list', /Did you mean `zonelog zone list`/],
    ['zone lsit', /Did you mean `zonelog zone list`/],
    ['stauts', /Did you mean `zonelog status`/],
    ['lgo example.com', /Did you mean `zonelog log`/],
    ['zone', /needs one more word[\s\S]*zone create/],
    ['xyzzyplugh', /there is no command 'xyzzyplugh'\.\n/],
    ['zone create x --alow-update y', /--alow-update is not an option .* did you mean --allow-update\?/],
    ['zone create', /NAME is missing/],
    ['zone show a b', /'b' is one argument too many/],
    ['zone create a --file', /--file needs a value/],
    ['zone create a --file b --file c', /--file is given twice/],
    ['zone list --json=yes', /--json takes no value/],
    ['log a --limit many', /--limit many: a whole number/],
  ]
  for (const [line, message] of cases)
    it(line, async () => {
      const { status, out, err } = await runCli(line.split(' '))
      assert.equal(status, 2)
      assert.equal(out, '')
      assert.match(err, message)
    })
})

describe('what fails has its own status, and says what to do on standard error', () => {
  it('all faults of the configuration at once', async () => {
    const { status, err } = await runCli(['zone', 'list'], {
      ZONELOG_PARTITIONS: 'x',
      ZONELOG_API_LISTEN: 'here',
    })
    assert.equal(status, 1)
    assert.match(err, /ZONELOG_API_LISTEN=here[\s\S]*ZONELOG_PARTITIONS=x/)
  })

  it('an API that is not reachable', async () => {
    const { status, err } = await runCli(['zone', 'list'], {
      ZONELOG_API_URL: `http://127.0.0.1:${await freePort()}`,
    })
    assert.equal(status, 6)
    assert.match(err, /not reachable \(ECONNREFUSED\)[\s\S]*npm start/)
  })

  it('a zone file that is not there', async () => {
    const { status, err } = await runCli(['zone', 'create', 'x', '--file', '/nowhere/db.x'])
    assert.equal(status, 1)
    assert.match(err, /\/nowhere\/db\.x cannot be read \(ENOENT\)/)
  })

  it('a migration without a database', async () => {
    const { status, err } = await runCli(['migrate'])
    assert.equal(status, 1)
    assert.match(err, /ZONELOG_DATABASE_URL is not set/)
  })

  it('an edge without NATS', async () => {
    const { status, err } = await runCli(['edge'])
    assert.equal(status, 1)
    assert.match(err, /ZONELOG_NATS_URL is not set/)
  })
})

describe('a table', () => {
  const rows = [{ name: 'a-rather-long-name.example.com.', count: 7 }]
  const print = (columns: number | undefined) => {
    let text = ''
    const write = (part: string) => {
      text += part
    }
    const out = { write, ...(columns && { isTTY: true, columns }) }
    printTable(
      new Terminal(out, out),
      [
        { title: 'NAME', text: (row) => row.name, shrink: true },
        { title: 'COUNT', text: (row) => String(row.count), align: 'right', below: 1 },
      ],
      rows,
    )
    return text
  }

  it('is cut to the terminal', () =>
    assert.equal(print(30), 'NAME                     COUNT\na-rather-long-name.exa…      7\n'))

  it('has columns below the row where there is no room beside', () =>
    assert.equal(print(20), 'NAME\na-rather-long-name.…\n    count 7\n'))

  it('is whole where a program reads it', () =>
    assert.match(print(undefined), /a-rather-long-name\.example\.com\. {6}7\n$/))
})

describe('the nearest word', () => {
  it('is found over a swap, a missing or a wrong letter', () => {
    for (const word of ['stauts', 'staus', 'statux'])
      assert.equal(nearest(word, ['start', 'status']), 'status')
  })
  it('is none when nothing is near', () => assert.equal(nearest('xyzzy', ['start', 'status']), undefined))
})
