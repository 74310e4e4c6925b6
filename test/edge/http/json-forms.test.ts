import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { lastLines, runCommand } from '../../../services/local/run-command.ts'
import { silentLogger } from '../../../shared/log.ts'
import { decodeAccountReply, encodeAccountRequest } from '../../../shared/messaging/account-service.ts'
import { closeNats, connectNats } from '../../../shared/messaging/connect.ts'
import { ACCOUNT_SERVICE } from '../../../shared/messaging/subjects.ts'
import { newUpdateToken, updateTokenHash } from '../../../shared/update-token.ts'
import { runCli } from '../../cli/run-cli.ts'
import { knowsZones } from '../../support/client-system.ts'
import type { RunningEdge } from '../../support/system.ts'
import { until } from '../../support/until.ts'
import { type Ask, type HttpAnswer, HttpSystem } from './http-system.ts'

// Forms whose clients go by the status and speak JSON. Requests are as lego, acme-dns' clients and external-dns write them.

const ACCOUNT = 'c36f50e8-4632-44f0-83fe-e070fef28a10'
const MOST_ACCOUNTS = 16
const VALUES = ['A', 'B', 'C', 'D'].map((letter) => letter.repeat(43))

let http: HttpSystem
let token: string
before(async () => {
  http = await HttpSystem.start(
    ['auth.example', 'cluster.example', 'closed.example'],
    ['grant customers zonesub A AAAA CNAME TXT MX'],
    { ZONELOG_ACME_DNS_ZONE: 'acme.example', ZONELOG_ACME_DNS_ACCOUNTS: String(MOST_ACCOUNTS) },
  )
  await http.api.delete('/v1/zones/closed.example/rules/1')
  token = await http.token('acme', `${ACCOUNT}.auth.example`)
})
after(() => http?.close())

const as = () => `customers:${http.secret}`
const post = (path: string, value: unknown, more: Ask = {}) => {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  return http.ask(path, { as: as(), ...more, method: 'POST', body })
}
const brief = ({ status, body }: HttpAnswer) => `${status} ${body.trimEnd()}`
const events = async (zone: string) => (await http.events(zone)).filter(({ kind }) => kind === 'update')

describe('lego httpreq', () => {
  const name = '_acme-challenge.www.auth.example.'
  const txt = async () => await http.records(name, 'TXT')

  it('puts values in and takes them away again, one by one, below any path', async () => {
    assert.equal(brief(await post('/present', { fqdn: name, value: VALUES[0] })), '200 {}')
    assert.equal(brief(await post('/lego/httpreq/present', { fqdn: name, value: VALUES[1] })), '200 {}')
    assert.equal(await txt(), `"${VALUES[0]}" "${VALUES[1]}"`)
    assert.equal(brief(await post('/cleanup', { fqdn: name, value: VALUES[0] })), '200 {}')
    assert.equal(await txt(), `"${VALUES[1]}"`)
    await post('/cleanup', { fqdn: name, value: VALUES[1] })
    assert.equal(await txt(), '')
  })
  it('takes the mode RAW: the digest is made of the key authorization (RFC 8555 §8.4)', async () => {
    const raw = { domain: '*.www.auth.example', token: 'x', keyAuth: 'token.thumbprint' }
    assert.equal(brief(await post('/present', raw)), '200 {}')
    assert.equal(await txt(), '"61rBZ_4knHblO0MNoxFsXZ_eTFUHum0B6IVRbhvUn5I"')
    await post('/cleanup', raw)
    assert.equal(await txt(), '')
  })
  it('says by status what is wrong, and changes nothing', async () => {
    const before = (await events('auth.example')).length
    const challenge = { fqdn: name, value: VALUES[0] }
    for (const [value, more, status] of [
      ['{', {}, 400],
      ['[]', {}, 400],
      [{ fqdn: name }, {}, 400],
      [{ fqdn: `${'a'.repeat(64)}.auth.example`, value: 'x' }, {}, 400],
      [{ fqdn: name, value: 'x'.repeat(2_000) }, {}, 400],
      [challenge, { as: 'customers:wrong', from: '192.0.2.31' }, 401],
      [{ ...challenge, fqdn: 'www.closed.example' }, {}, 403],
      [{ ...challenge, fqdn: 'www.elsewhere.example' }, {}, 403],
      [challenge, { as: `x:${token}` }, 403],
      ['x'.repeat(20_000), {}, 413],
      // who has not signed in is told so, and nothing that he sends is kept
      ['x'.repeat(2 << 20), { as: 'customers:wrong', from: '192.0.2.31' }, 401],
    ] as [unknown, Ask, number][])
      assert.equal((await post('/present', value, more)).status, status, JSON.stringify(value).slice(0, 80))
    assert.equal((await events('auth.example')).length, before)
  })
})

describe('acme-dns', () => {
  const update = (subdomain: string, txt: string, key = token) =>
    http.ask('/update', {
      method: 'POST',
      headers: { 'x-api-user': 'eabcdb41-d89f-4580-826f-3e62e9755ef2', 'x-api-key': key },
      body: JSON.stringify({ subdomain, txt }),
      from: '192.0.2.40',
    })
  const txt = async () => await http.records(`${ACCOUNT}.auth.example.`, 'TXT')

  it('is healthy', async () => assert.equal((await http.ask('/health')).status, 200))
  it('keeps the two newest values of the account', async () => {
    for (const value of VALUES.slice(0, 3))
      assert.equal(brief(await update(ACCOUNT, value)), `200 {"txt":"${value}"}`)
    assert.equal(await txt(), `"${VALUES[1]}" "${VALUES[2]}"`)
  })
  it('takes a value that is there as one that stays, with an event and no serial', async () => {
    assert.equal((await update(ACCOUNT, VALUES[2]!)).status, 200)
    assert.equal(await txt(), `"${VALUES[1]}" "${VALUES[2]}"`)
  })
  it('two that come at once are both kept', async () => {
    const both = await Promise.all([update(ACCOUNT, VALUES[0]!), update(ACCOUNT, VALUES[3]!)])
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    )
    assert.equal(await txt(), `"${VALUES[0]}" "${VALUES[3]}"`)
  })
  it('says what is wrong in the words of acme-dns', async () => {
    assert.equal(brief(await update(ACCOUNT, VALUES[0]!, 'wrong')), '401 {"error":"forbidden"}')
    assert.equal(brief(await update('other', VALUES[0]!)), '400 {"error":"bad_subdomain"}')
    assert.equal(brief(await update(ACCOUNT, 'short')), '400 {"error":"bad_txt"}')
  })
})

describe('acme-dns registration', () => {
  interface Account {
    readonly username: string
    readonly password: string
    readonly fulldomain: string
    readonly subdomain: string
    readonly allowfrom: readonly string[]
  }
  /** An edge of the same system that has no setting for it. */
  let other: RunningEdge

  before(async () => {
    await http.api.createKey('acme-dns')
    await http.api.createZone('acme.example')
    await http.api.post('/v1/zones/acme.example/rules', { rules: ['grant acme-dns zonesub TXT'] })
    other = await http.system.edge({ ZONELOG_TRUSTED_PROXIES: '127.0.0.0/8' })
    for (const edge of [http.edge, other]) await knowsZones(edge, 4)
  })

  const register = (from: string, body = '', edge = http.edge) =>
    http.ask('/register', { method: 'POST', body, from, edge })
  const registered = async (from: string, body = '') => {
    const answer = await register(from, body)
    assert.equal(answer.status, 201, answer.body)
    return JSON.parse(answer.body) as Account
  }
  const update = (account: Account, from: string, edge = http.edge) =>
    http.ask('/update', {
      method: 'POST',
      headers: { 'x-api-user': account.username, 'x-api-key': account.password },
      body: JSON.stringify({ subdomain: account.subdomain, txt: VALUES[0] }),
      from,
      edge,
    })
  const tokens = async () =>
    (await http.api.get('/v1/keys/acme-dns/update-tokens')).tokens as {
      name: string
      hosts: string[]
      allowFrom: string[]
      createdBy: string
    }[]
  /** The first block of the page with these words, sent to our edge. */
  const documented = async (words: string, environment: Record<string, string> = {}) => {
    const page = readFileSync(new URL('../../../docs/clients/acme-dns.md', import.meta.url), 'utf8')
    const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
    const script = blocks.find((text) => text.includes(words)) ?? assert.fail(words)
    const ours = script.replaceAll('https://edge.example.net', `http://127.0.0.1:${http.edge.httpPort}`)
    const env = { PATH: process.env.PATH, ...environment }
    const run = await runCommand('sh', ['-e', '-c', ours], { env })
    assert.equal(run.status, 0, lastLines(run))
    return JSON.parse(run.stdout) as Account
  }

  it('gives curl an account as documented, which is good at once and at every edge', async () => {
    const account = await documented('-X POST https://edge.example.net/register')
    const { username, password, fulldomain, subdomain, allowfrom } = account
    for (const id of [username, subdomain]) assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.match(password, /^\w{40}$/)
    assert.deepEqual([fulldomain, allowfrom], [`${subdomain}.acme.example`, []])
    const VALUE = VALUES[1]!
    await documented('X-Api-User: $USERNAME', {
      ...{ USERNAME: username, PASSWORD: password, SUBDOMAIN: subdomain, VALUE },
    })
    assert.equal(await http.records(`${fulldomain}.`, 'TXT'), `"${VALUE}"`)
    let tries = 0
    await until('the other edge takes it', async () => {
      // an address of its own for each try: what is not known yet counts as a wrong password
      const { status } = await update(account, `192.0.2.${100 + tries++}`, other)
      return status === 200
    })
    assert.equal((await events('acme.example'))[0]?.by, 'key:acme-dns.')
  })
  it('for its own name only, and kept as a hash', async () => {
    const account = await registered('192.0.2.41')
    const at = { ...account, subdomain: (await registered('192.0.2.41')).subdomain }
    assert.equal(brief(await update(at, '192.0.2.41')), '400 {"error":"bad_subdomain"}')
    const stored = await http.system.db.selectFrom('update_token').selectAll().execute()
    assert.ok(!JSON.stringify(stored).includes(account.password))
  })
  it('refuses an account from where its allowfrom is not, whatever the form, and says why in the audit', async () => {
    const account = await documented('allowfrom')
    assert.deepEqual(account.allowfrom, ['192.0.2.0/24', '2001:db8::/32'])
    const statuses = async (...from: string[]) =>
      (await Promise.all(from.map((address) => update(account, address)))).map(brief)
    const [yes, no] = [`200 {"txt":"${VALUES[0]}"}`, '401 {"error":"forbidden"}']
    assert.deepEqual(await statuses('192.0.2.42', '2001:db8::42'), [yes, yes])
    assert.deepEqual(await statuses('198.51.100.1', '2001:db9::1'), [no, no])
    const dyndns = `/nic/update?hostname=${account.fulldomain}&myip=192.0.2.1`
    assert.equal(
      brief(await http.ask(dyndns, { as: `x:${account.password}`, from: '198.51.100.1' })),
      '401 badauth',
    )
    await until('the audit has it', async () => {
      const { refusals } = await http.api.get('/v1/refusals')
      return refusals.some(({ reason }: { reason: string }) => reason === 'http-allowfrom')
    })
    const listed = (await tokens()).find(({ name }) => name === account.username)
    assert.deepEqual([listed?.allowFrom, listed?.createdBy], [account.allowfrom, 'unsigned'])
  })
  it('says what is wrong in the words of acme-dns, and makes nothing', async () => {
    const before = (await tokens()).length
    for (const [body, error] of [
      ['{', 'malformed_json_payload'],
      ['[]', 'malformed_json_payload'],
      ['{"allowfrom": "192.0.2.0/24"}', 'malformed_json_payload'],
      ['{"allowfrom": [1]}', 'malformed_json_payload'],
      ['{"allowFrom": ["192.0.2.0/24"]}', 'malformed_json_payload'],
      ['{"allowfrom": ["192.0.2.1"]}', 'invalid_allowfrom_cidr'],
      ['{"allowfrom": ["192.0.2.0/33"]}', 'invalid_allowfrom_cidr'],
      ['{"allowfrom": ["192.0.2.0/24", "home"]}', 'invalid_allowfrom_cidr'],
      [JSON.stringify({ allowfrom: Array(101).fill('192.0.2.0/24') }), 'invalid_allowfrom_cidr'],
    ] as const)
      assert.equal(brief(await register('192.0.2.43', body)), `400 {"error":"${error}"}`, body)
    assert.equal((await tokens()).length, before)
  })
  it('is off unless it is turned on', async () => {
    assert.equal(brief(await register('192.0.2.44', '', other)), '403 {"error":"registration_disabled"}')
  })
  it('asked twice with one password makes one account; of an edge that died since it stays, unused, to be revoked', async () => {
    const before = (await tokens()).map(({ name }) => name)
    const nats = await connectNats(http.system.nats.url, 'an edge that dies', silentLogger())
    const hash = updateTokenHash(newUpdateToken())
    const asked = encodeAccountRequest({ hash, allowFrom: [], network: '192.0.2.45', edgeId: 'dead' })
    const ask = async () => decodeAccountReply((await nats.request(ACCOUNT_SERVICE, asked)).data)
    const first = await ask()
    assert.equal(first.kind, 'account')
    assert.deepEqual(await ask(), first)
    await closeNats(nats)
    const added = (await tokens()).filter(({ name }) => !before.includes(name))
    assert.equal(added.length, 1)
    await http.api.delete(`/v1/keys/acme-dns/update-tokens/${added[0]!.name}`)
  })
  it('is bounded: ten an hour for one address or IPv6 network, and a number in all', async () => {
    for (let count = 1; count <= 10; count++) await registered(`2001:db8:0:1::${count}`)
    const eleventh = await register('2001:db8:0:1::ffff')
    assert.equal(brief(eleventh), '429 {"error":"too_many_registrations"}')
    assert.equal(eleventh.headers['retry-after'], '3600')
    while ((await tokens()).length < MOST_ACCOUNTS) await registered('192.0.2.46')
    assert.equal(brief(await register('192.0.2.46')), '503 {"error":"registration_full"}')
    const { name } = (await tokens())[0]!
    await http.api.delete(`/v1/keys/acme-dns/update-tokens/${name}`)
    await registered('192.0.2.46')
  })
})

describe('external-dns webhook', () => {
  const MEDIA = 'application/external.dns.webhook+json;version=1'
  const accept = { accept: MEDIA }
  const endpoint = (dnsName: string, recordType: string, ...targets: string[]) => ({
    dnsName,
    recordType,
    targets,
    labels: { owner: 'cluster' },
  })
  const records = async (more: Ask = {}) => {
    const answer = await http.ask('/external-dns/records', { as: as(), headers: accept, ...more })
    assert.equal(answer.status, 200, answer.body)
    return JSON.parse(answer.body) as { dnsName: string; recordType: string; targets: string[] }[]
  }
  const shown = async () =>
    (await records())
      .filter(({ dnsName }) => dnsName.endsWith('.app.cluster.example'))
      .map(({ dnsName, recordType, targets }) => `${dnsName.split('.')[0]} ${recordType} ${targets.join()}`)
      .sort()

  it('negotiates the version and tells the zones that the key may change', async () => {
    const answer = await http.ask('/external-dns', { as: as(), headers: accept })
    assert.deepEqual(
      [answer.status, answer.headers['content-type'], answer.headers.vary],
      [200, MEDIA, 'Content-Type'],
    )
    assert.deepEqual(JSON.parse(answer.body).include.sort(), ['auth.example', 'cluster.example'])
    assert.equal((await http.ask('/', { headers: accept, from: '192.0.2.50' })).status, 401)
  })
  it('creates, updates and deletes, all of a request in one update', async () => {
    const create = [
      endpoint('web.app.cluster.example', 'A', '192.0.2.1', '192.0.2.2'),
      { ...endpoint('alias.app.cluster.example', 'CNAME', 'web.app.cluster.example'), recordTTL: 120 },
      endpoint('a-web.app.cluster.example', 'TXT', '"heritage=external-dns,external-dns/owner=cluster"'),
    ]
    // fields as releases before 0.15 write them
    assert.equal(
      brief(
        await post('/external-dns/records', {
          Create: create,
          UpdateOld: null,
          UpdateNew: null,
          Delete: null,
        }),
      ),
      '204 ',
    )
    assert.deepEqual(await shown(), [
      'a-web TXT "heritage=external-dns,external-dns/owner=cluster"',
      'alias CNAME web.app.cluster.example',
      'web A 192.0.2.1,192.0.2.2',
    ])
    assert.equal((await events('cluster.example')).length, 1)
    const changes = {
      updateOld: [endpoint('web.app.cluster.example', 'A', '192.0.2.1', '192.0.2.2')],
      updateNew: [endpoint('web.app.cluster.example', 'A', '192.0.2.2', '192.0.2.3')],
      delete: [endpoint('alias.app.cluster.example', 'CNAME', 'web.app.cluster.example')],
    }
    assert.equal((await post('/records', changes)).status, 204)
    assert.deepEqual((await shown()).slice(1), ['web A 192.0.2.2,192.0.2.3'])
    // once more, as after an answer that was lost
    assert.equal((await post('/records', changes)).status, 204)
    const [again, first] = await events('cluster.example')
    assert.ok(again?.reason === 'unchanged' || first?.reason === 'applied')
  })
  it('hands endpoints back as they are wanted', async () => {
    const wanted = [
      { ...endpoint('x.cluster.example', 'A', '192.0.2.1'), providerSpecific: [{ name: 'a', value: 'b' }] },
    ]
    assert.deepEqual(JSON.parse((await post('/adjustendpoints', wanted)).body), wanted)
  })
  it('shows a token nothing but its own names', async () => {
    const own = await records({ as: `x:${token}` })
    assert.deepEqual(
      own.map(({ dnsName }) => dnsName),
      [`${ACCOUNT}.auth.example`],
    )
  })
  it('changes nothing at all when one of many cannot be', async () => {
    const before = await shown()
    const good = endpoint('good.app.cluster.example', 'A', '192.0.2.9')
    for (const [bad, status] of [
      [endpoint('bad.closed.example', 'A', '192.0.2.1'), 403],
      [endpoint('bad.app.cluster.example', 'SRV', '0 0 1 x.cluster.example'), 403],
      [endpoint('bad.app.cluster.example', 'A', 'web'), 400],
      [endpoint('bad.app.cluster.example', 'SOA', 'x'), 400],
      [endpoint('bad.app.cluster.example', 'A'), 400],
      [{ ...good, recordTTL: -1 }, 400],
      ['text', 400],
    ] as const)
      assert.equal((await post('/records', { create: [good, bad] })).status, status, JSON.stringify(bad))
    assert.equal((await post('/records', 'no JSON')).status, 400)
    assert.equal((await post('/adjustendpoints', {})).status, 400)
    assert.deepEqual(await shown(), before)
  })
  it('takes more than a message holds', async () => {
    const create = Array.from({ length: 1_500 }, (_, index) =>
      endpoint(`many-${index}.cluster.example`, 'TXT', `"${'x'.repeat(60)}"`),
    )
    assert.equal((await post('/records', { create })).status, 204)
    assert.equal((await records()).filter(({ dnsName }) => dnsName.startsWith('many-')).length, 1_500)
  })
})

describe('a lease over HTTP', () => {
  const update = async (lease: string) => {
    const target = `/nic/update?hostname=leased.cluster.example&myip=192.0.2.60&lease=${lease}`
    return brief(await http.ask(target, { as: as() }))
  }
  it('is granted by the zone as one by DNS is', async () => {
    await http.api.patch('/v1/zones/cluster.example', { settings: { leases: { least: 60, longest: 3_600 } } })
    assert.equal(await update('2h'), '200 good 192.0.2.60')
    const [event] = await events('cluster.example')
    assert.match(event!.detail, /; lease 3600 s$/)
    const { values } = await http.api.get('/v1/zones/cluster.example/leases')
    assert.deepEqual(
      values.map(({ name, seconds }: { name: string; seconds: number }) => [name, seconds]),
      [['leased.cluster.example.', 3_600]],
    )
  })
  it('that is no duration is refused', async () => assert.equal(await update('soon'), '400 dnserr'))

  it('may be asked for as clients of DuckDNS and FreeDNS ask, or come with the token, which they may overrule', async () => {
    const host = 'phone.cluster.example'
    const environment = { ZONELOG_API_URL: http.api.url, ZONELOG_API_TOKEN: http.api.token }
    const cli = async (line: string) => {
      const { status, out, err } = await runCli(line.split(' '), environment)
      assert.equal(status, 0, err)
      return out.trim()
    }
    const plain = await cli(`update-token create customers plain --host ${host}`)
    const leased = await cli(`update-token create customers leased --host ${host} --lease 10m`)
    assert.match(await cli('update-token list customers'), /leased +phone\.cluster\.example\. +active +10m/)
    // another address each time: wrong passwords are counted
    let asked = 0
    const isKnown = async () =>
      brief(
        await http.ask('/nic/update?hostname=%25h', { as: `x:${leased}`, from: `192.0.2.${asked++ % 200}` }),
      )
    await until('the edge knows the token', async () => (await isKnown()) === '400 notfqdn')
    let address = 0
    const granted = async (target: string) => {
      const { status, body } = await http.ask(`${target}${++address}`)
      assert.equal(status, 200, body)
      return /; lease (\d+) s$/.exec((await events('cluster.example'))[0]!.detail)?.[1]
    }
    for (const [target, lease] of [
      [`/update?domains=phone&token=${plain}&lease=5m&ip=192.0.2.`, '300'],
      [`/u/${plain}/?lease=4m&address=192.0.2.`, '240'],
      [`/update?domains=phone&token=${plain}&ip=192.0.2.`, undefined],
      [`/update?domains=phone&token=${leased}&ip=192.0.2.`, '600'],
      [`/dynamic/update.php?${leased}&address=192.0.2.`, '600'],
      [`/u/${leased}/?lease=4m&address=192.0.2.`, '240'],
    ] as const)
      assert.equal(await granted(target), lease, target.replaceAll(/[0-9a-f]{40}/g, 'TOKEN'))
    for (const target of [`/update?domains=phone&token=${plain}&lease=soon`, `/u/${plain}/?lease=soon`])
      assert.equal((await http.ask(target)).status, 400)
    const wrong = await runCli(
      ['update-token', 'create', 'customers', 'odd', '--host', host, '--lease', 'soon'],
      environment,
    )
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /--lease takes a duration such as 90s, 2h or 1d/)
  })
})

describe('acme-dns registration without a writer', () => {
  it('says that nothing was made', async () => {
    await http.writer.close()
    const answer = await http.ask('/register', { method: 'POST', from: '192.0.2.47' })
    assert.equal(brief(answer), '503 {"error":"try_again"}')
  })
})
