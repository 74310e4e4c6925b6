import type { FailureDetail } from '../services/zone-writer/admin/failure.ts'
import type { Problem } from '../services/zone-writer/api/problem.ts'
import type { Config } from '../shared/config.ts'
import { CliError } from './command.ts'
import { EXIT, exitStatusOf } from './exit-codes.ts'
import { sendStream } from './send-stream.ts'
import { wholeAnswer } from './whole-answer.ts'

const TIMEOUT_MS = 30_000
/** For a zone that is exported, however slow its reader. */
const EXPORT_TIMEOUT_MS = 60 * 60_000
/** For a zone that is imported: time in which nothing at all moves. */
const UPLOAD_IDLE_MS = 30 * 60_000
/** The longest that a timer takes. */
const FOR_EVER_MS = 0x7fff_ffff

type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** What is read of an OpenAPI document. */
interface Described {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
}

interface DescribedOperation {
  readonly operationId?: string
  readonly parameters?: readonly { readonly name: string }[]
}

/** Speaks to the admin API; everything that goes wrong becomes one message that says what to do. */
export class ApiClient {
  private readonly url: string
  private readonly token: string | undefined
  private readonly tokenFile: string

  constructor({ apiUrl, apiToken, apiTokenFile }: Pick<Config, 'apiUrl' | 'apiToken' | 'apiTokenFile'>) {
    this.url = apiUrl.replace(/\/+$/, '')
    this.token = apiToken
    this.tokenFile = apiTokenFile
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await (await this.request('GET', path + queryText(query))).json()) as T
  }

  /** All pages of a list of which each names where the next begins. */
  async all<T>(path: string, field: string, query: Query = {}): Promise<T[]> {
    const items: T[] = []
    let after: string | undefined
    do {
      const page = await this.get<Record<string, unknown>>(path, { ...query, limit: 1_000, after })
      items.push(...(page[field] as T[]))
      after = page.next as string | undefined
    } while (after !== undefined)
    return items
  }

  async post<T>(path: string, body: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
    return (await (await this.request('POST', path, body, timeoutMs)).json()) as T
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return (await (await this.request('PATCH', path, body)).json()) as T
  }

  async delete<T>(path: string): Promise<T> {
    return (await (await this.request('DELETE', path)).json()) as T
  }

  /** Whether an operation of the API, as it is where it runs, takes such a parameter. */
  async takes(operationId: string, parameter: string): Promise<boolean> {
    const answer = await this.send('GET', '/openapi.json', undefined, TIMEOUT_MS)
    if (!answer.ok) return false
    const { paths = {} } = (await answer.json()) as Described
    const operation = Object.values(paths)
      .flatMap((path) => Object.values(path))
      .find((operation) => operation.operationId === operationId)
    return operation?.parameters?.some(({ name }) => name === parameter) ?? false
  }

  /** The pieces of a text as they arrive; `onNote` hears what the API says beside it. */
  async *text(path: string, onNote: (note: string) => void = () => {}): AsyncGenerator<string> {
    const { body, headers } = await this.request('GET', path, undefined, EXPORT_TIMEOUT_MS)
    const note = headers.get('zonelog-note')
    if (note !== null) onNote(note)
    if (body !== null) yield* wholeText(body, headers)
  }

  /** Objects that come one a line, for as long as they come; empty lines say that there is somebody. Posts what is `posted`. */
  async *lines<T>(path: string, query: Query = {}, posted?: object): AsyncGenerator<T> {
    const method = posted === undefined ? 'GET' : 'POST'
    const { body, headers } = await this.request(method, path + queryText(query), posted, FOR_EVER_MS)
    let rest = ''
    if (body === null) return
    for await (const piece of wholeText(body, headers)) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T
    }
  }

  /** Puts a zone file of any length; `describe` words the faults that the API finds in it. */
  async upload<T>(
    path: string,
    pieces: AsyncIterable<string>,
    describe: (faults: readonly FailureDetail[]) => Promise<string[]>,
  ): Promise<T> {
    const headers = { ...this.authorization(), 'content-type': 'text/dns; charset=utf-8' }
    const answer = await sendStream(`${this.url}/v1${path}`, headers, pieces, UPLOAD_IDLE_MS).catch(
      (error) => {
        throw error instanceof CliError ? error : this.unreachable(error, UPLOAD_IDLE_MS)
      },
    )
    if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text) as T
    const problem = problemIn(answer.text)
    if (problem?.code !== 'bad-zone-file') throw this.explain(answer.status, answer.text)
    const faults = await describe(problem.errors ?? [])
    throw new CliError([problem.detail, ...faults].join('\n  '), exitStatusOf(answer.status))
  }

  private async request(
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = TIMEOUT_MS,
  ): Promise<Response> {
    const response = await this.send(method, `/v1${path}`, body, timeoutMs)
    if (response.ok) return response
    throw this.explain(response.status, await response.text())
  }

  private async send(method: string, address: string, body: unknown, timeoutMs: number): Promise<Response> {
    try {
      return await fetch(this.url + address, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...this.authorization(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (error) {
      throw this.unreachable(error as Error, timeoutMs)
    }
  }

  private authorization(): Record<string, string> {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }
  }

  private unreachable(error: Error, timeoutMs: number): CliError {
    return new CliError(this.whyUnreachable(error, timeoutMs), EXIT.unreachable.status)
  }

  private whyUnreachable(error: Error, timeoutMs: number): string {
    if (error.name === 'TimeoutError')
      return `The admin API at ${this.url} gave no answer in ${timeoutMs / 1000} s.`
    const cause = error.cause as { code?: string; message?: string } | undefined
    const reason = cause?.code ?? cause?.message ?? (error as { code?: string }).code ?? error.message
    return (
      `The admin API at ${this.url} is not reachable (${reason}).\n` +
      'Is zonelog running? Start it with `npm start`, or set ZONELOG_API_URL to where it runs.'
    )
  }

  private explain(status: number, text: string): CliError {
    return new CliError(this.explanation(status, text), exitStatusOf(status))
  }

  private explanation(status: number, text: string): string {
    const problem = problemIn(text)
    if (problem === undefined) return `${this.url} answered ${status}; is that the admin API of zonelog?`
    if (status === 401) return this.explainToken(problem)
    const errors = (problem.errors ?? []).map(({ line, column, message }) => {
      const place = line === undefined ? '' : `line ${line}${column === undefined ? '' : `:${column}`}: `
      return `\n  ${place}${message}`
    })
    return problem.detail + errors.join('')
  }

  private explainToken({ code, detail }: Problem): string {
    if (code === 'token-expired' || code === 'token-revoked') return detail
    if (this.token === undefined)
      return `There is no API token: ${this.tokenFile} does not exist. Set ZONELOG_API_TOKEN, or ZONELOG_DATA_DIR to where \`npm start\` was run.`
    return `${this.url} does not know the API token. Look at ZONELOG_API_TOKEN, or at ${this.tokenFile}.`
  }
}

/** As text; checked to be whole where the API says that one can see it. */
async function* wholeText(body: NonNullable<Response['body']>, headers: Headers): AsyncGenerator<string> {
  const pieces = body.pipeThrough(new TextDecoderStream())
  try {
    yield* headers.has('zonelog-end') ? wholeAnswer(pieces) : pieces
  } catch (error) {
    if (error instanceof CliError) throw error
    const { cause, message } = error as Error & { cause?: { message?: string } }
    throw new CliError(`The answer was cut (${cause?.message ?? message}): this is not all of it. Ask again.`)
  }
}

function problemIn(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem>
    return typeof value.detail === 'string' ? (value as Problem) : undefined
  } catch {
    return undefined
  }
}

/** Path of a key; its name may hold any character. */
export function keyPath(name: string, rest = ''): string {
  return `/keys/${encodeURIComponent(name)}${rest}`
}

/** What is given, with a `?` before it; empty when nothing is. */
export function queryText(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? '' : `?${search}`
}

/** Path of a zone; its name may hold any character. */
export function zonePath(name: string, rest = ''): string {
  return `/zones/${encodeURIComponent(name)}${rest}`
}
