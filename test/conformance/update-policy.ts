import { keyIdentity } from '../../shared/commands.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { admit } from '../../shared/rules/admit.ts'
import { Asker } from '../../shared/rules/asker.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { shown } from '../clients/contest.ts'
import { Dice } from '../clients/random-updates.ts'
import { newId, update } from '../support/dns-client.ts'
import { PolicyContest, type PolicyZone } from './policy-contest.ts'
import { inBindWords, inOurWords, keysOf, randomRecords, randomRules } from './policy-lists.ts'

// By hand: `node test/conformance/update-policy.ts --seed 7 --messages 20000 [--zones 60]`

export const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
@ TXT "apex"
ns1 A 192.0.2.53
a A 192.0.2.1
a TXT "one"
sub MX 10 mail
x.sub A 192.0.2.1
x.sub NS ns.other.example.
b PTR target.other.example.
c SRV 0 0 443 target.other.example.
`
const MOST_FAILURES = 20

export interface PolicyReport {
  readonly messages: number
  readonly rcodes: Map<string, number>
  /** Empty or wrong in two ways: one says so, the other that. */
  readonly agreed: number
  readonly failures: string[]
}

/** Random lists of rules, each for a zone of its own, and random updates of it by keys that may and others that may not. */
export async function policyRace(options: {
  seed: number
  messages: number
  zones: number
}): Promise<PolicyReport> {
  const zones = Array.from({ length: options.zones }, (_, index) => policyZone(options.seed, index))
  const keys = zones.flatMap(({ name }) => keysOf(name))
  const contest = await PolicyContest.start(zones, keys, ZONE_FILE)
  const report = { messages: 0, agreed: 0, rcodes: new Map<string, number>(), failures: [] as string[] }
  const share = Math.ceil(options.messages / options.zones)
  try {
    await Promise.all(
      zones.map((zone, index) => lane(contest, zone, new Dice(options.seed * 7_919 + index), share, report)),
    )
  } finally {
    await contest.close()
  }
  return report
}

function policyZone(seed: number, index: number): PolicyZone {
  const name = nameOf(`policy${index}.example.`)
  const rules = randomRules(new Dice(seed * 104_729 + index), name)
  // both refuse lists with repetitions, each in its own way
  const ours = [...new Set(rules.map(inOurWords))]
  const bind = rules.filter(
    (rule, at) => rules.findIndex((each) => inOurWords(each) === inOurWords(rule)) === at,
  )
  return { name, ours, bind: bind.map(inBindWords) }
}

async function lane(
  contest: PolicyContest,
  { name, ours, bind }: PolicyZone,
  dice: Dice,
  messages: number,
  report: { messages: number; agreed: number; rcodes: Map<string, number>; failures: string[] },
): Promise<void> {
  const recent: string[] = []
  for (let index = 1; index <= messages && report.failures.length < MOST_FAILURES; index++) {
    const key: Name | undefined = dice.chance(0.05) ? undefined : dice.of(keysOf(name))
    const records = randomRecords(dice, name)
    const message = update({ id: newId(), zone: name, updates: records })
    const [we, they] = await contest.ask(message, key)
    report.messages++
    report.rcodes.set(we, (report.rcodes.get(we) ?? 0) + 1)
    recent.push(
      [`${key ?? 'unsigned'}: ours ${we}, theirs ${they}`, ...records.map((each) => `  ${shown(each)}`)].join(
        '\n',
      ),
    )
    const isAgreed =
      (we !== 'NOERROR' && they !== 'NOERROR') || (we === 'REFUSED' && !mayAsk(ours, key, name))
    const isLast = index === messages || index % 20 === 0
    const isIdle = records.length === 0 || we === they
    const differing = isIdle && !isLast ? [] : await contest.differing(name)
    if (we === they && differing.length === 0) {
      if (isLast) recent.length = 0
      continue
    }
    if (isAgreed && differing.length === 0) report.agreed++
    else {
      report.failures.push([...bind, ...ours, ...recent, ...differing].join('\n'))
      return
    }
  }
}

/** BIND says NOERROR to anybody who signs where nothing is asked for, or nothing is there to delete; zonelog only to whom a rule lets in. */
function mayAsk(rules: readonly string[], key: Name | undefined, zone: Name): boolean {
  const identity = key === undefined ? 'unsigned' : keyIdentity(key)
  const parsed = rules.map((text) => parseRule(text, zone)).filter((rule) => rule.ok)
  const asker = new Asker(identity, { address: '127.0.0.1' }, 'udp')
  return admit(
    parsed.map(({ value }) => value),
    asker,
    zone,
  ).allowed
}

if (import.meta.main) {
  const { raceArguments } = await import('./against-bind.ts')
  const options = raceArguments()
  const report = await policyRace(options)
  console.log(`seed ${options.seed}: ${report.messages} messages, ${report.agreed} agreed`, report.rcodes)
  for (const failure of report.failures) console.log(`\nNot agreed:\n${failure}`)
  if (report.failures.length > 0) process.exitCode = 1
}
