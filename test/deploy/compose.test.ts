import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { runCommand } from '../../services/local/run-command.ts'
import { VARIABLES } from '../../shared/config.ts'
import { toolPath } from '../support/programs.ts'
import { temporaryFolder } from '../support/temporary.ts'

interface Service {
  readonly image: string
  readonly build?: string
  readonly user?: string
  readonly command?: string[]
  readonly environment?: Record<string, string>
  readonly secrets?: string[]
  readonly ports?: string[]
  readonly volumes?: string[]
  readonly cpu_shares?: number
  readonly healthcheck?: { readonly test: string[] }
  readonly depends_on?: Record<string, { readonly condition: string }>
}

const root = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const text = root('docker-compose.yml')
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  secrets: Record<string, { environment?: string; file?: string }>
}
const { services } = compose
const writers = ['writer-1', 'writer-2']
const edges = ['edge-1', 'edge-2']
const ours = [...writers, ...edges, 'migrate']

describe('docker-compose.yml', () => {
  it('runs Postgres, NATS, a migration, two writers and two edges', () => {
    assert.deepEqual(Object.keys(services).sort(), [...ours, 'nats', 'postgres'].sort())
    for (const name of writers) assert.deepEqual(services[name]?.command, ['writer'])
    for (const name of edges) assert.deepEqual(services[name]?.command, ['edge'])
    assert.deepEqual(services.migrate?.command, ['migrate'])
  })

  it('names no variable that the configuration does not know', () => {
    const dockerfile = root('Dockerfile')
    const named = new Set([...`${text}${dockerfile}`.matchAll(/\bZONELOG_[A-Z_]+\b/g)].map(([name]) => name))
    assert.ok(named.size >= 9, [...named].join(' '))
    for (const name of named) assert.ok(name in VARIABLES, name)
  })

  it('takes every secret from outside, and none has a default', () => {
    const references = [...text.matchAll(/\$\{(\w+)([^}]*)\}/g)]
    assert.deepEqual([...new Set(references.map(([, name]) => name))].sort(), [
      'API_TOKEN',
      'METRICS_TOKEN',
      'NATS_EDGE_1_PASSWORD',
      'NATS_EDGE_2_PASSWORD',
      'NATS_WRITER_PASSWORD',
      'POSTGRES_PASSWORD',
    ])
    for (const [reference, , rest] of references) assert.ok(rest?.startsWith(':?'), reference)
    assert.equal(compose.secrets['master-key']?.environment, 'MASTER_KEY')
  })

  it('has them all made by one script, which makes none twice and lets nobody else read them', async () => {
    const folder = temporaryFolder('compose')
    mkdirSync(join(folder, 'deploy/compose'), { recursive: true })
    const script = join(folder, 'deploy/compose/make-secrets.sh')
    writeFileSync(script, root('deploy/compose/make-secrets.sh'))
    for (let run = 0; run < 2; run++) assert.equal((await runCommand('sh', [script])).status, 0)
    const made = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n')
    const wanted = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name))
    assert.deepEqual(new Set(made.map((line) => line.split('=')[0])), new Set([...wanted, 'MASTER_KEY']))
    assert.equal(made.length, wanted.size + 1)
    for (const line of made) assert.match(line, /^\w+=[A-Za-z0-9+/=]{40,}$/)
    assert.equal(statSync(join(folder, '.env')).mode & 0o077, 0)
    assert.match(root('.gitignore'), /^\.env$/m)
  })

  it('has a NATS configuration that nats-server takes, in which an edge has the rights of its own name only', async () => {
    const folder = temporaryFolder('nats')
    for (const [file, from] of [
      ['nats.conf', 'deploy/compose/nats.conf'],
      ['permissions.conf', 'deploy/nats/permissions.conf'],
    ] as const)
      writeFileSync(join(folder, file), root(from))
    // as docker compose hands them over: in quotes
    const passwords = { WRITER_PASSWORD: '"12e4"', EDGE_1_PASSWORD: '"1e5"', EDGE_2_PASSWORD: '"007"' }
    const { status, stderr } = await runCommand(
      toolPath('nats-server'),
      ['-t', '-c', join(folder, 'nats.conf')],
      { env: { ...passwords } },
    )
    assert.equal(status, 0, stderr)
    for (const [edge, given] of edges.map((name) => [name, services[name]?.environment] as const)) {
      assert.equal(given?.ZONELOG_EDGE_ID, edge)
      assert.match(given?.ZONELOG_NATS_URL ?? '', new RegExp(`^nats://${edge}:`))
    }
  })

  it('checks the health of everything that stays, ours through /healthz', () => {
    for (const name of [...writers, ...edges]) {
      const test = services[name]?.healthcheck?.test.join(' ') ?? ''
      const port = name.startsWith('edge') ? 8054 : 8053
      assert.ok(test.includes(`http://127.0.0.1:${port}/healthz`), name)
    }
    assert.match(services.postgres?.healthcheck?.test.join(' ') ?? '', /pg_isready/)
    assert.match(services.nats?.healthcheck?.test.join(' ') ?? '', /js-enabled-only/)
  })

  it('starts writers after the migration and after healthy servers', () => {
    assert.equal(services.migrate?.depends_on?.postgres?.condition, 'service_healthy')
    for (const name of writers) {
      const { depends_on: after } = services[name]!
      assert.equal(after?.migrate?.condition, 'service_completed_successfully')
      assert.equal(after?.postgres?.condition, 'service_healthy')
      assert.equal(after?.nats?.condition, 'service_healthy')
    }
    for (const name of edges) assert.equal(services[name]?.depends_on?.nats?.condition, 'service_healthy')
    for (const [name, { depends_on: after = {} }] of Object.entries(services))
      for (const other of Object.keys(after)) assert.ok(other in services, `${name} waits for ${other}`)
  })

  it('gives edges no way into the database (P8)', () => {
    for (const name of edges) {
      assert.equal(services[name]?.environment?.ZONELOG_DATABASE_URL, undefined)
      assert.equal(services[name]?.depends_on?.postgres, undefined)
    }
  })

  it('lets answers go before updates where processors are full', () => {
    const EQUAL = 1_024
    for (const [name, { cpu_shares = EQUAL }] of Object.entries(services))
      assert.equal(cpu_shares, edges.includes(name) ? 10 * EQUAL : EQUAL, name)
  })

  it('gives each its own name, and no address of the host twice', () => {
    const ids = [...writers, ...edges].map((name) => {
      const { environment = {} } = services[name]!
      return environment.ZONELOG_WRITER_ID ?? environment.ZONELOG_EDGE_ID
    })
    assert.deepEqual(ids, [...writers, ...edges])
    const published = Object.values(services).flatMap(({ ports = [] }) =>
      ports.map((port) => port.replace(/:\d+(?=\/|$)/, '')),
    )
    assert.equal(new Set(published).size, published.length, published.join(' '))
    for (const name of edges)
      for (const protocol of ['udp', 'tcp'])
        assert.ok(
          services[name]?.ports?.some((port) => port.endsWith(`:5300/${protocol}`)),
          `${name} ${protocol}`,
        )
  })

  it('runs ours as an ordinary user', () => {
    for (const name of ours) assert.equal(services[name]?.user, 'node', name)
  })

  it('keeps the data of Postgres and NATS in volumes', () => {
    for (const name of ['postgres', 'nats']) {
      assert.ok(services[name]?.volumes?.[0]?.startsWith(`${name}:/`), name)
      assert.ok(name in compose.volumes)
    }
  })
})

describe('Dockerfile', () => {
  const dockerfile = root('Dockerfile')
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))

  it('runs as an ordinary user', () => assert.match(last, /^USER node$/m))

  it('installs neither development packages nor the embedded Postgres', () =>
    assert.match(dockerfile, /npm ci --omit=dev --omit=optional/))

  it('is based on a Node that runs TypeScript', () => {
    for (const [, version] of dockerfile.matchAll(/^FROM node:(\d+)/gm)) assert.ok(Number(version) >= 24)
  })

  it('copies only what .dockerignore lets through', () => {
    const allowed = new Set([...root('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, name]) => name))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, args]) =>
      args!.split(' ').slice(0, -1),
    )
    assert.ok(copied.length > 5)
    for (const source of copied) assert.ok(allowed.has(source), source)
  })
})
