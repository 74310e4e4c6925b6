import { createSocket } from 'node:dgram'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../services/local/run-command.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { addA, keyOf, noName, signed, update } from '../../test/support/dns-client.ts'
import { temporaryFolder } from '../../test/support/infrastructure.ts'
import { type Case, KEY, namesOf } from './cases.ts'
import { changeOf, dnsperfInput } from './messages.ts'

/** What a client saw in one run. */
export interface Seen {
  readonly seconds: number
  readonly sent: number
  /** Answers by rcode name. */
  readonly rcodes: Readonly<Record<string, number>>
  readonly lost: number
  /** Of each answer in ms, the shortest first. */
  readonly latencies: readonly number[]
}

/** Where a run's changes begin, so that no name comes twice. */
export interface Range {
  readonly prefix: string
  readonly from: number
}

/** More than any server does in a second; a run that used them up would repeat names. */
const MOST_PER_SECOND = 25_000

/**
 * One outstanding: a closed loop, since dnsperf hands over between two threads, which takes longer than an update on few
 * cores. More: dnsperf. The same for every server.
 */
export function load(
  port: number,
  one: Case,
  range: Range,
  { seconds, sockets }: { readonly seconds: number; readonly sockets: number },
): Promise<Seen> {
  return one.outstanding === 1
    ? closedLoop(port, one, range, seconds)
    : dnsperf(port, one, range, seconds, sockets)
}

async function dnsperf(
  port: number,
  one: Case,
  { prefix, from }: Range,
  seconds: number,
  sockets: number,
): Promise<Seen> {
  const input = join(temporaryFolder('updates'), 'updates')
  const left = one.variant === 'add' || one.variant === 'prerequisite' ? Infinity : namesOf(one).end - from
  if (left <= 0) throw new Error(`${one.name}: no names are left; take fewer --runs or --seconds`)
  await writeFile(input, dnsperfInput(one, prefix, from, Math.min(MOST_PER_SECOND * seconds, left)))
  const { outstanding } = one
  const options = [
    '-u',
    '-v',
    '-c',
    String(Math.min(sockets, outstanding)),
    '-q',
    String(outstanding),
    '-T',
    '1',
  ]
  const signing = one.signed ? ['-y', `hmac-sha256:${KEY.name}:${KEY.secret}`] : []
  const limits = ['-t', '5', '-l', String(seconds), '-n', '1', '-d', input]
  const where = ['-s', '127.0.0.1', '-p', String(port)]
  const { stdout, stderr } = await runCommand('dnsperf', [...where, ...options, ...signing, ...limits])
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  if (!stdout.includes('Statistics:')) throw new Error(`dnsperf failed: ${stderr}${stdout.slice(-2_000)}`)
  const codes = /Response codes: +(.*)/.exec(stdout)?.[1] ?? ''
  return {
    seconds: number(/Run time \(s\): +([\d.]+)/),
    sent: number(/Updates sent: +(\d+)/),
    lost: number(/Updates lost: +(\d+)/),
    rcodes: Object.fromEntries(
      [...codes.matchAll(/([A-Z]+) (\d+) \(/g)].map(([, code, n]) => [code!, Number(n)]),
    ),
    latencies: [...stdout.matchAll(/^> .* ([\d.]+)$/gm)]
      .map(([, s]) => Number(s) * 1_000)
      .sort((a, b) => a - b),
  }
}

const LOST_MS = 5_000

async function closedLoop(port: number, one: Case, range: Range, seconds: number): Promise<Seen> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
  const latencies: number[] = []
  let [sent, lost, failed] = [0, 0, 0]
  const began = performance.now()
  while (performance.now() - began < seconds * 1_000) {
    const message = messageOf(one, range, sent)
    sent++
    const before = performance.now()
    const answer = await exchange(socket, message)
    if (answer === undefined) lost++
    else if ((answer[3]! & 15) !== 0) failed++
    else latencies.push(performance.now() - before)
  }
  socket.close()
  return {
    seconds: (performance.now() - began) / 1_000,
    sent,
    lost,
    rcodes: { NOERROR: latencies.length, ...(failed > 0 ? { other: failed } : {}) },
    latencies: latencies.sort((a, b) => a - b),
  }
}

function exchange(socket: ReturnType<typeof createSocket>, message: Uint8Array): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = (answer?: Buffer) => {
      clearTimeout(timer)
      socket.off('message', take)
      resolve(answer)
    }
    const take = (answer: Buffer) => {
      if (answer[0] === message[0] && answer[1] === message[1]) end(answer)
    }
    const timer = setTimeout(end, LOST_MS)
    socket.on('message', take)
    socket.send(message)
  })
}

function messageOf(one: Case, { prefix, from }: Range, index: number): Uint8Array {
  const { zone, host, address } = changeOf(one, prefix, from + index)
  const name = `${host}.${zone}.`
  const remove = { name: nameOf(name), type: Type.A, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }
  const message = update({
    zone: `${zone}.`,
    prerequisites: one.variant === 'prerequisite' ? [noName(name)] : [],
    updates: [
      ...(one.variant === 'delete' || one.variant === 'replace' ? [remove] : []),
      ...(one.variant === 'delete' ? [] : [addA(name, address, 300)]),
    ],
  })
  return one.signed ? signed(message, keyOf({ ...KEY, algorithm: 'hmac-sha256' })) : message
}
