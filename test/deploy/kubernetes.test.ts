import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { runCommand } from '../../services/local/run-command.ts'
import { loadConfig, VARIABLES } from '../../shared/config.ts'
import { temporaryFolder } from '../support/temporary.ts'

// biome-ignore lint/suspicious/noExplicitAny: a manifest, of which a test looks at what it names
type Manifest = any

const FOLDER = new URL('../../deploy/kubernetes/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8')
const kustomization = parse(read('kustomization.yaml')) as { resources: string[]; namespace: string }
const manifests: Manifest[] = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS()),
)
const find = (kind: string, name: string): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)
  assert.ok(found, `${kind} ${name}`)
  return found
}
const workloads = ['Deployment zonelog-edge', 'Deployment zonelog-writer', 'Job zonelog-migrate'].map(
  (text) => {
    const [kind, name] = text.split(' ') as [string, string]
    const manifest = find(kind, name)
    return {
      name,
      manifest,
      pod: manifest.spec.template.spec,
      container: manifest.spec.template.spec.containers[0],
    }
  },
)
const [edge, writer, migrate] = workloads as [Workload, Workload, Workload]
type Workload = (typeof workloads)[number]
const variablesOf = ({ container }: Workload): string[] => [
  ...(container.env ?? []).map(({ name }: Manifest) => name),
  ...(container.envFrom ?? []).flatMap(({ configMapRef }: Manifest) =>
    Object.keys(find('ConfigMap', configMapRef.name).data),
  ),
]

describe('deploy/kubernetes', () => {
  it('lists every file of the folder, each with manifests of a known form', () => {
    const entries = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isFile())
    const files = entries.map(({ name }) => name).filter((file) => file !== 'kustomization.yaml')
    assert.deepEqual(files.toSorted(), kustomization.resources.toSorted())
    for (const { apiVersion, kind, metadata } of manifests) assert.ok(apiVersion && kind && metadata?.name)
  })

  it('sets only variables that the configuration knows, each once', () => {
    for (const workload of workloads) {
      const names = variablesOf(workload)
      for (const name of names) assert.ok(Object.hasOwn(VARIABLES, name), name)
      assert.equal(new Set(names).size, names.length, workload.name)
    }
  })

  it('gives edges no way into the database (P8), and only the migration the way of the owner', () => {
    assert.ok(!variablesOf(edge).includes('ZONELOG_DATABASE_URL'))
    const secretOf = ({ container }: Workload) =>
      container.env.find(({ name }: Manifest) => name === 'ZONELOG_DATABASE_URL').valueFrom.secretKeyRef.name
    assert.notEqual(secretOf(writer), secretOf(migrate))
  })

  it('writes no secret into a manifest', () => {
    assert.ok(!manifests.some(({ kind }) => kind === 'Secret'))
    for (const workload of workloads)
      for (const { name, value } of workload.container.env)
        if (/URL|KEY$|TOKEN/.test(name)) assert.equal(value, undefined, name)
  })

  it('lets links of services set no variables, which would be refused as unknown', () => {
    for (const { pod } of workloads) assert.equal(pod.enableServiceLinks, false)
  })

  it('runs as an ordinary user on a read-only file system without any capability', () => {
    for (const { pod, container, name } of workloads) {
      assert.equal(pod.securityContext.runAsNonRoot, true, name)
      assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault')
      assert.equal(pod.automountServiceAccountToken, false)
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      assert.ok(container.resources.limits.memory && container.resources.requests.cpu)
      const volumes = new Set((pod.volumes ?? []).map((volume: Manifest) => volume.name))
      for (const mount of container.volumeMounts ?? []) assert.ok(volumes.has(mount.name), mount.name)
    }
  })

  it('lets answers go before updates on a node whose processors are full', () => {
    const processors = ({ container }: Workload) => {
      const text = String(container.resources.requests.cpu)
      return text.endsWith('m') ? Number(text.slice(0, -1)) / 1_000 : Number(text)
    }
    assert.equal(processors(edge) / processors(writer), 4)
  })

  it('probes live and ready at the ports where they are', () => {
    for (const { container } of [edge, writer]) {
      const ports = new Map(container.ports.map((port: Manifest) => [port.name, port.containerPort]))
      assert.equal(container.livenessProbe.httpGet.path, '/livez')
      assert.equal(container.readinessProbe.httpGet.path, '/readyz')
      const listen = container.env.find(({ name }: Manifest) => /HTTP_LISTEN|API_LISTEN/.test(name)).value
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
        assert.equal(`0.0.0.0:${ports.get(container[probe].httpGet.port)}`, listen)
    }
  })

  it('serves port 53 by UDP and TCP, and lets edges see the addresses of clients', () => {
    const { spec } = find('Service', 'zonelog-dns')
    assert.equal(spec.externalTrafficPolicy, 'Local')
    assert.deepEqual(
      spec.ports.map(({ port, protocol }: Manifest) => `${port}/${protocol}`),
      ['53/UDP', '53/TCP'],
    )
    const listen = edge.container.env.find(({ name }: Manifest) => name === 'ZONELOG_DNS_LISTEN').value
    for (const { targetPort, protocol } of spec.ports) {
      const port = edge.container.ports.find(({ name }: Manifest) => name === targetPort)
      assert.equal(`0.0.0.0:${port.containerPort} ${port.protocol}`, `${listen} ${protocol}`)
    }
  })

  it('has selectors that select: services, budgets and policies', () => {
    const labels = workloads.map(({ manifest }) => manifest.spec.template.metadata.labels)
    for (const { kind, metadata, spec } of manifests) {
      const selector =
        kind === 'Service'
          ? spec.selector
          : kind === 'NetworkPolicy'
            ? spec.podSelector.matchLabels
            : spec?.selector?.matchLabels
      if (selector === undefined) continue
      const selects = labels.some((own) =>
        Object.entries(selector).every(([key, value]) => own[key] === value),
      )
      assert.ok(selects, `${kind} ${metadata.name}`)
    }
    for (const name of ['zonelog-edge', 'zonelog-writer'])
      assert.equal(find('PodDisruptionBudget', name).spec.maxUnavailable, 1)
  })

  it('forbids all traffic, then allows what each needs', () => {
    assert.deepEqual(find('NetworkPolicy', 'zonelog-nothing').spec, {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    })
    const portsTo = (name: string): number[] =>
      find('NetworkPolicy', name).spec.egress.flatMap(({ ports }: Manifest) =>
        ports.map(({ port }: Manifest) => port),
      )
    assert.deepEqual(new Set(portsTo('zonelog-edge')), new Set([4222, 53]))
    assert.deepEqual(new Set(portsTo('zonelog-writer')), new Set([4222, 5432]))
    assert.deepEqual(new Set(portsTo('zonelog-migrate')), new Set([5432]))
  })
})

const PARTS = readdirSync(new URL('optional/', FOLDER))

describe('deploy/kubernetes, built by kubectl kustomize', () => {
  /** Undefined where there is no kubectl: the checks above hold all the same. */
  let built: { readonly plain: Manifest[]; readonly whole: Manifest[] } | undefined

  before(async () => {
    if ((await runCommand('kubectl', ['kustomize', '--help'])).status === 127) return
    const [plain, whole] = await Promise.all([build([]), build(PARTS)])
    built = { plain, whole }
  })

  /** As an operator's overlay, with these of the parts that are optional. */
  async function build(parts: readonly string[]): Promise<Manifest[]> {
    const overlay = temporaryFolder('overlay')
    const base = relative(overlay, fileURLToPath(FOLDER))
    const components = parts.map((part) => `${base}/optional/${part}`)
    const kind = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
    // JSON is YAML
    const text = JSON.stringify({ ...kind, resources: [base], components })
    writeFileSync(join(overlay, 'kustomization.yaml'), text)
    const { status, stdout, stderr } = await runCommand('kubectl', ['kustomize', overlay], {
      timeoutMs: 60_000,
    })
    assert.equal(status, 0, stderr)
    return parseAllDocuments(stdout).map((document) => document.toJS())
  }
  const named = (all: readonly Manifest[], kind: string, name: string): Manifest =>
    all.find((one) => one.kind === kind && one.metadata.name === name)

  it('has all manifests, and without the optional parts none of those', (t) => {
    if (built === undefined) return t.skip('there is no kubectl here')
    assert.equal(built.plain.length, manifests.length)
    const added = built.whole.filter(({ kind, metadata }) => !named(built!.plain, kind, metadata.name))
    assert.deepEqual(added.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted(), [
      'NetworkPolicy zonelog-http-updates',
      'NetworkPolicy zonelog-secondaries',
      'NetworkPolicy zonelog-tracing',
      'Service zonelog-http-updates',
    ])
    for (const { metadata } of added) assert.equal(metadata.namespace, 'zonelog')
  })

  it('with them is a configuration that an edge takes, whose ports are those of pods, services and policies', (t) => {
    if (built === undefined) return t.skip('there is no kubectl here')
    const [container] = named(built.whole, 'Deployment', 'zonelog-edge').spec.template.spec.containers
    const settings = named(built.whole, 'ConfigMap', 'zonelog-settings').data
    const given = container.env.flatMap(({ name, value }: Manifest) =>
      value === undefined ? [] : [[name, value]],
    )
    const config = loadConfig({
      ...settings,
      ...Object.fromEntries(given),
      ZONELOG_NATS_URL: 'nats://edge@nats.test',
      ZONELOG_MASTER_KEY: Buffer.alloc(32).toString('base64'),
    })
    const { listen, tlsListen, tls, besideMetrics } = config.httpUpdates
    assert.equal(besideMetrics, false)
    const listens = [...listen, ...tlsListen].map(({ port }) => port)
    const ports = new Map<string, number>(
      container.ports.map(({ name, containerPort }: Manifest) => [name, containerPort]),
    )
    const service = named(built.whole, 'Service', 'zonelog-http-updates').spec
    assert.deepEqual(
      service.ports.map(({ targetPort }: Manifest) => ports.get(targetPort)),
      listens,
    )
    const policy = (name: string) => named(built!.whole, 'NetworkPolicy', `zonelog-${name}`).spec
    const portsOf = ([{ ports }]: Manifest[]) => ports.map(({ port }: Manifest) => port)
    assert.deepEqual(portsOf(policy('http-updates').ingress), listens)
    const collector = new URL(config.tracing!.url)
    assert.deepEqual(portsOf(policy('tracing').egress), [Number(collector.port)])
    const mounts = container.volumeMounts.map(({ mountPath }: Manifest) => mountPath)
    assert.ok(mounts.some((path: string) => tls!.keyFile.startsWith(`${path}/`)))
  })
})
