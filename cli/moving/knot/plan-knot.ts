import { isAbsolute, join } from 'node:path'
import { canonicalName, type Name, parseName } from '../../../shared/dns/name.ts'
import { ImportDraft } from '../../../shared/rules/import/finding.ts'
import { identitiesOf, importAcls, type Sections, templateOf } from '../../../shared/rules/import/knot.ts'
import type { YamlItem, YamlWord } from '../../../shared/rules/import/yaml-nodes.ts'
import type { TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import { transferGrants } from '../grants.ts'
import { tsigKeyOf } from '../key-file.ts'
import {
  isWanted,
  type MovePlan,
  type PlannedKey,
  type PlannedZone,
  type PlanOptions,
  refuseMissing,
} from '../plan.ts'
import { NOT_HERE, SERIAL_POLICIES, UNDERSTOOD } from './fields.ts'
import { readKnotConf } from './read-conf.ts'

const STORAGE = '/var/lib/knot'

/** Reads a knot.conf, and what it includes, into what is to be made here. Throws when the file itself cannot be read. */
export async function planFromKnot(path: string, options: PlanOptions): Promise<MovePlan> {
  const draft = new ImportDraft()
  const sections = await readKnotConf(path, options.root, draft)
  const zones = (sections.get('zone') ?? []).flatMap((item) => zoneOf(item, sections, options, draft) ?? [])
  refuseMissing(zones, options, draft)
  return { from: 'Knot', keys: keysOf(sections, draft), zones, draft }
}

function keysOf(sections: Sections, draft: ImportDraft): PlannedKey[] {
  return (sections.get('key') ?? []).flatMap((item) => {
    const text = (field: string) => item.fields.get(field)?.[0]?.word
    const key = tsigKeyOf({ name: text('id'), algorithm: text('algorithm'), secret: text('secret') })
    if (typeof key !== 'string')
      return { name: key.name, algorithm: key.algorithm, secret: text('secret')!, at: item }
    draft.leaveOut(item, false, key)
    return []
  })
}

function zoneOf(
  item: YamlItem,
  sections: Sections,
  options: PlanOptions,
  general: ImportDraft,
): PlannedZone | undefined {
  const domain = item.fields.get('domain')?.[0]
  const name = parseName(domain?.word ?? '')
  if (domain === undefined || !name.ok) {
    general.refuse(domain ?? item, name.ok ? 'the zone has no domain' : name.reason)
    return undefined
  }
  const apex = canonicalName(name.value)
  const fields = new ZoneFields(item, templateOf(item, sections))
  if (!isWanted(apex, domain, options, general)) return undefined
  if (fields.first('master') !== undefined) {
    if (options.zones.size === 0)
      general.leaveOut(
        domain,
        false,
        `the zone ${domain.word} is a secondary: move it from its primary (\`zonelog zone create NAME --from PRIMARY\`), or leave it where it is`,
      )
    return undefined
  }
  const draft = new ImportDraft()
  understand(fields, draft)
  const acls = aclsOf(fields, sections, draft)
  importAcls(acls, sections, apex, draft)
  const policy = fields.first('serial-policy')
  const serialPolicy = policy && SERIAL_POLICIES[policy.word]
  return {
    name: apex,
    at: domain,
    file: fileOf(fields, apex, options.root),
    draft,
    transfers: transfersOf(acls, fields, sections, domain, draft),
    settings: serialPolicy === undefined ? {} : { serialPolicy },
  }
}

/** A zone's own fields, and those of its template where it has none. */
class ZoneFields {
  readonly all: ReadonlyMap<string, readonly YamlWord[]>

  constructor(zone: YamlItem, template: YamlItem | undefined) {
    this.all = new Map([...(template?.fields ?? []), ...zone.fields])
  }

  first(name: string): YamlWord | undefined {
    return this.all.get(name)?.[0]
  }

  list(name: string): readonly YamlWord[] {
    return this.all.get(name) ?? []
  }
}

function understand(fields: ZoneFields, draft: ImportDraft): void {
  for (const [name, [word]] of fields.all) {
    if (word === undefined) continue
    const absent = NOT_HERE[name]
    if (absent !== undefined && !['off', 'none', 'false'].includes(word.word))
      draft.leaveOut(word, false, absent)
    if (!UNDERSTOOD.has(name)) draft.leaveOut(word, false, `${name} is not known to this import`)
  }
  const sync = fields.first('zonefile-sync')
  if (sync?.word === '-1')
    draft.leaveOut(
      sync,
      false,
      'Knot does not write the zone file by itself then: `knotc -f zone-flush` first, or take the contents with --from',
    )
}

function aclsOf(fields: ZoneFields, sections: Sections, draft: ImportDraft): YamlItem[] {
  return fields.list('acl').flatMap((id) => {
    const acl = withId(sections, 'acl', id.word)
    if (acl === undefined) draft.refuse(id, `there is no acl ${id.word}`)
    return acl ?? []
  })
}

function withId(sections: Sections, section: string, id: string): YamlItem | undefined {
  return sections.get(section)?.find(({ fields }) => fields.get('id')?.[0]?.word === id)
}

function transfersOf(
  acls: readonly YamlItem[],
  fields: ZoneFields,
  sections: Sections,
  at: YamlWord,
  draft: ImportDraft,
): Partial<TransferSettings> {
  const rules = acls.flatMap((acl) => {
    const actions = (acl.fields.get('action') ?? []).map(({ word }) => word)
    const isDenial = ['on', 'true'].includes(acl.fields.get('deny')?.[0]?.word ?? '')
    if (!actions.includes('transfer') && !(isDenial && actions.length === 0)) return []
    const identities = identitiesOf(acl, isDenial, sections, draft)
    return identities.map((identity) => `${isDenial ? 'deny' : 'grant'} ${identity}`)
  })
  return {
    allowTransfer: transferGrants(rules, at, draft),
    notify: fields.list('notify').flatMap((id) => targetsOf(id, sections, draft)),
    // Knot tells nobody but those
    notifyMode: 'explicit',
  }
}

/** `address@port` of a remote, or of each remote of a group. */
function targetsOf(id: YamlWord, sections: Sections, draft: ImportDraft): string[] {
  const group = withId(sections, 'remotes', id.word)
  if (group !== undefined)
    return (group.fields.get('remote') ?? []).flatMap((one) => targetsOf(one, sections, draft))
  const remote = withId(sections, 'remote', id.word)
  if (remote === undefined) {
    draft.refuse(id, `there is no remote ${id.word}`)
    return []
  }
  const key = remote.fields.get('key')?.[0]?.word.replace(/\.$/, '')
  // Knot tries the addresses of a remote one after another, as ways to one server
  const address = remote.fields.get('address')?.[0]
  if (address === undefined) return []
  const [host = '', port] = address.word.split('@')
  const place = host.includes(':') ? `[${host}]` : host
  return [`${key === undefined ? '' : `${key}+`}${place}${port === undefined ? '' : `:${port}`}`]
}

/** `file`, by default `%s.zone`, in `storage`. */
function fileOf(fields: ZoneFields, apex: Name, root: string): string {
  const bare = apex === '.' ? '' : apex.slice(0, -1)
  const given = fields.first('file')?.word ?? '%s.zone'
  const file = given.replaceAll(/%(%|s)/g, (_all, letter: string) => (letter === 's' ? bare : '%'))
  const storage = join(root || '/', fields.first('storage')?.word ?? STORAGE)
  return isAbsolute(file) ? join(root || '/', file) : join(storage, file)
}
