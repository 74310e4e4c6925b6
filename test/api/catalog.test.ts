import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import { createKey } from '../../services/zone-writer/admin/keys/create-key.ts'
import { CatalogBucket } from '../../services/zone-writer/catalog/bucket.ts'
import { CatalogPublisher } from '../../services/zone-writer/catalog/catalog-publisher.ts'
import { withMasterKeyCheck } from '../../services/zone-writer/store/master-key-check.ts'
import { decodeCatalogKey, decodeCatalogZone, keyEntryKey, zoneEntryKey } from '../../shared/catalog.ts'
import { decodeCatalogMeta, META_ENTRY_KEY, sealMasterKeyCheck } from '../../shared/catalog-meta.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { tsigSecretPurpose } from '../../shared/secrets/sealed.ts'
import { type TestNats, testNats } from '../support/infrastructure.ts'
import { administration, masterKeyPlaces, NOBODY } from './fixture.ts'

describe('the catalog in NATS', () => {
  let server: TestNats
  let nats: NatsConnection
  let context: Awaited<ReturnType<typeof administration>>
  let bucket: CatalogBucket
  let publisher: CatalogPublisher
  const log = silentLogger()
  const another = () =>
    new CatalogPublisher({
      db: context.db,
      nats,
      log,
      partitions: 16,
    })
  before(async () => {
    ;[server, context] = await Promise.all([testNats(), administration()])
    nats = await connectNats(server.url, 'test', log)
    await ensureStreams(nats, 1)
    bucket = await CatalogBucket.open(nats)
    const sealed = sealMasterKeyCheck(context.admin.masterKeys.present!)
    await withMasterKeyCheck(context.db, async () => sealed)
    publisher = another()
  })
  after(async () => {
    await nats.close()
    await context.close()
    await server.stop()
  })

  const zone = async (name: string, allowUpdate: string[] = []) => {
    const created = await createZone(
      { ...context.admin, catalog: publisher },
      { name, allowUpdate, ...NOBODY },
    )
    assert.ok(created.ok)
    return created.value
  }
  const texts = async () => new Map([...(await bucket.readAll())].map(([key, { text }]) => [key, text]))

  it('is empty before the first writer, and readable', async () => {
    assert.equal((await bucket.readAll()).size, 0)
  })

  it('has a zone with its rules as soon as it is created', async () => {
    const { id } = await zone('catalog.test', ['10.0.0.0/8'])
    const { text } = await bucket.read(zoneEntryKey(id))
    const entry = decodeCatalogZone(text!)
    assert.equal(entry.name, 'catalog.test.')
    assert.deepEqual(
      entry.rules.map((rule) => rule.text),
      ['grant ip:10.0.0.0/8 zonesub ANY'],
    )
  })

  it('has a key, sealed, as soon as it is created', async () => {
    const created = await createKey(
      { ...context.admin, catalog: publisher },
      { name: 'odd\\.key', by: 'system' },
    )
    assert.ok(created.ok)
    const name = nameOf('odd\\.key')
    const { text } = await bucket.read(keyEntryKey(name))
    const key = decodeCatalogKey(text!)
    const secret = context.admin.masterKeys.open(tsigSecretPurpose(name), key.secrets[0]!.sealed)
    assert.equal(Buffer.from(secret).toString('base64'), created.value.secret)
    for (const entry of (await texts()).values()) assert.ok(!entry?.includes(created.value.secret))
  })

  it('lets an edge know a wrong master key', async () => {
    await publisher.reconcile()
    const meta = decodeCatalogMeta((await bucket.read(META_ENTRY_KEY)).text!)
    context.admin.masterKeys.thatSealed(meta.masterKeyCheck)
    const wrong = MasterKeys.read(masterKeyPlaces())
    assert.throws(() => wrong.thatSealed(meta.masterKeyCheck), /in ZONELOG_MASTER_KEY is not the one/)
  })

  it('gets what is missing and different, and loses what is gone, then stays as it is', async () => {
    const { id } = await zone('mended.test')
    const right = await texts()
    const kv = await nats.jetstream().views.kv('zonelog-catalog')
    await kv.put(zoneEntryKey(id), (await bucket.read(zoneEntryKey(id))).text!.replace('mended', 'broken'))
    await kv.put(zoneEntryKey(999), right.get(zoneEntryKey(id))!)
    await kv.delete(keyEntryKey(nameOf('odd\\.key')))
    assert.deepEqual(await publisher.reconcile(), { put: 2, deleted: 1 })
    assert.deepEqual(await texts(), new Map([...right, [zoneEntryKey(999), undefined]]))
    assert.deepEqual(await publisher.reconcile(), { put: 0, deleted: 0 })
  })

  it('keeps what a newer version of zonelog wrote, and keys that are not its own', async () => {
    const { id } = await zone('newer.test')
    const kv = await nats.jetstream().views.kv('zonelog-catalog')
    await kv.put(zoneEntryKey(id), '{"version":99}')
    await kv.put('else.1', 'x')
    assert.deepEqual(await publisher.reconcile(), { put: 0, deleted: 0 })
    await kv.delete(zoneEntryKey(id))
  })

  it('is kept by several writers at once', async () => {
    await context.db.deleteFrom('update_rule').execute()
    const counts = await Promise.all([publisher, another(), another()].map((writer) => writer.reconcile()))
    assert.ok(counts.reduce((sum, { put }) => sum + put, 0) >= 1)
    assert.deepEqual(await another().reconcile(), { put: 0, deleted: 0 })
  })

  it('is never set back by a writer that is behind', async () => {
    const { id } = await zone('behind.test')
    const seen = await bucket.read(zoneEntryKey(id))
    await context.db
      .insertInto('update_rule')
      .values({ zone_id: id, position: 0, rule: 'grant * zonesub ANY' })
      .execute()
    await publisher.zoneChanged(id)
    const newest = await bucket.read(zoneEntryKey(id))
    assert.equal(await bucket.put(zoneEntryKey(id), seen.text!, seen), false)
    assert.equal(await bucket.delete(zoneEntryKey(id), seen), false)
    assert.deepEqual(await bucket.read(zoneEntryKey(id)), newest)
  })
})
