import assert from 'node:assert/strict'
import { type Identity, keyIdentity, type Transport } from '../../shared/commands.ts'
import { typeFromText, typeToText } from '../../shared/dns/codes.ts'
import { canonicalName, type Name, nameOf, parseName } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import { Asker } from '../../shared/rules/asker.ts'
import type { Condition } from '../../shared/rules/conditions.ts'
import { traceRules } from '../../shared/rules/judge.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import type { RuleFault } from '../../shared/rules/rule-fault.ts'
import { ruleText } from '../../shared/rules/rule-text.ts'
import type { UpdateRule } from '../../shared/rules/update-rule.ts'

/** The zone of these specifications; names are relative to it. */
export const ZONE: Name = nameOf('example.com.')

export function ruleOf(text: string, zone = ZONE): UpdateRule {
  const rule = parseRule(text, zone)
  assert.ok(rule.ok, rule.ok ? '' : rule.reason)
  return rule.value
}

/** How a rule is printed. */
export function printed(text: string, zone = ZONE): string {
  return ruleText(ruleOf(text, zone), zone)
}

export function faultOf(text: string, zone = ZONE): RuleFault {
  const rule = parseRule(text, zone)
  assert.ok(!rule.ok, `'${text}' was read`)
  return rule
}

/** `key:dhcp`, or `unsigned`. */
export function asker(who: string, address = '192.0.2.9', transport: Transport = 'udp'): Asker {
  const identity: Identity = who.startsWith('key:') ? keyIdentity(nameOf(who.slice(4))) : 'unsigned'
  return new Asker(identity, { address }, transport)
}

/** What rules say of one operation: `rule 2`, or of the first rule which condition failed. */
export function judged(
  rules: readonly string[],
  who: Asker,
  operation: string,
): { allowed: boolean; by: number | undefined; failed: Condition | undefined } {
  const [verb, owner = '', type = '', ...value] = operation.split(' ')
  const parsed = parseName(owner, ZONE)
  const number = typeFromText(type)
  assert.ok(parsed.ok && number !== undefined, operation)
  const values = value.length === 0 ? [] : [octetsOf(number, value.join(' '))]
  const name = canonicalName(parsed.value)
  const target = { name, type: number, isDeletion: verb === 'delete', values: () => values }
  const trace = traceRules(
    rules.map((text) => ruleOf(text)),
    who,
    target,
  )
  return {
    allowed: trace.allowed,
    by: trace.decided?.position,
    failed: trace.considered[0]?.failed,
  }
}

function octetsOf(type: number, text: string): Uint8Array {
  const rdata = rdataFromText(type, text, ZONE)
  assert.ok(rdata.ok, `${typeToText(type)} ${text}`)
  return rdata.value
}
