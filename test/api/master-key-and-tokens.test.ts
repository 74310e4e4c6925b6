import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ensureMasterKey } from '../../services/zone-writer/admin/master-key.ts'
import { ensureFirstToken, tokenName } from '../../services/zone-writer/admin/tokens.ts'
import { ConfigError } from '../../shared/config.ts'
import { silentLogger } from '../../shared/log.ts'
import { SecretError } from '../../shared/secrets/sealed.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { administration } from './fixture.ts'

const log = silentLogger()

describe('the master key', () => {
  let context: Awaited<ReturnType<typeof administration>>
  const folder = temporaryFolder('master-key')
  const file = join(folder, 'deep', 'master.key')
  before(async () => {
    context = await administration()
  })
  after(() => context.close())

  it('is made once by writers that start at the same moment, for this user only', async () => {
    const all = await Promise.all([1, 2, 3].map(() => ensureMasterKey(context.db, file, log)))
    const keys = new Set(all.map(({ masterKey }) => Buffer.from(masterKey).toString('base64')))
    assert.deepEqual([...keys], [(await readFile(file, 'utf8')).trim()])
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('is the same at the next start, and so is what edges check theirs with', async () => {
    const [one, other] = [
      await ensureMasterKey(context.db, file, log),
      await ensureMasterKey(context.db, file, log),
    ]
    assert.deepEqual(Buffer.from(one.masterKeyCheck), Buffer.from(other.masterKeyCheck))
  })

  it('is refused with one clear sentence when it is another', async () => {
    const wrong = join(folder, 'wrong.key')
    await writeFile(wrong, randomBytes(32).toString('base64'))
    await assert.rejects(ensureMasterKey(context.db, wrong, log), (error) => {
      assert.ok(error instanceof SecretError)
      assert.match(error.message, /wrong\.key is not the one .* sealed under.*ZONELOG_MASTER_KEY_FILE/)
      return true
    })
  })

  it('is never made anew where secrets are sealed already', async () => {
    const missing = join(folder, 'missing.key')
    await assert.rejects(ensureMasterKey(context.db, missing, log), /cannot read the master key .*copy it/)
    await assert.rejects(stat(missing))
  })

  it('must be 32 octets', async () => {
    const short = join(folder, 'short.key')
    await writeFile(short, 'c2hvcnQ=')
    await assert.rejects(ensureMasterKey(context.db, short, log), /32 octets as base64/)
  })
})

describe('the first token', () => {
  let context: Awaited<ReturnType<typeof administration>>
  const file = join(temporaryFolder('api-token'), 'api-token')
  before(async () => {
    context = await administration()
  })
  after(() => context.close())
  const ensure = (apiToken?: string, apiTokenFile = file) =>
    ensureFirstToken(context.db, { apiToken, apiTokenGiven: apiToken !== undefined, apiTokenFile }, log)
  const inFile = async () => (await readFile(file, 'utf8')).trim()

  it('is made once by writers that start at the same moment, for this user only, and stored hashed', async () => {
    await Promise.all([ensure(), ensure(), ensure()])
    assert.equal(await tokenName(context.db, await inFile()), 'first')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const rows = await context.db.selectFrom('api_token').selectAll().execute()
    assert.equal(rows.length, 1)
    assert.equal(rows[0]!.hash.length, 32)
    assert.ok(!rows[0]!.hash.equals(Buffer.from(await inFile())))
  })

  it('stays as it is at the next start', async () => {
    const token = await inFile()
    await ensure(token)
    assert.equal(await inFile(), token)
  })

  it('of another is no name', async () => {
    assert.equal(await tokenName(context.db, 'zonelog_guess'), undefined)
    assert.equal(await tokenName(context.db, ''), undefined)
  })

  it('given by variable is known from then on, in place of the one given before', async () => {
    await ensure('a token of my own')
    assert.equal(await tokenName(context.db, 'a token of my own'), 'environment')
    await ensure('another of my own')
    assert.equal(await tokenName(context.db, 'another of my own'), 'environment')
    assert.equal(await tokenName(context.db, 'a token of my own'), undefined)
    assert.equal(await tokenName(context.db, await inFile()), 'first')
  })

  it('given by variable must not be short', async () =>
    await assert.rejects(
      ensure('short'),
      (error) => error instanceof ConfigError && !error.message.includes('short"'),
    ))

  it('is not made on a machine that joins a database with tokens', async () => {
    const elsewhere = join(temporaryFolder('api-token'), 'api-token')
    await ensure(undefined, elsewhere)
    await assert.rejects(stat(elsewhere))
  })

  it('of a file left from a crash before the commit is used', async () => {
    await context.db.deleteFrom('api_token').execute()
    await ensure()
    assert.equal(await tokenName(context.db, await inFile()), 'first')
    await rm(file)
  })
})
