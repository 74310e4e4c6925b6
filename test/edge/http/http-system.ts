import { request } from 'node:http'
import { connect } from 'node:net'
import type { EventJson } from '../../../services/zone-writer/admin/event-json.ts'
import type { AdminApi } from '../../support/admin-api.ts'
import { knowsZones } from '../../support/client-system.ts'
import { DnsClient } from '../../support/dns-client.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../../support/system.ts'
import { until } from '../../support/until.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface Ask {
  /** In X-Forwarded-For: this machine counts as a trusted proxy. */
  readonly from?: string
  /** `USER:PASSWORD` for Basic authentication. */
  readonly as?: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The system's first unless given. */
  readonly edge?: RunningEdge
}

/** A writer and an edge that takes HTTP updates for zones with a key of the name `customers`. */
export class HttpSystem {
  readonly system: TestSystem
  readonly writer: RunningWriter
  readonly edge: RunningEdge
  readonly api: AdminApi
  readonly dns: DnsClient
  /** Of the key `customers`. */
  readonly secret: string

  private constructor(parts: Omit<HttpSystem, 'ask' | 'records' | 'events' | 'raw' | 'token' | 'close'>) {
    this.system = parts.system
    this.writer = parts.writer
    this.edge = parts.edge
    this.api = parts.api
    this.dns = parts.dns
    this.secret = parts.secret
  }

  static async start(
    zones: readonly string[],
    rules: readonly string[],
    more: Record<string, string> = {},
  ): Promise<HttpSystem> {
    const system = await TestSystem.prepare()
    const writer = await system.writer(more)
    const edge = await system.edge({ ZONELOG_TRUSTED_PROXIES: '127.0.0.0/8', ...more })
    const api = system.api(writer)
    const { secret } = await api.createKey('customers')
    for (const zone of zones) {
      await api.createZone(zone)
      if (rules.length > 0) await api.post(`/v1/zones/${zone}/rules`, { rules })
    }
    await knowsZones(edge, zones.length)
    const dns = await DnsClient.to(edge.port)
    return new HttpSystem({ system, writer, edge, api, dns, secret })
  }

  /** Sends one request whose target stands in the request line as it is given. */
  ask(
    target: string,
    { from = '192.0.2.200', as, method = 'GET', body, headers = {}, edge = this.edge }: Ask = {},
  ): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    const sent = request(
      {
        host: '127.0.0.1',
        port: edge.httpPort,
        path: target,
        method,
        agent: false,
        headers: {
          'x-forwarded-for': from,
          ...(as === undefined ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
    return promise
  }

  /** Octets as a client may send them; all that comes back. */
  raw(octets: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let answer = ''
    const socket = connect(this.edge.httpPort, '127.0.0.1', () => socket.write(octets))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error),
    )
    socket.on('close', () => resolve(answer))
    return promise
  }

  /** `192.0.2.1` and so on, as the edge answers to a query. */
  async records(name: string, type: string): Promise<string> {
    return (await this.dns.query(name, type)).join(' ')
  }

  /** A token of the key `customers`, once the edge knows it. */
  async token(name: string, ...hosts: string[]): Promise<string> {
    const { token } = (await this.api.post('/v1/keys/customers/update-tokens', { name, hosts })) as {
      token: string
    }
    await until('the edge knows the token', async () => {
      // no host is named so, so that nothing is changed; unlike a wrong password it is not counted
      const answer = await this.ask('/nic/update?hostname=%25h', { as: `x:${token}`, from: '192.0.2.250' })
      return answer.body !== 'badauth\n'
    })
    return token
  }

  /** Newest first. */
  async events(zone: string): Promise<EventJson[]> {
    return (await this.api.get(`/v1/zones/${zone}/events?limit=50`)).events
  }

  async close(): Promise<void> {
    this.dns.close()
    await this.system.close()
  }
}
