import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nkeys } from 'nats'
import { temporaryFolder } from './temporary.ts'

type KeyPair = ReturnType<typeof nkeys.createUser>

/** A NATS operator with one account and one user, as `nsc` makes them: the server's configuration, and the user's credentials file. */
export function natsOperator(): { readonly configuration: string; readonly credsFile: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
  const limits = { subs: -1, data: -1, payload: -1 }
  const own = signed(operator, operator, 'test', { type: 'operator', version: 2 })
  const ofAccount = signed(operator, account, 'zonelog', {
    type: 'account',
    version: 2,
    limits: { ...limits, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
  })
  const ofUser = signed(account, user, 'edge-1', { type: 'user', version: 2, ...limits })
  const seed = Buffer.from(user.getSeed()).toString()
  const credsFile = join(temporaryFolder('creds'), 'edge-1.creds')
  writeFileSync(
    credsFile,
    `-----BEGIN NATS USER JWT-----\n${ofUser}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    { mode: 0o600 },
  )
  const preload = `resolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${ofAccount} }`
  return { configuration: `operator: ${own}\n${preload}\n`, credsFile }
}

function signed(by: KeyPair, of: KeyPair, name: string, nats: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { jti: name, iat: 1_700_000_000, iss: by.getPublicKey(), sub: of.getPublicKey(), name, nats }
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`
  return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString('base64url')}`
}
