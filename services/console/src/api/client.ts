import type { Operations } from './operations.ts'
import { ApiError, problemOfResponse, UNREACHABLE } from './problem.ts'
import { endSession } from './session.ts'

export type Operation = keyof Operations
export type Answer<O extends Operation> = Operations[O]['answer']

/** What an operation takes; what it does not take cannot be given. */
export type Asked<O extends Operation> = Pick<
  Operations[O],
  Extract<keyof Operations[O], 'path' | 'query' | 'body'>
> & { readonly signal?: AbortSignal; readonly headers?: Readonly<Record<string, string>> }

/** What every request carries: pages of other origins cannot send it. */
export const OWN_HEADER = { 'x-zonelog-console': '1' } as const

/** Asks the API. Throws an ApiError whose problem says what to do. */
export async function call<O extends Operation>(operation: O, asked: Asked<O>): Promise<Answer<O>> {
  const { body, signal, headers } = asked as { body?: unknown; signal?: AbortSignal; headers?: HeadersInit }
  const [method] = operation.split(' ', 1)
  const isFile = body instanceof Blob
  const response = await send(addressOf(operation, asked), {
    method: method!,
    headers: {
      ...OWN_HEADER,
      ...(body === undefined ? {} : { 'content-type': isFile ? 'text/dns' : 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.status === 204) return undefined as never
  return (await response.json()) as Answer<O>
}

/** The address of an operation with its parameters, for links and streams. */
export function addressOf<O extends Operation>(operation: O, asked: Asked<O>): string {
  const { path = {}, query = {} } = asked as {
    path?: Record<string, unknown>
    query?: Record<string, unknown>
  }
  const [, template = ''] = operation.split(' ')
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== '') search.append(name, String(each))
  return search.size === 0 ? filled : `${filled}?${search}`
}

/** A response that is right; everything else is thrown. A session that has ended asks for a new one, and nothing typed is lost. */
export async function send(address: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(address, { ...init, credentials: 'same-origin', cache: 'no-store' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiError(UNREACHABLE)
  }
  if (response.ok) return response
  const problem = await problemOfResponse(response)
  if (response.status === 401) endSession()
  throw new ApiError(problem)
}
