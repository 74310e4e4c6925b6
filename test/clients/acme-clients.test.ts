import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { python } from '../support/python.ts'

const ZONE = 'corp.example'
const DOMAIN = 'www.deep.corp.example'
const TOKENS = ['gfj9Xq--Rg85nM', 'LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM']

interface Outcome {
  readonly guesses: [name: string, rcode: string, authoritative: boolean, found: boolean][]
  readonly zone: string
  readonly zoneSigned: string
  readonly certbotAdded: [string[], string[]]
  readonly certbotRemoved: [string[], string[]]
  readonly legoZone: string
  readonly lego: [string, string[]][]
  readonly legoRemoved: [string, string[]]
}

let clients: ClientSystem
let key: ClientKey
let outcome: Outcome

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'acme', 'hmac-sha512')
  await clients.api.createZone(ZONE, { allowUpdate: ['acme'] })
  await knowsZones(clients.edge, 1)
  outcome = await python('acme.py', { ...clients.server, key, domain: DOMAIN, tokens: TOKENS })
})
after(() => clients?.system.close())

const quoted = (tokens: readonly string[]) => tokens.map((token) => `"${token}"`).sort()

describe('certbot', () => {
  it('finds the zone by SOA without RD: only the apex answers with the SOA itself', () => {
    assert.deepEqual(outcome.guesses, [
      [`_acme-challenge.${DOMAIN}.`, 'NXDOMAIN', true, false],
      [`${DOMAIN}.`, 'NXDOMAIN', true, false],
      ['deep.corp.example.', 'NXDOMAIN', true, false],
      ['corp.example.', 'NOERROR', true, true],
    ])
    assert.deepEqual([outcome.zone, outcome.zoneSigned], ['corp.example.', 'corp.example.'])
  })

  it('adds one value for the name and one for the wildcard, and takes each away by its value', () => {
    assert.deepEqual(outcome.certbotAdded, [['NOERROR', 'NOERROR'], quoted(TOKENS)])
    assert.deepEqual(outcome.certbotRemoved, [['NOERROR', 'NOERROR'], []])
  })
})

describe('lego', () => {
  it('finds the zone', () => assert.equal(outcome.legoZone, 'corp.example.'))

  it('replaces the whole set with one value, and takes it away by its value', () => {
    assert.deepEqual(
      outcome.lego,
      TOKENS.map((token) => ['NOERROR', quoted([token])]),
    )
    assert.deepEqual(outcome.legoRemoved, ['NOERROR', []])
  })
})
