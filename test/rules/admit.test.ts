import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admit } from '../../shared/rules/admit.ts'
import { asker, ruleOf, ZONE } from './support.ts'

function admission(rules: readonly string[], who: ReturnType<typeof asker>) {
  return admit(
    rules.map((rule) => ruleOf(rule)),
    who,
    ZONE,
  )
}

describe('who may update the zone at all: whoever some rule could grant something', () => {
  for (const [rules, who, allowed] of [
    [[], asker('key:demo'), false],
    [['grant demo name www A'], asker('key:demo'), true],
    [['grant demo name www A'], asker('key:other'), false],
    [['grant demo name www A'], asker('unsigned'), false],
    [['grant *. name www A'], asker('unsigned'), false],
    [['deny demo name www A'], asker('key:demo'), false],
    [['deny demo name www A', 'grant demo name www A'], asker('key:demo'), true],
    [['deny demo zonesub ANY', 'grant * zonesub ANY'], asker('key:demo'), false],
    [['deny demo subdomain com. ANY', 'grant * zonesub ANY'], asker('key:demo'), false],
    [['deny demo subdomain www ANY', 'grant * zonesub ANY'], asker('key:demo'), true],
    [['deny demo zonesub', 'grant * zonesub NS'], asker('key:demo'), true],
    [['deny demo zonesub ANY', 'grant * zonesub ANY'], asker('key:other'), true],
    [['deny ip:192.0.2.9 zonesub ANY', 'grant * zonesub ANY'], asker('unsigned'), false],
    [['grant * self A'], asker('unsigned'), false],
    [['grant * self A'], asker('key:host.example.com'), true],
    [['grant * self A'], asker('key:host.example.net'), false],
    [['grant * self A'], asker('key:com'), false],
    [['grant * selfsub A'], asker('key:com'), true],
    [['grant * tcp-self PTR'], asker('unsigned', '192.0.2.9', 'tcp'), false],
    [['grant demo+ip:10.0.0.0/8 zonesub'], asker('key:demo'), false],
    [['grant demo+ip:10.0.0.0/8 zonesub'], asker('key:demo', '10.0.0.1'), true],
  ] as const)
    it(`[${rules.join('; ')}] for ${who.key ?? who.identity} from ${who.address}: ${allowed ? 'yes' : 'no'}`, () => {
      const { allowed: actual, detail } = admission(rules, who)
      assert.equal(actual, allowed)
      assert.equal(detail === '', allowed)
    })

  it('a refusal says which rule denied', () => {
    assert.equal(
      admission(['grant other zonesub', 'deny * zonesub ANY'], asker('key:demo')).detail,
      "key demo. from 192.0.2.9 over udp is denied by rule 2 'deny * zonesub ANY'",
    )
  })
  it('or which grant was nearest, and what it lacks', () => {
    const rules = ['grant ip:10.0.0.0/8 zonesub', 'grant demo+ip:10.0.0.0/8 zonesub']
    assert.equal(
      admission(rules, asker('key:demo')).detail,
      'key demo. from 192.0.2.9 over udp: no rule of 2 matched; the nearest was rule 2 ' +
        "'grant demo+ip:10.0.0.0/8 zonesub', which fails because 192.0.2.9 is not in 10.0.0.0/8",
    )
  })
  it('or that there is none', () => {
    assert.equal(
      admission([], asker('unsigned')).detail,
      'unsigned from 192.0.2.9 over udp: the zone has no rules',
    )
  })
})
