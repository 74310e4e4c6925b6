import { createSocket } from 'node:dgram'

const OUTSTANDING = 200
/** Without any answer. */
const LIMIT_MS = 60_000
const RESEND_MS = 1_500

/** The answers to the queries, by their place; as many are under way at once as no server loses. */
export async function askAll(port: number, queries: readonly Uint8Array[]): Promise<Buffer[]> {
  if (queries.length > 0xffff) throw new RangeError('an id for each query')
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const answers = new Array<Buffer | undefined>(queries.length)
  const waiting = new Map<number, number>()
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  let next = 0
  const send = (id: number) => {
    const bytes = Buffer.from(queries[id]!)
    bytes.writeUInt16BE(id, 0)
    waiting.set(id, performance.now())
    socket.send(bytes, port, '127.0.0.1')
  }
  const fill = () => {
    while (waiting.size < OUTSTANDING && next < queries.length) send(next++)
    if (waiting.size === 0) resolve()
  }
  socket.on('message', (answer) => {
    const id = answer.readUInt16BE(0)
    if (!waiting.delete(id)) return
    answers[id] = answer
    limit.refresh()
    fill()
  })
  // a datagram may be lost; one that is never answered is a finding
  const resend = setInterval(() => {
    for (const [id, since] of waiting) if (performance.now() - since > RESEND_MS) send(id)
  }, 200)
  const limit = setTimeout(() => reject(new Error(`no answer to ${[...waiting.keys()]}`)), LIMIT_MS)
  fill()
  try {
    await done
    return answers as Buffer[]
  } finally {
    clearInterval(resend)
    clearTimeout(limit)
    socket.close()
  }
}
