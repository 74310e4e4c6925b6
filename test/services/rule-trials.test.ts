import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { tryAll } from '../../cli/rules/try-all.ts'
import { tryRules } from '../../services/zone-writer/admin/rules/try-rules.ts'
import type { ChangedVerdict, TriedRules } from '../../services/zone-writer/explain/tally.ts'
import { Class, Type, typeFromText, typeToText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { isFailure, runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { DnsClient, keyOf, signed, update } from '../support/dns-client.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'

const OLD_RULES = [
  'grant office subdomain a',
  'grant backup zonesub A',
  'grant ip:127.0.0.0/8 subdomain open TXT(2) A',
  'grant keeper zonesub ANY',
]
const NEW_RULES = [
  'deny office name a TXT',
  'grant office subdomain a A TXT(1)',
  'grant backup subdomain b',
  'grant ip:127.0.0.0/8 subdomain open TXT(1)',
  'grant backup name open TXT',
  'grant keeper zonesub ANY',
]
const BY_RULES = ['not-admitted', 'not-permitted', 'denied', 'rule-limit']
const NAMES = ['a', 'x.a', 'b', 'open'].map((label) => `${label}.example.com.`)
const RANDOM_ATTEMPTS = 27

type Sender = 'office' | 'backup' | 'unsigned' | 'keeper'
interface Attempt {
  readonly by: Sender
  readonly record: ResourceRecord
}

let system: TestSystem
let api: AdminApi
let client: DnsClient
let environment: Record<string, string>
const keys = new Map<Sender, TsigKey>()
const attempts = [
  // what a number and the contents decide, in every run
  { by: 'unsigned', record: record('open.example.com.', 'TXT', '"second"') },
  { by: 'unsigned', record: record('open.example.com.', 'ANY', undefined, Class.ANY) },
  { by: 'office', record: record('x.a.example.com.', 'TXT', '"second"') },
  ...Array.from({ length: RANDOM_ATTEMPTS }, (_, index) => attempt(random(index + 1))),
] as const satisfies readonly Attempt[]
const ATTEMPTS = attempts.length
/** What became of each attempt, under the old rules and under the new ones. */
let then: { seq: number; reason: string }[]
let later: { seq: number; reason: string }[]
let predicted: TriedRules

before(async () => {
  const started = await TestSystem.start()
  system = started.system
  api = started.api
  client = await DnsClient.to(started.edge.port)
  environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
  for (const name of ['office', 'backup', 'keeper'] as const) keys.set(name, keyOf(await api.createKey(name)))
  await api.createZone('example.com')
  await setRules(OLD_RULES)
  then = await sendAll()
  predicted = (await api.post('/v1/zones/example.com/rules/try', { rules: NEW_RULES })) as TriedRules
  await setRules(NEW_RULES)
  later = await sendAll()
})
after(async () => {
  client?.close()
  await system?.close()
})

async function setRules(rules: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ rules })
  const answer = await api.fetch('/v1/zones/example.com/rules', { method: 'PUT', headers, body })
  assert.ok(answer.ok, await answer.text())
}

/** Each attempt meets the same contents, whatever became of the one before it: somebody whom both lists allow puts them back. */
async function sendAll(): Promise<{ seq: number; reason: string }[]> {
  const before = (await api.get('/v1/zones/example.com')).seq as number
  for (const { by, record } of attempts) {
    assert.equal(await send('keeper', contents()), 'NOERROR')
    assert.notEqual(await send(by, [record]), 'silence')
  }
  const page = await api.get(`/v1/zones/example.com/events?after=${before}&order=oldest&limit=1000`)
  const events = (page.events as { seq: number; reason: string; by: string }[]).filter(
    ({ by }) => by !== 'key:keeper.',
  )
  assert.equal(events.length, ATTEMPTS)
  return events
}

async function send(by: Sender, updates: readonly ResourceRecord[]): Promise<string> {
  const message = update({ updates })
  const key = keys.get(by)
  return await client.rcode(key === undefined ? message : signed(message, key))
}

function contents(): ResourceRecord[] {
  const clear = NAMES.map((name) => record(name, 'ANY', undefined, Class.ANY))
  return [
    ...clear,
    ...NAMES.flatMap((name) => [record(name, 'A', '192.0.2.1'), record(name, 'TXT', '"kept"')]),
    record('a.example.com.', 'MX', '10 mail'),
  ]
}

function record(name: string, type: string, value?: string, class_: number = Class.IN): ResourceRecord {
  const code = typeFromText(type)!
  const rdata = value === undefined ? undefined : rdataFromText(code, value, nameOf('example.com.'))
  assert.ok(rdata?.ok !== false)
  return {
    name: nameOf(name),
    type: code,
    class: class_,
    ttl: class_ === Class.IN ? 60 : 0,
    rdata: rdata?.value ?? new Uint8Array(),
  }
}

/** Adds a value, deletes an RRset, deletes one value, deletes all there is at a name. */
function attempt(pick: (most: number) => number): Attempt {
  const by = (['office', 'backup', 'unsigned'] as const)[pick(3)]!
  const name = NAMES[pick(NAMES.length)]!
  const [type, value] =
    pick(2) === 0 ? (['A', `198.51.100.${pick(250)}`] as const) : (['TXT', `"new ${pick(1000)}"`] as const)
  switch (pick(4)) {
    case 0:
      return { by, record: record(name, type, undefined, Class.ANY) }
    case 1:
      return { by, record: record(name, 'ANY', undefined, Class.ANY) }
    case 2:
      return { by, record: record(name, 'TXT', '"kept"', Class.NONE) }
    default:
      return { by, record: record(name, type, value) }
  }
}

function random(seed: number): (most: number) => number {
  let state = seed * 2_654_435_761
  return (most) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) >>> 0
    return state % most
  }
}

/** Who was judged otherwise, as the trial tells it. */
function changes(): string[] {
  const counts = new Map<string, number>()
  attempts.forEach(({ by, record: { name, type } }, index) => {
    const [before, now] = [then, later].map((run) => BY_RULES.includes(run[index]!.reason))
    if (before === now) return
    const kind = `newly ${now ? 'refused' : 'allowed'} ${by} ${name} ${typeToText(type)}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  })
  return [...counts].map(([kind, count]) => `${kind} ${count}`).sort()
}

function told({ changed }: TriedRules): string[] {
  return changed
    .map(
      ({ change, by, name, type, count }) =>
        `${change} ${by.replace(/^key:(.*)\.$/, '$1')} ${name} ${type} ${count}`,
    )
    .sort()
}

describe('rule try: a proposed list run over the recorded updates', () => {
  it('foretells exactly what becomes of the same updates under the list', () => {
    assert.deepEqual(told(predicted), changes())
    const [refusedThen, refusedNow] = [then, later].map(
      (run) => run.filter(({ reason }) => BY_RULES.includes(reason)).length,
    )
    assert.deepEqual(
      [predicted.updates, predicted.refusedThen, predicted.refusedNow],
      [2 * ATTEMPTS, refusedThen, refusedNow],
    )
  })

  it('was asked about updates of every kind: newly refused and newly allowed, by number and by what the zone held', () => {
    const kinds = new Set(predicted.changed.map(({ change }) => change))
    assert.deepEqual([...kinds].sort(), ['newly allowed', 'newly refused'])
    assert.ok(predicted.changed.some(({ reason }) => reason === 'rule-limit'))
    assert.ok(predicted.changed.some(({ type }) => type === typeToText(Type.ANY)))
  })

  it('names events as examples', async () => {
    const { events, change, reason } = predicted.changed[0] as ChangedVerdict
    assert.ok(events.length > 0)
    const { was, now } = await explanation(events[0]!)
    assert.equal(BY_RULES.includes(was), change === 'newly allowed')
    assert.equal(change === 'newly refused' ? now : was, reason)
  })

  it('says the same however few events it holds at once', async () => {
    const whole = await tryRules(system.db, 'example.com', { rules: NEW_RULES }, Date.now())
    const pieces = await tryRules(system.db, 'example.com', { rules: NEW_RULES }, Date.now(), { pageSize: 7 })
    assert.ok(whole.ok && pieces.ok)
    assert.deepEqual(pieces.value, whole.value)
    // nor reads on once whoever asked has gone
    const signal = AbortSignal.abort(new Error('gone'))
    await assert.rejects(
      tryRules(system.db, 'example.com', { rules: NEW_RULES }, Date.now(), { signal }),
      /gone/,
    )
  })

  it('says in parts what it says at once: each answer is about some events, and tells where to go on', async () => {
    const asked: (number | undefined)[] = []
    const counting = {
      post: async <T>(path: string, body: unknown) => {
        asked.push((body as { after?: number }).after)
        return (await api.post(`/v1${path}`, body)) as T
      },
    }
    const whole = await tryRules(system.db, 'example.com', { rules: NEW_RULES }, Date.now())
    assert.ok(whole.ok)
    assert.equal(whole.value.next, undefined)
    const parts = await tryAll(counting, 'example.com', { rules: NEW_RULES, limit: 30 })
    const inOrder = ({ changed, ...counts }: TriedRules) => ({
      ...counts,
      changed: changed.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    })
    const { since: _, ...expected } = inOrder(whole.value)
    assert.deepEqual(inOrder(parts), expected)
    const { seq } = await api.get('/v1/zones/example.com')
    assert.equal(asked.length, Math.ceil((seq - 1) / 30))
    assert.deepEqual(asked.slice(0, 3), [undefined, 31, 61])
  })

  it('looks at no more than what was since then', async () => {
    const none = (await api.post('/v1/zones/example.com/rules/try', { rules: [], since: '0s' })) as TriedRules
    assert.equal(none.updates, 0)
    const all = (await api.post('/v1/zones/example.com/rules/try', { rules: [], since: '30d' })) as TriedRules
    assert.equal(all.updates, 4 * ATTEMPTS)
    assert.equal(all.refusedNow, all.updates)
  })

  it('refuses a list that cannot be read, with its line', async () => {
    const file = join(temporaryFolder('rules'), 'rules')
    await writeFile(file, '# proposed\ngrant office zonesub\ngrant office everywhere\n')
    const { status, err } = await runCli(['rule', 'try', 'example.com', file], environment)
    assert.equal(status, 4)
    assert.match(err, /line 3: 'everywhere'; expected: one of name, subdomain/)
  })

  it('prints who would be judged otherwise', async () => {
    const file = join(temporaryFolder('rules'), 'rules')
    await writeFile(file, `${NEW_RULES.join('\n')} # for the backup\n`)
    const { status, out, err } = await runCli(
      ['rule', 'try', 'example.com', file, '--since', '30d'],
      environment,
    )
    assert.equal(status, 0, err)
    assert.match(
      out,
      new RegExp(
        `^${4 * ATTEMPTS} updates: rules refused \\d+ of them, and would refuse \\d+; \\d+ newly refused`,
      ),
    )
    assert.match(out, /newly refused +\d+ +key:office\. +127\.0\.0\.1 +(x\.)?a\.example\.com\./)
  })
})

async function explanation(event: string): Promise<{ was: string; now: string; changes: number }> {
  const explained = await api.get(`/v1/zones/example.com/events/${event.split('#')[1]}/explanation`)
  const { recorded, now, rulesChanged } = explained
  return { was: recorded.reason, now: now.reason, changes: rulesChanged.length }
}

describe('rule explain ZONE#EVENT', () => {
  it('judges what was sent under the present rules too, and says who changed them since', async () => {
    for (const [index, { seq, reason }] of then.entries()) {
      const explained = await explanation(`example.com#${seq}`)
      assert.deepEqual(
        [explained.was, explained.now, explained.changes],
        [reason, later[index]!.reason, 1],
        `#${seq}`,
      )
    }
    for (const { seq, reason } of later) {
      const explained = await explanation(`example.com#${seq}`)
      assert.deepEqual([explained.was, explained.now, explained.changes], [reason, reason, 0], `#${seq}`)
    }
  })

  it('prints both verdicts, the trace, and the rule that would allow it', async () => {
    const index = then.findIndex(
      ({ reason }, at) => !BY_RULES.includes(reason) && later[at]!.reason === 'not-permitted',
    )
    const { out } = await run('rule', 'explain', `example.com#${then[index]!.seq}`)
    assert.match(out, /decided then:\n {2}NOERROR/)
    assert.match(
      out,
      /the rules have been changed since:\n {2}version \d+ .* api:\S+ +replaced 6 rules in the place of 4/,
    )
    assert.match(out, /it would now be:\n {2}REFUSED not-permitted: /)
    assert.match(out, /This would allow it, and nothing else:\n {2}zonelog rule add example\.com 'grant /)
  })

  it('takes the eventId as well, and says what else it takes', async () => {
    const { eventId } = await api.get(`/v1/zones/example.com/events/${later[0]!.seq}`)
    assert.match(
      (await run('rule', 'explain', '--event', eventId)).out,
      new RegExp(`^example\\.com#${later[0]!.seq} `),
    )
    for (const [event, message] of [
      ['nonsense', /write ZONE#NUMBER such as example\.com#42/],
      ['example.com#99999', /has no event 99999; its events are 1 to \d+/],
      ['example.com#1', /is no update that rules were asked about/],
    ] as const) {
      const { status, err } = await runCli(['rule', 'explain', '--event', event], environment)
      assert.ok(isFailure(status), err)
      assert.match(err, message)
    }
  })
})

describe('log', () => {
  it('says beneath a refusal what to do, and how to ask why', async () => {
    const { out } = await run('log', 'example.com', '--reason', 'not-permitted', '--limit', '1')
    assert.match(
      out,
      /\n +! .* no rule of 6 matched; .*\n +`zonelog rule explain 'example\.com#\d+'` shows rule by rule why/,
    )
  })
})

describe('rule explain ZONE', () => {
  const explain = async (line: string) =>
    (await run('rule', 'explain', 'example.com', ...line.split(' '))).out

  it('shows each rule and why it does not match, and the least that would allow it', async () => {
    const out = await explain('--key office --from 127.0.0.1 --name www --type A --value 192.0.2.1')
    assert.match(out, /^key office\. from 127\.0\.0\.1 over udp\nadd www\.example\.com\. A\n/)
    assert.match(
      out,
      / 2\. grant office subdomain a A TXT\(1\) +www\.example\.com\. is not a\.example\.com\. or below it\n/,
    )
    assert.match(
      out,
      / 4\. grant ip:127\.0\.0\.0\/8 subdomain open TXT\(1\) +it is for unsigned updates, and this was signed by office\.\n/,
    )
    assert.match(out, /zonelog rule add example\.com 'grant office name www A'\n/)
  })

  it('says where a rule has to stand before a denial', async () =>
    assert.match(
      await explain('--key office --from 127.0.0.1 --name a --type TXT --value "x"'),
      /zonelog rule add example\.com 'grant office name a TXT' --at 1\n/,
    ))

  it('looks at what the name holds for a deletion of everything', async () => {
    assert.equal(await send('keeper', contents()), 'NOERROR')
    const out = await explain('--key office --from 127.0.0.1 --name x.a --delete')
    assert.match(out, /delete x\.a\.example\.com\. A\n(?:.*\n)+? {2}allowed: granted by rule 2/)
    const mixed = await explain('--key office --from 127.0.0.1 --name a --delete')
    assert.match(mixed, /'grant office name a .*(?:MX TXT|TXT MX)' --at 1\n/)
  })

  it('says how many it would take where a number is in the way', async () =>
    assert.match(
      await explain('--from 127.0.0.1 --name open --type TXT --value "more"'),
      /'grant ip:127\.0\.0\.1 name open TXT\(2\)' --at 4\n/,
    ))

  it('says that a key does not exist, before any rule', async () => {
    const { err } = await run(
      'rule',
      'explain',
      'example.com',
      '--key',
      'offise',
      '--name',
      'a',
      '--type',
      'A',
    )
    assert.match(
      err,
      /there is no key offise\., so the edge refuses it with tsig-badkey .*; did you mean office\.\?/,
    )
  })

  it('says which of what was asked makes no sense, and what was expected', async () => {
    const { status, err } = await runCli(
      ['rule', 'explain', 'example.com', '--from', 'here', '--name', 'a..b', '--type', 'BOGUS'],
      environment,
    )
    assert.equal(status, 4)
    assert.match(err, /from: 'here' is not an IP address/)
    assert.match(err, /name: empty label/)
  })
})

describe('rule import', () => {
  const file = (text: string) => {
    const path = join(temporaryFolder('import'), 'named.conf')
    return writeFile(path, text).then(() => path)
  }
  const rules = async () => (await api.get('/v1/zones/example.com/rules')).rules as string[]

  it('changes nothing with --dry-run, nor where a denial cannot be carried over', async () => {
    const before = await rules()
    const good = await file('update-policy { grant office name www.example.com A; grant x external *; };')
    const tried = await run('rule', 'import', 'example.com', good, '--dry-run')
    assert.equal(tried.out, '1. grant office name www A\n')
    assert.match(tried.err, /line 1:\d+ 'external': left out: external cannot be carried over/)
    assert.match(tried.err, /Nothing was changed; 1 rules would stand in the place of 6/)
    const bad = await runCli(
      ['rule', 'import', 'example.com', await file('allow-update { !localnets; any; };')],
      environment,
    )
    assert.equal(bad.status, 4)
    assert.match(
      bad.err,
      /nothing was changed.*\n {2}line 1:17: 'localnets': localnets depends on the machine/,
    )
    assert.deepEqual(await rules(), before)
  })

  it('puts the rules of the file in the place of the others, in order, as one change', async () => {
    const text =
      'zone "example.com" { type primary; update-policy { deny * name example.com; grant office zonesub A TXT(3); }; };'
    const { out } = await run('rule', 'import', 'example.com', await file(text))
    assert.deepEqual(await rules(), ['deny *. name @', 'grant office zonesub A TXT(3)'])
    assert.equal(out, '1. deny *. name @\n2. grant office zonesub A TXT(3)\n')
    const { changes: made } = await api.get('/v1/zones/example.com/rules/changes?limit=1')
    assert.equal(made[0].change, 'replaced')
    assert.equal(await send('office', [record('new.example.com.', 'A', '192.0.2.7')]), 'NOERROR')
  })
})

async function run(...argv: string[]) {
  const result = await runCli(argv, environment)
  assert.equal(result.status, 0, result.err)
  return result
}
