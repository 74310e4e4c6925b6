import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { CASES, type Case, USUAL_CASES } from './cases.ts'
import { type SystemSetup, setupsOf } from './systems.ts'

export const PEERS = { bind: 'BIND', knot: 'Knot', powerdns: 'PowerDNS' } as const
export type Peer = keyof typeof PEERS

/** What is measured, and how. */
export interface Options {
  readonly cases: readonly Case[]
  readonly peers: readonly Peer[]
  /** Systems of ours. */
  readonly setups: readonly SystemSetup[]
  readonly seconds: number
  readonly runs: number
  /** How long each server is warmed up, in seconds. */
  readonly warm: number
  /** Of the client. */
  readonly sockets: number
  readonly processors: number
  readonly isPinned: boolean
  /** Of one processor, for each edge and writer, in percent; 0 for as much as there is. */
  readonly budget: number
}

/** Throws a sentence for what cannot be measured. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      against: { type: 'string', default: Object.keys(PEERS).join() },
      cases: { type: 'string', default: USUAL_CASES.join() },
      seconds: { type: 'string', default: '6' },
      runs: { type: 'string', default: '3' },
      warm: { type: 'string', default: '10' },
      writers: { type: 'string', default: '1' },
      edges: { type: 'string', default: '1' },
      history: { type: 'string', default: '' },
      records: { type: 'string', default: '' },
      pin: { type: 'boolean', default: false },
      budget: { type: 'string', default: '0' },
    },
  })
  const [writers, edges] = [numbersIn(values.writers), numbersIn(values.edges)]
  const setups = setupsOf({
    ...{ writers, edges, history: numbersIn(values.history), records: numbersIn(values.records) },
  })
  const options = {
    ...{ cases: partsOf(values.cases).map(caseNamed), peers: partsOf(values.against).map(peerNamed), setups },
    ...{ seconds: Number(values.seconds), runs: Number(values.runs), warm: Number(values.warm) },
    // the system spreads clients over edges by their sockets: few of them not evenly
    sockets: setups.some((setup) => setup.edges > 1) ? 50 : 10,
    ...{ processors: availableParallelism(), isPinned: values.pin, budget: Number(values.budget) },
  }
  const isAlone = options.isPinned || options.budget > 0 || setups[0]!.records !== undefined
  if (isAlone && options.peers.length > 0)
    throw new Error("--pin, --budget and --records are for zonelog alone: add --against ''")
  return options
}

export function caseNamed(name: string): Case {
  const found = CASES.find((one) => one.name === name)
  if (found !== undefined) return found
  throw new Error(`there is no case ${name}; there are ${CASES.map((one) => one.name).join(', ')}`)
}

function peerNamed(name: string): Peer {
  if (name in PEERS) return name as Peer
  throw new Error(`${name} is not measured; there are ${Object.keys(PEERS).join(', ')}`)
}

function partsOf(list: string): string[] {
  return list.split(',').filter((part) => part !== '')
}

function numbersIn(list: string): number[] {
  const numbers = partsOf(list).map(Number)
  if (numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return numbers
  throw new Error(`'${list}' is no list of numbers`)
}
