import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ensureMasterKey } from '../../services/zone-writer/admin/master-key.ts'
import { ensureFirstToken } from '../../services/zone-writer/admin/tokens/first-token.ts'
import { accessOfToken } from '../../services/zone-writer/admin/tokens/look-up.ts'
import { ConfigError, loadConfig } from '../../shared/config.ts'
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
  const ensure = (environment: Record<string, string>) =>
    ensureMasterKey(context.db, loadConfig({ ZONELOG_DATA_DIR: folder, ...environment }).masterKeys, log)
  const ensureFile = (name: string) => ensure({ ZONELOG_MASTER_KEY_FILE: name })
  const write = async (name: string, text: string, mode = 0o600) => {
    await writeFile(join(folder, name), text, { mode })
    return join(folder, name)
  }
  const inFile = async () => (await readFile(file, 'utf8')).trim()
  const base64 = (key: Uint8Array | undefined) => Buffer.from(key!).toString('base64')

  it('is made once by writers that start at the same moment, for this user only', async () => {
    const all = await Promise.all([1, 2, 3].map(() => ensureFile(file)))
    assert.deepEqual([...new Set(all.map((keys) => base64(keys.present)))], [await inFile()])
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('is the same at the next start', async () =>
    assert.equal(base64((await ensureFile(file)).present), await inFile()))

  it('may be in a variable instead, in base64 or hex', async () => {
    const key = await inFile()
    for (const text of [key, Buffer.from(key, 'base64').toString('hex')])
      assert.equal(base64((await ensure({ ZONELOG_MASTER_KEY: text })).present), key)
  })

  it('is refused when it is given in both ways, or is none, without being shown', () => {
    const key = randomBytes(32).toString('base64')
    assert.throws(
      () => loadConfig({ ZONELOG_MASTER_KEY: key, ZONELOG_MASTER_KEY_FILE: file }),
      /ZONELOG_MASTER_KEY and ZONELOG_MASTER_KEY_FILE are both set/,
    )
    assert.throws(
      () => loadConfig({ ZONELOG_MASTER_KEY: key.slice(4) }),
      (error: Error) => {
        assert.match(error.message, /ZONELOG_MASTER_KEY=\(hidden\): expected 32 octets as base64 or hex/)
        return !error.message.includes(key.slice(4))
      },
    )
  })

  it('is refused with one clear sentence when it is another', async () => {
    const wrong = await write('wrong.key', randomBytes(32).toString('base64'))
    await assert.rejects(ensureFile(wrong), (error) => {
      assert.ok(error instanceof SecretError)
      assert.match(error.message, /wrong\.key is not the one .* sealed under.*ZONELOG_MASTER_KEY_FILE/)
      return true
    })
  })

  for (const mode of [0o640, 0o604, 0o660])
    it(`is refused when others can read its file (mode 0${mode.toString(8)}), with the chmod to run`, async () => {
      const open = await write('open.key', await inFile())
      await chmod(open, mode)
      await assert.rejects(ensureFile(open), (error: Error) => {
        assert.match(
          error.message,
          new RegExp(`can be read by others \\(mode 0${mode.toString(8)}\\): chmod 600 `),
        )
        return true
      })
      await chmod(open, 0o400)
      await ensureFile(open)
      await rm(open)
    })

  it('is never made anew where secrets are sealed already', async () => {
    const missing = join(folder, 'missing.key')
    await assert.rejects(ensureFile(missing), /cannot read the master key .*copy it/)
    await assert.rejects(stat(missing))
  })

  it('must be 32 octets', async () => {
    const short = await write('short.key', 'c2hvcnQ=')
    await assert.rejects(ensureFile(short), /32 octets as base64/)
  })

  it('may be the next one, where secrets are sealed under it already', async () => {
    const next = await write('present.key', randomBytes(32).toString('base64'))
    await write('present.key.next', await inFile())
    assert.equal(base64((await ensureFile(next)).next), await inFile())
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
  const nameOfToken = async (token: string) => {
    const access = await accessOfToken(context.db, token, Date.now())
    return typeof access === 'string' ? undefined : access.token
  }

  it('is made once by writers that start at the same moment, for this user only, and stored hashed', async () => {
    await Promise.all([ensure(), ensure(), ensure()])
    assert.equal(await nameOfToken(await inFile()), 'first')
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
    assert.equal(await nameOfToken('zonelog_guess'), undefined)
    assert.equal(await nameOfToken(''), undefined)
  })

  it('given by variable is known from then on, in place of the one given before', async () => {
    await ensure('a token of my own')
    assert.equal(await nameOfToken('a token of my own'), 'environment')
    await ensure('another of my own')
    assert.equal(await nameOfToken('another of my own'), 'environment')
    assert.equal(await nameOfToken('a token of my own'), undefined)
    assert.equal(await nameOfToken(await inFile()), 'first')
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
    assert.equal(await nameOfToken(await inFile()), 'first')
    await rm(file)
  })
})
