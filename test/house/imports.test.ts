import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The rules of docs/architecture.md about which room may use which. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Source {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

interface Import {
  /** A path from the root for our own files, else the package's name. */
  readonly target: string
  readonly ours: boolean
  /** Erased before the program runs. */
  readonly typeOnly: boolean
  /** Loaded when it is reached, not when the file is. */
  readonly lazy: boolean
}

const sources = ['shared', 'services', 'cli', 'migrations'].flatMap(filesBelow).map(read)

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((entry) => {
    const path = `${folder}/${entry}`
    if (path === 'services/console/dist') return []
    if (statSync(join(ROOT, path)).isDirectory()) return filesBelow(path)
    return /\.tsx?$/.test(path) ? [path] : []
  })
}

function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const imports = [
    ...[...text.matchAll(/^(import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map(
      (match) => ({
        typeOnly: match[2] !== undefined,
        lazy: false,
        specifier: match[3]!,
      }),
    ),
    ...[...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map((match) => ({
      typeOnly: false,
      lazy: true,
      specifier: match[1]!,
    })),
  ]
  return {
    path,
    text,
    imports: imports.map(({ specifier, ...how }) => ({ ...how, ...targetOf(path, specifier) })),
  }
}

function targetOf(path: string, specifier: string): { target: string; ours: boolean } {
  if (specifier.startsWith('.'))
    return { target: relative(ROOT, resolve(ROOT, dirname(path), specifier)), ours: true }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier))
    return { target: specifier, ours: false }
  const parts = specifier.split('/')
  return { target: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), ours: false }
}

function offenders(
  inside: (path: string) => boolean,
  forbidden: (target: Import, source: Source) => boolean,
): string[] {
  return sources
    .filter(({ path }) => inside(path))
    .flatMap((source) =>
      source.imports
        .filter((target) => forbidden(target, source))
        .map(({ target }) => `${source.path} -> ${target}`),
    )
}

const below = (folder: string) => (path: string) => path.startsWith(`${folder}/`)
const inStore = (path: string) =>
  path.split('/').includes('store') || below('shared/database')(path) || below('migrations')(path)

describe('the rooms and what they may use', () => {
  it('every file is looked at', () => assert.ok(sources.length > 100))

  it('shared/dns imports nothing of ours', () =>
    assert.deepEqual(
      offenders(below('shared/dns'), ({ ours, target }) => ours && !below('shared/dns')(target)),
      [],
    ))

  it('shared imports no service, no command', () =>
    assert.deepEqual(
      offenders(below('shared'), ({ ours, target }) => ours && !below('shared')(target)),
      [],
    ))

  for (const service of ['edge', 'zone-writer', 'local'])
    it(`services/${service} imports shared and itself, never another service`, () =>
      assert.deepEqual(
        offenders(
          below(`services/${service}`),
          ({ ours, target }) => ours && !below('shared')(target) && !below(`services/${service}`)(target),
        ),
        [],
      ))

  it('the console imports itself and what runs in a browser', () =>
    assert.deepEqual(
      offenders(below('services/console/src'), ({ ours, target }) =>
        ours ? !below('services/console/src')(target) : !['preact', '@preact/signals'].includes(target),
      ),
      [],
    ))

  it('the command line reaches services only when their command is run', () =>
    assert.deepEqual(
      offenders(
        below('cli'),
        ({ target, lazy, typeOnly }) => below('services')(target) && !lazy && !typeOnly,
      ),
      [],
    ))

  it('the edge never loads pg or kysely, not through others either', () => {
    const loaded = new Set<string>()
    const visit = (path: string) => {
      if (loaded.has(path)) return
      loaded.add(path)
      for (const { target, typeOnly } of sources.find((source) => source.path === path)?.imports ?? [])
        if (!typeOnly) visit(target)
    }
    visit('services/edge/main.ts')
    assert.ok(loaded.has('nats'), 'the walk goes through')
    assert.deepEqual(
      [...loaded].filter(
        (target) => target === 'pg' || target === 'kysely' || below('shared/database')(target),
      ),
      [],
    )
  })

  it('nothing of OpenTelemetry is loaded unless traces are configured', () => {
    const loader = 'shared/tracing/open-telemetry.ts'
    const users = sources.filter(({ imports }) =>
      imports.some(({ target, typeOnly }) => target.startsWith('@opentelemetry/') && !typeOnly),
    )
    assert.deepEqual(
      users.map(({ path }) => path),
      [loader],
    )
    const loads = sources.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => target === loader).map(({ lazy }) => ({ path, lazy })),
    )
    assert.deepEqual(loads, [{ path: 'shared/tracing/tracing.ts', lazy: true }])
  })

  it('only store folders, migrations and shared/database use pg, or run SQL', () => {
    const isDatabase = ({ target, typeOnly }: Import) => target === 'pg' || (target === 'kysely' && !typeOnly)
    assert.deepEqual(
      offenders((path) => !inStore(path), isDatabase),
      [],
    )
    const statements = /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql(?:<[^`]*>)?`/
    assert.deepEqual(
      sources.filter(({ path, text }) => !inStore(path) && statements.test(text)).map(({ path }) => path),
      [],
    )
  })

  it('only config.ts reads the environment', () => {
    const readers = sources.filter(({ text }) => /process\.env\b/.test(withoutComments(text)))
    assert.deepEqual(
      readers.map(({ path }) => path).filter((path) => path !== 'shared/config.ts'),
      [],
    )
  })

  it('migrations import nothing of ours', () =>
    assert.deepEqual(
      offenders(below('migrations'), ({ ours }) => ours),
      [],
    ))

  it('every package that is used at run time is a dependency', () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    )
    const known = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)])
    const used = sources.flatMap(({ imports }) =>
      imports.filter(({ ours, typeOnly }) => !ours && !typeOnly).map(({ target }) => target),
    )
    const missing = [...new Set(used)].filter((target) => !target.startsWith('node:') && !known.has(target))
    assert.deepEqual(missing, [])
  })

  it('dependencies are pinned, and the lock file names no host', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const versions = {
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    }
    for (const [name, version] of Object.entries(versions))
      assert.match(version as string, /^\d+\.\d+\.\d+/, name)
    assert.doesNotMatch(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), /"resolved"/)
  })
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}
