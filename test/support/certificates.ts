import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { temporaryFolder } from './temporary.ts'

/** A certificate, its key and who signed it: PEM files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** An authority of its own, made with openssl, that signs certificates for 127.0.0.1 and for clients. */
export class TestAuthority {
  readonly folder: string
  readonly ca: string
  readonly #key: string

  private constructor(folder: string) {
    this.folder = folder
    this.ca = join(folder, 'ca.pem')
    this.#key = join(folder, 'ca.key')
  }

  static async make(name = 'test authority'): Promise<TestAuthority> {
    const authority = new TestAuthority(temporaryFolder('certificates'))
    await openssl(...SELF_SIGNED, '-subj', `/CN=${name}`, '-keyout', authority.#key, '-out', authority.ca)
    return authority
  }

  /** `names` as in a subjectAltName, such as `IP:127.0.0.1,DNS:localhost`. */
  async sign(commonName: string, names = 'IP:127.0.0.1,DNS:localhost'): Promise<Certificate> {
    const file = (ending: string) => join(this.folder, `${commonName}.${ending}`)
    const [cert, key] = [file('pem'), file('key')]
    writeFileSync(file('ext'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`)
    await openssl('req', ...NEW_KEY, '-subj', `/CN=${commonName}`, '-keyout', key, '-out', file('csr'))
    const by = ['-CA', this.ca, '-CAkey', this.#key, '-CAcreateserial', '-days', '2', '-extfile', file('ext')]
    await openssl('x509', '-req', '-in', file('csr'), ...by, '-out', cert)
    return { cert, key }
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const SELF_SIGNED = ['req', '-x509', ...NEW_KEY, '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE']

async function openssl(...args: string[]): Promise<void> {
  const run = await runCommand('openssl', args, { timeoutMs: 30_000 })
  assert.equal(run.status, 0, lastLines(run))
}
