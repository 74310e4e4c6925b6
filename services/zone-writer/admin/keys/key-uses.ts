import type { Name } from '../../../../shared/dns/name.ts'
import { identityFromText } from '../../../../shared/rules/parse-identity.ts'
import { parseNotifyTarget } from '../../../../shared/transfers/notify-target.ts'
import { parseTransferGrant } from '../../../../shared/transfers/transfer-grant.ts'
import type { Db } from '../../store/admin-zones.ts'
import {
  type RuleOfZone,
  rulesAboutKey,
  type TransfersOfZone,
  transfersNaming,
} from '../../store/key-references.ts'
import { type Access, seesZone } from '../access.ts'
import { type Failure, type FailureDetail, failure } from '../failure.ts'

const MOST_SHOWN = 100

/** Whose words are told; left out, everybody's. */
export type Reader = Pick<Access, 'zones'>

const EVERYBODY: Reader = { zones: undefined }

/** Every place where a zone names this key, a sentence each; places in zones that the reader does not see are counted in the last. */
export async function usesOf(db: Db, name: Name, reader: Reader = EVERYBODY): Promise<FailureDetail[]> {
  const ofRules = (await rulesAboutKey(db, name))
    .filter(({ rule }) => keyOfRule(rule) === name)
    .map(({ zone, position, rule }) => ({ zone, message: `${zone} rule ${position + 1}: ${rule}` }))
  const ofTransfers = (await transfersNaming(db, name)).flatMap((zone) => transferUses(zone, name))
  const uses = [...ofRules, ...ofTransfers]
  const seen = uses.filter(({ zone }) => seesZone(reader, zone)).map(({ message }) => ({ message }))
  const others = uses.length - seen.length
  return others === 0 ? seen : [...seen, { message: `${others} in zones that the token is not for` }]
}

function transferUses(
  { zone, allowTransfer, notify }: TransfersOfZone,
  name: Name,
): { zone: Name; message: string }[] {
  const names = (parse: typeof parseTransferGrant | typeof parseNotifyTarget) => (text: string) =>
    keyIn(parse(text)) === name
  return [
    ...allowTransfer.filter(names(parseTransferGrant)).map((text) => `${zone} allow-transfer ${text}`),
    ...notify.filter(names(parseNotifyTarget)).map((text) => `${zone} notify ${text}`),
  ].map((message) => ({ zone, message }))
}

/** Why a key that zones name is not taken from them; undefined when none does. */
export async function inUse(
  db: Db,
  name: Name,
  what: string,
  reader: Reader = EVERYBODY,
): Promise<Failure | undefined> {
  const uses = await usesOf(db, name, reader)
  if (uses.length === 0) return undefined
  const shown = uses.slice(0, MOST_SHOWN)
  if (uses.length > shown.length) shown.push({ message: `and ${uses.length - shown.length} more` })
  return failure(
    'key-in-use',
    `The key ${name} is not ${what}, because zones name it. Take it out of these first, or use --force (force in the API):`,
    shown,
  )
}

/** The key that is the identity of a rule, alone or together with an address. */
export function keyOfRule(rule: RuleOfZone['rule']): Name | undefined {
  const identity = identityFromText(rule.split(' ')[1] ?? '')
  return identity?.kind === 'key' ? identity.name : undefined
}

/** The keys that a zone's transfers name. */
export function keysOfTransfers({ allowTransfer, notify }: TransfersOfZone): Name[] {
  return [
    ...allowTransfer.map((text) => keyIn(parseTransferGrant(text))),
    ...notify.map((text) => keyIn(parseNotifyTarget(text))),
  ].filter((key) => key !== undefined)
}

function keyIn(parsed: { ok: true; value: { key?: Name | undefined } } | { ok: false }): Name | undefined {
  return parsed.ok ? parsed.value.key : undefined
}
