import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { TransferSettings } from '../../shared/transfers/transfer-settings.ts'

/** The admin API as a test uses it. */
export class AdminApi {
  readonly url: string
  readonly token: string

  constructor(url: string, token: string) {
    this.url = url
    this.token = token
  }

  static withTokenFile(url: string, file: string): AdminApi {
    return new AdminApi(url, readFileSync(file, 'utf8').trim())
  }

  async createZone(
    name: string,
    more: { file?: string; allowUpdate?: string[] } & Partial<TransferSettings> = {},
  ): Promise<{ id: number }> {
    return (await this.post('/v1/zones', { name, ...more })) as { id: number }
  }

  async createKey(
    name: string,
    algorithm = 'hmac-sha256',
  ): Promise<{ name: string; algorithm: string; secret: string; clause: string }> {
    return (await this.post('/v1/keys', { name, algorithm })) as {
      name: string
      algorithm: string
      secret: string
      clause: string
    }
  }

  async export(zone: string): Promise<string> {
    const response = await this.fetch(`/v1/zones/${zone}/export`)
    return await response.text()
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
  async get(path: string): Promise<any> {
    const response = await this.fetch(path)
    assert.ok(response.ok, `GET ${path}: ${response.status}`)
    return await response.json()
  }

  async partitions(): Promise<number[]> {
    const health = (await (await this.fetch('/healthz')).json()) as { partitions: number[] }
    return health.partitions
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return await this.send('POST', path, body)
  }

  async patch(path: string, body: unknown): Promise<unknown> {
    return await this.send('PATCH', path, body)
  }

  async delete(path: string): Promise<unknown> {
    const response = await this.fetch(path, { method: 'DELETE' })
    assert.ok(response.ok, `DELETE ${path}: ${response.status}`)
    return await response.json()
  }

  async put(path: string, body: unknown): Promise<unknown> {
    return await this.send('PUT', path, body)
  }

  private async send(method: string, path: string, body: unknown): Promise<unknown> {
    const response = await this.fetch(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    const answer = await response.text()
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${answer}`)
    return JSON.parse(answer)
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${this.token}` },
    })
  }
}
