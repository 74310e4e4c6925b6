import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { Endpoint } from '../../shared/config/read.ts'
import { Class, Opcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { ROOT } from '../../shared/dns/name.ts'

/** Twice that is less than a check may take. */
const LIMIT_MS = 3_000
const QR = 0x80

/** Whether a name server answers there, whatever it says. */
export async function answersDns(at: Endpoint, transport: 'udp' | 'tcp'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const id = 1 + Math.floor(Math.random() * 0xfffe)
  const questions = [{ name: ROOT, type: Type.SOA, class: Class.IN }]
  const message = encodeMessage({ id, opcode: Opcode.QUERY, questions })
  const isAnswer = (octets: Uint8Array) =>
    octets.length > 2 && ((octets[0]! << 8) | octets[1]!) === id && (octets[2]! & QR) !== 0
  const end =
    transport === 'udp' ? overUdp(at, message, isAnswer, resolve) : overTcp(at, message, isAnswer, resolve)
  const timer = setTimeout(resolve, LIMIT_MS, false)
  const answered = await promise
  clearTimeout(timer)
  end()
  return answered
}

type Judge = (octets: Uint8Array) => boolean

function overUdp(
  { host, port }: Endpoint,
  message: Uint8Array,
  isAnswer: Judge,
  done: (ok: boolean) => void,
): () => void {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('message', (octets) => isAnswer(octets) && done(true))
  socket.on('error', () => done(false))
  // a connected socket hears that nobody listens there
  socket.connect(port, host, () => socket.send(message))
  return () => socket.close()
}

function overTcp(
  { host, port }: Endpoint,
  message: Uint8Array,
  isAnswer: Judge,
  done: (ok: boolean) => void,
): () => void {
  const socket = connect({ host, port })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  socket.on('connect', () => socket.write(Buffer.concat([length, message])))
  socket.on('data', (octets) => done(isAnswer(octets.subarray(2))))
  socket.on('error', () => done(false))
  socket.on('close', () => done(false))
  return () => socket.destroy()
}
