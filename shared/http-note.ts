import type { EdnsOption } from './dns/edns.ts'
import type { Message } from './dns/message.ts'

/** What an edge writes into the UPDATE that it makes of an HTTP request, so that the event tells it for ever. */
export interface HttpNote {
  /** Such as `dyndns2`. */
  readonly form: string
  /** The name of the token that was used; undefined where it was the key's own secret. */
  readonly token?: string
}

/** Of the range for private use (RFC 6891 §9). Believed only of messages whose transport is `http`. */
const OPTION = 65_074

export function httpNoteOption({ form, token }: HttpNote): EdnsOption {
  return { code: OPTION, data: Buffer.from(token === undefined ? form : `${form} ${token}`, 'utf8') }
}

/** Undefined where there is none. */
export function readHttpNote({ edns }: Pick<Message, 'edns'>): HttpNote | undefined {
  const option = edns?.options.find(({ code }) => code === OPTION)
  if (option === undefined) return undefined
  const [form = '', token] = Buffer.from(option.data).toString('utf8').split(' ', 2)
  return token === undefined ? { form } : { form, token }
}
