import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError, loadConfig } from '../../shared/config.ts'

const faultsOf = (environment: Record<string, string>): string => {
  try {
    loadConfig(environment, '/nowhere')
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  throw new Error('the configuration was accepted')
}

describe('configuration', () => {
  it('has the defaults of the documents', () => {
    const config = loadConfig({}, '/nowhere')
    assert.equal(config.dataDir, '/nowhere/.zonelog')
    assert.deepEqual(config.dnsListen, [{ host: '127.0.0.1', port: 5300 }])
    assert.deepEqual(config.edgeHttpListen, { host: '127.0.0.1', port: 8054 })
    assert.deepEqual(config.apiListen, { host: '127.0.0.1', port: 8053 })
    assert.equal(config.apiUrl, 'http://127.0.0.1:8053')
    assert.equal(config.partitions, 16)
  })

  it('takes several addresses, IPv6 in brackets', () =>
    assert.deepEqual(loadConfig({ ZONELOG_DNS_LISTEN: '127.0.0.1:53, [::1]:53' }, '/').dnsListen, [
      { host: '127.0.0.1', port: 53 },
      { host: '::1', port: 53 },
    ]))

  it('names all faults in one error, with what is allowed', () => {
    const faults = faultsOf({
      ZONELOG_DNS_LISTEN: '5300',
      ZONELOG_PARTITIONS: '0',
      ZONELOG_LOG_LEVEL: 'loud',
      ZONELOG_CHECKPOINT_FORMER_KEYS: 'mine',
      ZONELOG_NATS_URL: 'http://x',
    })
    assert.match(faults, /ZONELOG_DNS_LISTEN=5300: expected ADDRESS:PORT/)
    assert.match(faults, /ZONELOG_CHECKPOINT_FORMER_KEYS=mine: expected public keys/)
    assert.match(faults, /ZONELOG_PARTITIONS=0: expected a whole number from 1 to 256/)
    assert.match(faults, /ZONELOG_LOG_LEVEL=loud: expected one of debug/)
    assert.match(faults, /ZONELOG_NATS_URL=http:\/\/x: expected a URL that begins with nats:/)
  })

  it('names an unknown variable with the nearest known one', () =>
    assert.match(
      faultsOf({ ZONELOG_DNS_LISTENS: 'x' }),
      /ZONELOG_DNS_LISTENS is not a variable of zonelog; did you mean ZONELOG_DNS_LISTEN\?/,
    ))

  it('ignores what ZONELOG_IGNORE names, for another version beside this one or links of Kubernetes', () => {
    const more = {
      ZONELOG_API_SERVICE_HOST: '10.0.0.1',
      ZONELOG_API_SERVICE_PORT: '80',
      ZONELOG_LATER: 'yes',
    }
    assert.equal(faultsOf(more).split('\n').length, 4)
    assert.ok(loadConfig({ ...more, ZONELOG_IGNORE: 'ZONELOG_LATER, ZONELOG_API_SERVICE_*' }, '/'))
  })

  const SECRET = 'hunter2'
  const WRONG: readonly [title: string, variables: Record<string, string>, fault: RegExp][] = [
    [
      'a token for metrics that is soon guessed',
      { ZONELOG_METRICS_TOKEN: SECRET },
      /ZONELOG_METRICS_TOKEN=\(hidden\): expected at least 16/,
    ],
    ['proxies by name', { ZONELOG_TRUSTED_PROXIES: 'proxy.example' }, /expected address ranges such as/],
    [
      'a proxy in IPv4 that is written as IPv6, which would be nobody',
      { ZONELOG_TRUSTED_PROXIES: '192.0.2.1,::ffff:10.0.0.0/104' },
      /comma-separated, or none; '::ffff:10\.0\.0\.0\/104' is IPv4 in the form of IPv6; write it as 10\.0\.0\.0\/8/,
    ],
    [
      'a range with bits behind its prefix',
      { ZONELOG_METRICS_FROM: '10.1.2.3/8' },
      /'10\.1\.2\.3\/8' has bits behind its prefix: write 10\.0\.0\.0\/8, or 10\.1\.2\.3 for this/,
    ],
    [
      'in IPv6 too',
      { ZONELOG_RRL_EXEMPT: '2001:db8::1/33' },
      /write 2001:db8::\/33, or 2001:db8::1 for this/,
    ],
    ['a mistyped security setting', { ZONELOG_NATS_CERTS: 'x' }, /did you mean ZONELOG_NATS_CERT\?/],
    ['an unknown one that is near nothing', { ZONELOG_XYZZY: SECRET }, /ZONELOG_XYZZY is not a variable/],
    [
      'a certificate without its key',
      { ZONELOG_NATS_CERT: 'c.pem' },
      /ZONELOG_NATS_CERT .* without ZONELOG_NATS_KEY/,
    ],
    [
      'a key without its certificate',
      { ZONELOG_NATS_KEY: 'k.pem' },
      /ZONELOG_NATS_KEY .* without ZONELOG_NATS_CERT/,
    ],
    [
      'two identities for NATS',
      { ZONELOG_NATS_URL: `nats://u:${SECRET}@x`, ZONELOG_NATS_NKEY_FILE: 'n' },
      /the user in ZONELOG_NATS_URL and ZONELOG_NATS_NKEY_FILE are both set/,
    ],
    [
      'TLS to Postgres that falls back to plain text',
      { ZONELOG_DATABASE_URL: `postgres://u:${SECRET}@db/z?sslmode=prefer` },
      /ZONELOG_DATABASE_URL=postgres:.*expected sslmode=verify-full/,
    ],
    [
      'a mistyped sslmode',
      { ZONELOG_DATABASE_URL: `postgres://db/z?user=u&password=${SECRET}&sslmode=verify_full` },
      /expected sslmode=verify-full/,
    ],
    ['a password with / and @', { ZONELOG_NATS_URL: `http://u:${SECRET}/@x@y` }, /ZONELOG_NATS_URL=http:/],
    [
      'a master key that is none',
      { ZONELOG_MASTER_KEY: SECRET },
      /ZONELOG_MASTER_KEY=\(hidden\): expected 32 octets/,
    ],
    [
      'a master key given twice',
      { ZONELOG_MASTER_KEY: 'A'.repeat(43), ZONELOG_MASTER_KEY_FILE: 'm' },
      /both set: leave one of them out/,
    ],
    ['a port past the last', { ZONELOG_DNS_LISTEN: '127.0.0.1:70000' }, /expected ADDRESS:PORT/],
    ['a name for an address', { ZONELOG_API_LISTEN: 'db.example:80' }, /expected ADDRESS:PORT/],
    ['an edge id that NATS cannot take', { ZONELOG_EDGE_ID: 'a.b' }, /expected 1 to 64 letters/],
  ]
  for (const [title, variables, fault] of WRONG)
    it(`says what is wrong and what is allowed: ${title}`, () => {
      const faults = faultsOf(variables)
      assert.match(faults, fault)
      assert.doesNotMatch(faults, new RegExp(SECRET))
    })

  it('shows no secret in an error', () => {
    const faults = faultsOf({
      ZONELOG_DATABASE_URL: 'mysql://me:hunter2@db/x',
      ZONELOG_NATS_URL: 'http://me:hunter2@x',
    })
    assert.doesNotMatch(faults, /hunter2/)
  })

  it('traces where ZONELOG_OTLP_ENDPOINT or the variables of OpenTelemetry say, and nowhere else', () => {
    const tracing = (environment: Record<string, string>) => loadConfig(environment, '/').tracing?.url
    const standard = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318/' }
    const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/v1/traces' }
    assert.equal(tracing({}), undefined)
    assert.equal(tracing(standard), 'http://otel:4318/v1/traces')
    assert.equal(tracing({ ...standard, ...traces }), 'http://traces:4318/v1/traces')
    assert.equal(
      tracing({ ...standard, ...traces, ZONELOG_OTLP_ENDPOINT: 'https://mine:4318/otlp' }),
      'https://mine:4318/otlp/v1/traces',
    )
    assert.equal(tracing({ ...standard, ZONELOG_TRACE_RATIO: '0' }), undefined)
    for (const ratio of ['2', '-0.1', '10%', '1e-3'])
      assert.match(faultsOf({ ZONELOG_TRACE_RATIO: ratio }), /expected a number from 0 to 1/)
  })

  it('never takes the default for a value that it cannot read', () =>
    assert.throws(() => loadConfig({ ZONELOG_PARTITIONS: 'many' }, '/')))
})
