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

  it('shows no secret in an error', () => {
    const faults = faultsOf({
      ZONELOG_DATABASE_URL: 'mysql://me:hunter2@db/x',
      ZONELOG_NATS_URL: 'http://me:hunter2@x',
    })
    assert.doesNotMatch(faults, /hunter2/)
  })

  it('never takes the default for a value that it cannot read', () =>
    assert.throws(() => loadConfig({ ZONELOG_PARTITIONS: 'many' }, '/')))
})
