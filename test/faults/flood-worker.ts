import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { signed, update } from '../support/dns-client.ts'
import { address, deleteRRset } from './clients/records.ts'
import { Random } from './random.ts'

export interface FloodData {
  readonly port: number
  readonly zone: string
  readonly seed: number
  readonly seconds: number
  /** Addresses that they come from, each with a port of its own. */
  readonly sources: number
}

const BURST = 200
const FORGED: TsigKey = { name: nameOf('fire.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 9) }

const { port, zone, seed, seconds, sources } = workerData as FloodData
const random = Random.of(seed, 'flood')
const add = () => update({ zone, updates: [address(`f.${zone}`, [10, 0, 0, random.below(256)])] })

const KINDS: readonly (() => Uint8Array)[] = [
  () => Buffer.from(Array.from({ length: 12 + random.below(200) }, () => random.below(256))),
  () => cut(add()),
  () => signed(add(), FORGED),
  () => update({ zone, updates: [deleteRRset(`f${random.below(100)}.${zone}`, Type.A)] }),
]

const sockets = await Promise.all(Array.from({ length: sources }, (_, index) => bound(index)))
const end = performance.now() + seconds * 1_000
let sent = 0
while (performance.now() < end) {
  for (let each = 0; each < BURST; each++)
    sockets[sent++ % sources]!.send(random.pick(KINDS)(), port, '127.0.0.1')
  await delay(0)
}
for (const socket of sockets) socket.close()
parentPort?.postMessage(sent)

async function bound(index: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.bind(0, `127.1.${index >> 8}.${index & 0xff}`, resolve))
  return socket
}

function cut(message: Uint8Array): Uint8Array {
  return message.subarray(0, 12 + random.below(message.length - 12))
}
