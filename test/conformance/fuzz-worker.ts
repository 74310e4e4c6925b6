import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { rcodeToText } from '../../shared/dns/codes.ts'
import { canonicalName, type Name, nameOf, readName } from '../../shared/dns/name.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { Dice, RandomUpdates } from '../clients/random-updates.ts'
import { CAPTURED, octetsOf } from '../dns/vectors.ts'
import { BY_HAND, MALFORMED } from '../dns/vectors-by-hand.ts'
import { rrsetsOf } from '../support/spec.ts'
import { mutated } from './mutations.ts'
import { takeIn } from './take-in.ts'

export interface FuzzTask {
  readonly seed: number
  readonly messages: number
}

/** How many messages came to what: `malformed`, or the rcode that was decided, or `changed`. */
export type FuzzTally = Record<string, number>

const APEXES = [nameOf('example.com.'), nameOf('example.')]
/** Messages of every form and type, beside those that clients send. */
const FURTHER = 300
const VECTORS = [...CAPTURED, ...BY_HAND, ...MALFORMED].map(octetsOf)
const random = new RandomUpdates(new Dice(1), APEXES[0]!)
for (let index = 0; index < FURTHER; index++) VECTORS.push(Buffer.from(random.next(index, index).bytes))
const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
host A 192.0.2.1
host A 192.0.2.2
host TXT "one"
old MX 10 mail
alias CNAME host
`
/** What messages add to a zone is taken away again after so many. */
const FRESH_EVERY = 2_000

/** Decodes, decides and applies; throws, with the octets in hex, whatever these throw. */
export function fuzz({ seed, messages }: FuzzTask): FuzzTally {
  const dice = new Dice(seed)
  const tally: FuzzTally = {}
  let zones = freshZones()
  for (let index = 0; index < messages; index++) {
    if (index % FRESH_EVERY === 0) zones = freshZones()
    const octets = mutated(dice.of(VECTORS), dice.of(VECTORS), dice)
    const outcome = outcomeOf(octets)
    tally[outcome] = (tally[outcome] ?? 0) + 1
  }
  return tally

  function outcomeOf(octets: Uint8Array): string {
    try {
      const zone = zones[zones[1]!.apex === apexOf(octets) ? 1 : 0]!
      const taken = takeIn(octets, zone)
      if (!taken.ok) return 'malformed'
      return taken.value.kind === 'changed' ? 'changed' : rcodeToText(taken.value.verdict.rcode)
    } catch (error) {
      const hex = Buffer.from(octets).toString('hex')
      throw new Error(`seed ${seed}: ${String(error)} at ${hex}`, { cause: error })
    }
  }
}

function freshZones(): ZoneContents[] {
  return APEXES.map((apex) => {
    const parsed = parseZoneFile(ZONE_FILE, { origin: apex })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
    return new ZoneContents(apex, rrsetsOf(parsed.records))
  })
}

/** The zone that an untouched zone section names. */
function apexOf(octets: Uint8Array): Name | undefined {
  const read = readName(octets, 12)
  return read.ok ? canonicalName(read.value.name) : undefined
}

if (!isMainThread) parentPort!.postMessage(fuzz(workerData as FuzzTask))
