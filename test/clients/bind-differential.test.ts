import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Class } from '../../shared/dns/codes.ts'
import { checkRdata } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { newId, update } from '../support/dns-client.ts'
import { Contest, shown } from './contest.ts'
import { Dice, type RandomUpdate, randomUpdate, ZONE } from './random-updates.ts'

// The same octets go to zonelog and to BIND's named; rcodes, records and serials afterwards must be the same.

const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 4294967200 3600 600 86400 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.53
ns2 A 192.0.2.54
a A 192.0.2.1
a TXT "one"
c CNAME a
cut NS ns.other.example.
`
const SEEDS = [1, 2, 3, 4]
const MESSAGES = 100
const CLASSES: readonly number[] = [Class.IN, Class.ANY, Class.NONE]
/** RFC 2136 §3.2. */
const ABOUT_PREREQUISITES = ['NXDOMAIN', 'YXDOMAIN', 'NXRRSET', 'YXRRSET', 'NOTZONE', 'FORMERR']

describe('RFC 2136 as BIND understands it, over random messages', () => {
  let contest: Contest
  before(async () => {
    contest = await Contest.start(ZONE, ZONE_FILE)
  })
  after(() => contest?.close())

  for (const seed of SEEDS)
    it(`${MESSAGES} messages of seed ${seed} do the same to both`, async () => {
      const dice = new Dice(seed)
      const rcodes = new Set<string>()
      for (let index = 0; index < MESSAGES; index++) {
        const message = randomUpdate(dice, newId(), contest.serial)
        rcodes.add(await sameFromBoth(contest, message, `seed ${seed}, message ${index}`))
      }
      assert.ok(rcodes.has('NOERROR') && rcodes.size >= 5, `too few kinds of outcomes: ${[...rcodes]}`)
    })
})

async function sameFromBoth(contest: Contest, message: RandomUpdate, title: string): Promise<string> {
  const [ours, theirs] = await contest.ask(message.bytes)
  const account = () =>
    [
      title,
      ...message.prerequisites.map((record) => `  prerequisite ${shown(record)}`),
      ...message.updates.map((record) => `  update ${shown(record)}`),
      `  ours ${ours.rcode}: ${ours.changes.join('; ')}`,
      `  BIND ${theirs.rcode}: ${theirs.changes.join('; ')}`,
    ].join('\n')
  if (ours.rcode !== theirs.rcode) assert.ok(await onlyOrderDiffers(), account())
  assert.deepEqual(...contest.zones(), account())
  assert.deepEqual(ours.changes.at(-1), theirs.changes.at(-1), account())
  return ours.rcode

  /**
   * BIND looks at the whole update section before the prerequisites; RFC 2136 §3 has the prerequisites first, and clients ask
   * by them. Neither applies the message.
   */
  async function onlyOrderDiffers(): Promise<boolean> {
    if (ours.rcode === 'NOERROR' || theirs.rcode === 'NOERROR') return false
    if (hasOddForm(message)) return theirs.rcode === 'FORMERR'
    const withoutPrerequisites = update({ zone: ZONE, updates: message.updates })
    return (
      ABOUT_PREREQUISITES.includes(ours.rcode) && (await contest.askUs(withoutPrerequisites)) === theirs.rcode
    )
  }
}

/** Malformed to BIND as it reads the message; to us, as RFC 2136 §3.2 and §3.4.1 come to the record. */
function hasOddForm({ prerequisites, updates }: RandomUpdate): boolean {
  const all = [...prerequisites, ...updates]
  const isForeign = ({ class: class_ }: ResourceRecord) => !CLASSES.includes(class_)
  const isOverfull = ({ class: class_, rdata }: ResourceRecord) => class_ === Class.ANY && rdata.length > 0
  const isNegation = ({ class: class_, rdata }: ResourceRecord) => class_ === Class.NONE && rdata.length > 0
  const isEmpty = ({ class: class_, type, rdata }: ResourceRecord) =>
    class_ === Class.NONE && rdata.length === 0 && checkRdata(type, rdata) !== undefined
  return (
    all.some(isForeign) || all.some(isOverfull) || prerequisites.some(isNegation) || updates.some(isEmpty)
  )
}
