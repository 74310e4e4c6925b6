import { typeFromText } from '../../dns/codes.ts'
import { canonicalName, type Name, parseName } from '../../dns/name.ts'
import { parseRange } from '../address-range.ts'
import { ImportDraft, type Imported } from './finding.ts'
import { readSections, type YamlItem, type YamlWord } from './yaml-nodes.ts'

const START = { line: 1, column: 1, word: '' }
/** What narrows an acl in ways that rules here have not. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'cert-key': 'there is no TLS or QUIC here',
  'cert-hostname': 'there is no TLS or QUIC here',
  protocol: 'rules here do not ask for the transport',
}
const EVERYWHERE = ['0.0.0.0/0', '::/0']

export type Sections = ReadonlyMap<string, readonly YamlItem[]>

/**
 * Reads who may update a zone from a configuration of Knot DNS: the `acl` list of the zone, or of its template, in its order; without a
 * `zone` section all acls of the text. An acl is one rule for each of its keys, addresses and names. Never throws.
 */
export function importKnot(text: string, apex: Name): Imported {
  const draft = new ImportDraft()
  const sections = readSections(text)
  if ('message' in sections) {
    draft.refuse(sections, sections.message)
    return draft
  }
  importAcls(aclsFor(sections, apex, draft) ?? [], sections, apex, draft)
  return draft
}

/** Reads what a zone's acls say about updates; those about nothing else are passed over. */
export function importAcls(
  acls: readonly YamlItem[],
  sections: Sections,
  apex: Name,
  draft: ImportDraft,
): void {
  const before = draft.rules.length
  for (const acl of acls) importAcl(acl, sections, apex, draft)
  if (draft.rules.length - before > 1)
    draft.note(
      START,
      'an acl of Knot must allow a whole message; here each record may be granted by another rule',
    )
}

function aclsFor(sections: Sections, apex: Name, draft: ImportDraft): readonly YamlItem[] | undefined {
  const acls = sections.get('acl') ?? []
  const zones = sections.get('zone')
  if (acls.length === 0) {
    draft.refuse(START, 'there is no acl section in it')
    return undefined
  }
  if (zones === undefined || zones.length === 0) return acls
  const zone = zones.find(({ fields }) => isNamed(fields.get('domain')?.[0], apex))
  if (zone === undefined) {
    draft.refuse(zones[0]!, `the file has no zone ${apex}`)
    return undefined
  }
  const ids = zone.fields.get('acl') ?? templateOf(zone, sections)?.fields.get('acl') ?? []
  if (ids.length === 0) draft.refuse(zone, `the zone ${apex} has no acl`)
  return ids.flatMap((id) => {
    const acl = acls.find(({ fields }) => fields.get('id')?.[0]?.word === id.word)
    if (acl === undefined) draft.refuse(id, `there is no acl ${id.word}`)
    return acl ?? []
  })
}

/** The template whose fields hold where the zone's own are missing. */
export function templateOf({ fields }: YamlItem, sections: Sections): YamlItem | undefined {
  const wanted = fields.get('template')?.[0]?.word ?? 'default'
  return sections.get('template')?.find((template) => template.fields.get('id')?.[0]?.word === wanted)
}

function isNamed(word: YamlWord | undefined, apex: Name): boolean {
  const name = word === undefined ? undefined : parseName(word.word)
  return name?.ok === true && canonicalName(name.value) === apex
}

function importAcl(acl: YamlItem, sections: Sections, apex: Name, draft: ImportDraft): void {
  const { fields } = acl
  const isDenial = fields.get('deny')?.[0]?.word === 'on' || fields.get('deny')?.[0]?.word === 'true'
  const actions = (fields.get('action') ?? []).map(({ word }) => word)
  // a denial without an action is about all of them
  if (!actions.includes('update') && !(isDenial && actions.length === 0)) return
  for (const [field, why] of Object.entries(NOT_HERE)) {
    const [word] = fields.get(field) ?? []
    if (word === undefined) continue
    draft.leaveOut(word, isDenial, `${field} of the acl ${acl.word} cannot be carried over: ${why}`)
    return
  }
  const identities = identitiesOf(acl, isDenial, sections, draft)
  const matches = matchesOf(acl, isDenial, apex, draft)
  const types = typesOf(acl, draft)
  for (const identity of identities)
    for (const match of matches) draft.add([isDenial ? 'deny' : 'grant', identity, match, ...types].join(' '))
}

/** Its own key and address, or those of the remotes that it names. */
export function identitiesOf(
  acl: YamlItem,
  isDenial: boolean,
  sections: Sections,
  draft: ImportDraft,
): string[] {
  const remotes = acl.fields.get('remote') ?? []
  if (remotes.length === 0) return pairs(acl, isDenial, draft)
  return remotes.flatMap((id) => {
    const remote = sections.get('remote')?.find(({ fields }) => fields.get('id')?.[0]?.word === id.word)
    if (remote !== undefined) return pairs(remote, isDenial, draft)
    draft.refuse(id, `there is no remote ${id.word}`)
    return []
  })
}

/** Key and address must both be right. Without a key a grant is for unsigned updates only, a denial for all. */
function pairs({ fields }: YamlItem, isDenial: boolean, draft: ImportDraft): string[] {
  const keys = (fields.get('key') ?? []).map(({ word }) => word.replace(/\.$/, ''))
  const given = fields.get('address') ?? []
  const ranges = given.flatMap((word) => rangeOf(word, isDenial, draft) ?? [])
  if (given.length > 0 && ranges.length === 0) return []
  if (keys.length > 0)
    return keys.flatMap((key) => (given.length === 0 ? [key] : ranges.map((range) => `${key}+ip:${range}`)))
  if (given.length > 0) return ranges.map((range) => (isDenial ? `*+ip:${range}` : `ip:${range}`))
  return isDenial ? ['*'] : EVERYWHERE.map((range) => `ip:${range}`)
}

/** `192.0.2.1@53`: the port is the remote's own and says nothing of a sender. */
function rangeOf(place: YamlWord, isDenial: boolean, draft: ImportDraft): string | undefined {
  const text = place.word.split('@')[0]!
  const range = parseRange(text)
  if (range.ok) return range.value.text
  const why = /-/.test(text) ? 'write it as networks such as 10.0.0.0/8' : range.reason
  draft.leaveOut(place, isDenial, `the addresses '${place.word}' cannot be carried over: ${why}`)
  return undefined
}

/** `update-owner` and what belongs to it, as a match with its name. */
function matchesOf(acl: YamlItem, isDenial: boolean, apex: Name, draft: ImportDraft): string[] {
  const { fields } = acl
  const owner = fields.get('update-owner')?.[0]
  const how = fields.get('update-owner-match')?.[0]?.word ?? 'sub-or-equal'
  if (how !== 'sub-or-equal' && how !== 'equal' && how !== 'sub') {
    draft.leaveOut(acl, isDenial, `update-owner-match ${how} of the acl ${acl.word} cannot be carried over`)
    return []
  }
  switch (owner?.word) {
    case undefined:
      return ['zonesub']
    case 'key':
      return [{ 'sub-or-equal': 'selfsub', equal: 'self', sub: 'selfwild' }[how]]
    case 'zone':
      return [matchOf(how, apex)]
    case 'name':
      return (fields.get('update-owner-name') ?? []).flatMap((word) => {
        const name = parseName(word.word, apex)
        if (name.ok) return matchOf(how, canonicalName(name.value))
        draft.refuse(word, name.reason)
        return []
      })
    default:
      draft.refuse(owner!, `'${owner!.word}' is not key, zone or name`)
      return []
  }
}

function matchOf(how: 'sub-or-equal' | 'equal' | 'sub', name: Name): string {
  if (how === 'equal') return `name ${name}`
  return how === 'sub' ? `wildcard *.${name === '.' ? '' : name}` : `subdomain ${name}`
}

/** Without types all of them, also those that a rule here leaves out unless it names them. */
function typesOf({ fields }: YamlItem, draft: ImportDraft): string[] {
  const given = fields.get('update-type') ?? []
  const unknown = given.filter(({ word }) => typeFromText(word) === undefined)
  for (const word of unknown) draft.refuse(word, `'${word.word}' is not a type of records`)
  if (given.length === 0) return ['ANY']
  return given.filter((word) => !unknown.includes(word)).map(({ word }) => word.toUpperCase())
}
