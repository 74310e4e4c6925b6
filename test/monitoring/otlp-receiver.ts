import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A span as OTLP/JSON has it, with the service that sent it. */
export interface ReceivedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first of a trace. */
  readonly parentSpanId: string
  /** In ms since the epoch. */
  readonly start: number
  readonly end: number
  readonly attributes: Readonly<Record<string, unknown>>
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
}

/** The other end of OTLP over HTTP, as a collector is: takes spans as JSON. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  /** As they came. */
  readonly bodies: string[] = []
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer()
    const receiver = new OtlpReceiver(server)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks)
        const isRight =
          request.method === 'POST' &&
          request.url === '/v1/traces' &&
          request.headers['content-type'] === 'application/json'
        if (isRight)
          receiver.take((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
        response.writeHead(isRight ? 200 : 400, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Of one trace, by service and name. */
  trace(traceId: string): ReadonlyMap<string, ReceivedSpan> {
    const spans = this.spans.filter((span) => span.traceId === traceId)
    return new Map(spans.map((span) => [`${span.service} ${span.name}`, span]))
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private take(body: string): void {
    this.bodies.push(body)
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans)
      for (const { spans } of scopeSpans)
        for (const { name, traceId, spanId, parentSpanId = '', ...span } of spans)
          this.spans.push({
            service: String(plain(resource.attributes)['service.name']),
            name,
            traceId,
            spanId,
            parentSpanId,
            start: Number(span.startTimeUnixNano) / 1e6,
            end: Number(span.endTimeUnixNano) / 1e6,
            attributes: plain(span.attributes),
          })
  }
}

function plain(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue } }) => [key, stringValue ?? Number(intValue)]),
  )
}
