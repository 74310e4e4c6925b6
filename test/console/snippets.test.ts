import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { HTTP_SNIPPETS } from '../../services/console/src/pages/keys/http-snippet-texts.ts'
import {
  addressFor,
  SNIPPETS,
  serverFrom,
  urlFor,
} from '../../services/console/src/pages/keys/snippet-texts.ts'

const PLACE = {
  server: '192.0.2.53',
  port: 53,
  zone: 'example.com',
  host: 'home',
  reverse: '2.0.192.in-addr.arpa',
}
const CLIENT = { url: 'https://update.example.com', user: 'home', token: 'TOKEN', host: 'home.example.com' }

/** The fenced block of a page of docs/clients whose first line is this. */
function block(page: string, info: string): string {
  const text = readFileSync(new URL(`../../docs/clients/${page}.md`, import.meta.url), 'utf8')
  const blocks = text.split(/^```/m).filter((_, index) => index % 2 === 1)
  const found = blocks.filter((each) => each.startsWith(`${info}\n`))
  assert.ok(found.length > 0, `${page}.md shows no block ${info}`)
  return found
    .map((each) => each.slice(info.length + 1))
    .join('')
    .trimEnd()
}

function snippet(id: string, place = PLACE, algorithm = 'hmac-sha256'): string {
  const found = SNIPPETS.find((each) => each.id === id)
  assert.ok(found)
  return found.text({ name: `${id}.`, algorithm, secret: 'SECRET' }, place)
}

const httpSnippet = (id: string) => HTTP_SNIPPETS.find((each) => each.id === id)?.text(CLIENT)

describe('the configuration that the console shows is that of docs/clients', () => {
  it('for ddclient', () => assert.equal(snippet('ddclient'), block('ddclient', 'ddclient.conf')))

  it('for certbot', () =>
    assert.equal(snippet('certbot', PLACE, 'hmac-sha512'), block('certbot', 'rfc2136.ini')))

  it('for Kea', () =>
    assert.deepEqual(JSON.parse(snippet('kea')), JSON.parse(block('kea', 'kea-dhcp-ddns.conf'))))

  it('for lego', () => {
    const exports = block('lego', 'sh')
      .split('\n')
      .filter((line) => line.startsWith('export '))
    assert.deepEqual(snippet('lego').split('\n'), exports)
  })

  it('for external-dns, with the secret apart from the arguments', () => {
    const [secret, deployment] = snippet('external-dns', { ...PLACE, zone: 'k8s.example.com' }).split(
      '\n---\n',
    )
    assert.equal(deployment, block('external-dns', 'yaml'))
    assert.match(secret!, /kind: Secret/)
  })

  it('for clients of dyndns2', () => {
    assert.equal(httpSnippet('ddclient'), block('ddclient', 'conf dyndns2'))
    assert.equal(httpSnippet('router')?.split('\n')[0], block('fritzbox', 'text update-url'))
  })

  it('never hands the secret of a key to those who need a token', () =>
    assert.ok(SNIPPETS.every(({ id }) => id !== 'router' && !snippet(id).includes('/nic/update'))))
})

describe('the server of a snippet', () => {
  it('is where an edge listens, or where this page comes from when it listens everywhere', () => {
    assert.equal(addressFor('192.0.2.53:53,[2001:db8::53]:53', 'dns.example.net'), '192.0.2.53:53')
    assert.equal(addressFor('0.0.0.0:5300', 'dns.example.net'), 'dns.example.net:5300')
    assert.equal(addressFor('[::]:53', '[2001:db8::1]'), '[2001:db8::1]:53')
    assert.equal(addressFor(undefined, 'dns.example.net'), 'dns.example.net:53')
  })

  it('is the same machine for clients that come by HTTPS', () => {
    assert.equal(urlFor('192.0.2.53:5300'), 'https://192.0.2.53')
    assert.equal(urlFor('[2001:db8::53]:53'), 'https://[2001:db8::53]')
  })

  it('stands in brackets where a port follows an IPv6 address', () => {
    assert.deepEqual(serverFrom('[2001:db8::53]:5300'), { server: '2001:db8::53', port: 5_300 })
    assert.match(snippet('lego', { ...PLACE, server: '2001:db8::53' }), /NAMESERVER=\[2001:db8::53\]:53$/m)
  })
})
