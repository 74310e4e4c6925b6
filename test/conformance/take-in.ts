import { decide } from '../../services/zone-writer/decide/decide.ts'
import type { Decision } from '../../services/zone-writer/decide/decision.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { ROOT } from '../../shared/dns/name.ts'
import type { Parsed } from '../../shared/dns/result.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../shared/rules/update-rule.ts'
import type { ZoneContents } from '../../shared/zone-contents.ts'
import { DEFAULT_SETTINGS } from '../../shared/zone-settings.ts'

// Anybody may do anything, and nothing bounds a set: whatever a message can cost, it costs.
const RULES = [ruleOf('grant * subdomain . ANY NSEC NSEC3')]
const BOUNDS = {
  settings: { ...DEFAULT_SETTINGS, maxRecords: 0, maxRecordsPerRrset: 0, maxTypesPerName: 0 },
  recordCount: 0,
}
const SENDER = {
  identity: 'unsigned',
  source: { address: '192.0.2.99', port: 5353 },
  transport: 'udp',
} as const

/** Decodes, decides and applies, as the writer does. `step` is called after each of the three. */
export function takeIn(
  octets: Uint8Array,
  zone: ZoneContents,
  step: (what: string) => void = () => {},
): Parsed<Decision> {
  const decoded = decodeMessage(octets)
  step('decode')
  if (!decoded.ok) return decoded
  const request = { message: decoded.value, ...SENDER, now: 0 }
  const decision = decide(zone, RULES, request, BOUNDS)
  step('decide')
  if (decision.kind === 'changed') zone.apply(decision.diff)
  step('apply')
  return { ok: true, value: decision }
}

function ruleOf(text: string): UpdateRule {
  const rule = parseRule(text, ROOT)
  if (!rule.ok) throw new Error(rule.reason)
  return rule.value
}
