import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { compareSerial, type Serial } from '../../shared/dns/serial.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { decoded } from '../support/spec.ts'
import type { Deployment } from './deployment/deployment.ts'
import type { Random } from './random.ts'

const EVERY_MS = 700
const TRANSFER_LIMIT_MS = 10_000

/** A secondary that has a zone by IXFR (RFC 1995) alone, from whichever edge it asks next. */
export class Follower {
  readonly zone: string
  private soa: ResourceRecord | undefined
  private readonly records = new Set<string>()
  /** Differences that did not fit what it had: what a secondary cannot live with. */
  readonly misfits: string[] = []
  counts = { incremental: 0, whole: 0, upToDate: 0, failed: 0 }

  constructor(zone: string) {
    this.zone = zone
  }

  /** What it has, as sorted lines. */
  lines(): string[] {
    return [...(this.soa === undefined ? [] : [recordToText(this.soa)]), ...this.records].sort()
  }

  get serial(): Serial | undefined {
    return this.soa && serialOf(this.soa.rdata)
  }

  /** One transfer; what an edge cannot give it asks for later. */
  async catchUp(port: number): Promise<void> {
    const records = await ixfr(port, this.zone, this.soa).catch(() => undefined)
    if (records === undefined || records.length === 0) this.counts.failed += 1
    else this.take(records)
  }

  private take(records: readonly ResourceRecord[]): void {
    const newest = records[0]!
    const order = this.soa && compareSerial(serialOf(newest.rdata), serialOf(this.soa.rdata))
    // an edge that is behind has nothing for it (RFC 1995 §2)
    if (records.length === 1 || (order !== undefined && order <= 0)) {
      this.counts.upToDate += 1
      return
    }
    if (this.soa !== undefined && records[1]!.type === Type.SOA) {
      this.counts.incremental += 1
      this.applyDifferences(records.slice(1, -1))
    } else {
      this.counts.whole += 1
      this.records.clear()
      for (const record of records.slice(1, -1)) this.records.add(recordToText(record))
    }
    this.soa = newest
  }

  /** RFC 1995 §4: old SOA, removed, new SOA, added, and so on. */
  private applyDifferences(records: readonly ResourceRecord[]): void {
    let soas = 0
    for (const record of records) {
      if (record.type === Type.SOA) soas += 1
      else if (soas % 2 === 1) this.remove(recordToText(record))
      else this.add(recordToText(record))
    }
  }

  private remove(line: string): void {
    if (!this.records.delete(line)) this.misfits.push(`removed what was not there: ${line}`)
  }

  private add(line: string): void {
    if (this.records.has(line)) this.misfits.push(`added what was there: ${line}`)
    this.records.add(line)
  }
}

/** Keeps all zones up to date until it is over. */
export async function follow(
  followers: readonly Follower[],
  { edges }: Deployment,
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    for (const follower of followers) await follower.catchUp(random.pick(edges).port)
    await delay(EVERY_MS)
  }
}

async function ixfr(port: number, zone: string, soa: ResourceRecord | undefined): Promise<ResourceRecord[]> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(TRANSFER_LIMIT_MS, () => socket.destroy())
  const type = soa === undefined ? Type.AXFR : Type.IXFR
  const questions = [{ name: nameOf(zone), type, class: Class.IN }]
  const authorities = soa === undefined ? [] : [soa]
  socket.write(frame(encodeMessage({ id: 1, opcode: Opcode.QUERY, questions, authorities })))
  const reader = new FrameReader()
  const records: ResourceRecord[] = []
  for await (const chunk of socket) {
    reader.push(chunk as Buffer)
    for (let octets = reader.next(); octets !== undefined; octets = reader.next()) {
      const message = decoded(octets)
      if (message.header.rcode !== Rcode.NOERROR) throw new Error(`rcode ${message.header.rcode}`)
      records.push(...message.answers)
    }
    if (isWhole(records, soa)) {
      socket.destroy()
      return records
    }
  }
  throw new Error('the connection ended before the transfer did')
}

/** The last SOA is the newest again; a single one says that there is nothing newer. */
function isWhole(records: readonly ResourceRecord[], soa: ResourceRecord | undefined): boolean {
  const [first] = records
  if (first === undefined) return false
  const newest = serialOf(first.rdata)
  const closing = records.filter(
    (record) => record.type === Type.SOA && serialOf(record.rdata) === newest,
  ).length
  if (records.length === 1) {
    const order = soa && compareSerial(newest, serialOf(soa.rdata))
    return order !== undefined && order <= 0
  }
  // in a sequence of differences the newest SOA also opens its last part
  const wanted = soa !== undefined && records[1]!.type === Type.SOA ? 3 : 2
  return closing === wanted && records.at(-1)!.type === Type.SOA
}
