import { isIP } from 'node:net'
import { nearest } from '../nearest.ts'

/** An address to listen on; IPv6 hosts without brackets. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Turns a variable's text into its value, or throws a RangeError that says what is allowed. */
export type Read<T> = (input: string) => T

/** Reads variables and gathers faults, so that all of them reach the operator at once. */
export class Reader {
  readonly faults: string[] = []
  readonly environment: NodeJS.ProcessEnv

  constructor(environment: NodeJS.ProcessEnv, known: Readonly<Record<string, unknown>>) {
    this.environment = environment
    const ignored = (environment.ZONELOG_IGNORE ?? '').split(',').map((name) => name.trim())
    for (const name of Object.keys(environment)) {
      if (name.startsWith('ZONELOG_') && !Object.hasOwn(known, name) && !isNamed(name, ignored))
        this.faults.push(unknown(name, nearest(name, Object.keys(known))))
    }
  }

  /** Undefined when the variable is unset or empty; a wrong value is a fault, never the default. */
  read<T>(name: string, read: Read<T>): T | undefined {
    const input = this.environment[name]?.trim()
    if (!input) return undefined
    try {
      return read(input)
    } catch (error) {
      const allowed = error instanceof RangeError ? error.message : 'a valid value'
      this.faults.push(`${name}=${withoutSecrets(name, input)}: expected ${allowed}`)
      return undefined
    }
  }
}

export const text: Read<string> = (input) => input

export function integer(least: number, most: number): Read<number> {
  return (input) => {
    const value = Number(input)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new RangeError(`a whole number from ${least} to ${most}`)
  }
}

export function oneOf<const T extends readonly string[]>(allowed: T): Read<T[number]> {
  return (input) => {
    if (allowed.includes(input)) return input as T[number]
    throw new RangeError(`one of ${allowed.join(', ')}`)
  }
}

/** `yes` or `no`. */
export const yesOrNo: Read<boolean> = (input) => oneOf(['yes', 'no'])(input) === 'yes'

export function url(...protocols: string[]): Read<string> {
  const allowed = `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`
  return (input) => {
    // NATS takes a comma-separated list of servers
    for (const part of input.split(',')) {
      if (!URL.canParse(part) || !protocols.includes(new URL(part).protocol)) throw new RangeError(allowed)
    }
    return input
  }
}

export const endpoint: Read<Endpoint> = (input) => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(input)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3] ?? -1)
  const bracketed = match?.[1] !== undefined
  const address = bracketed ? isIP(host) === 6 : isIP(host) === 4 || host === 'localhost'
  if (address && port >= 1 && port <= 65535) return { host: host === 'localhost' ? '127.0.0.1' : host, port }
  throw new RangeError('ADDRESS:PORT, such as 127.0.0.1:5300 or [::1]:5300')
}

export const endpoints: Read<readonly Endpoint[]> = (input) =>
  input.split(',').map((part) => endpoint(part.trim()))

/** `127.0.0.1:53` or `[::1]:53`. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  )
}

/** A variable that ends in a place, such as a file, is no secret; its contents are. */
function withoutSecrets(name: string, input: string): string {
  const isSecret = /TOKEN|PASSWORD|SECRET|SEED|MASTER_KEY/.test(name) && !/_(?:FILE|LISTEN|URL)$/.test(name)
  return isSecret ? '(hidden)' : withoutCredentials(input)
}

/** A URL, or several with commas, without user and password, wherever they stand in it. */
export function withoutCredentials(urls: string): string {
  return urls
    .split(/,(?=[a-z]+:\/\/)/)
    .map((url) =>
      url.replace(/\/\/.*@/, '//(hidden)@').replaceAll(/([?&][^=&]*(?:password|user)=)[^&]*/g, '$1(hidden)'),
    )
    .join(',')
}

function unknown(name: string, meant: string | undefined): string {
  const hint =
    meant === undefined ? ': take it away, or see docs/configuration.md' : `; did you mean ${meant}?`
  return `${name} is not a variable of zonelog${hint}`
}

/** `ed25519:BASE64`, any number of them with white space between. Throws a RangeError. */
export function publicKeys(input: string): readonly string[] {
  const keys = input.trim().split(/\s+/)
  if (keys.some((key) => !/^ed25519:[A-Za-z0-9+/]{43}=$/.test(key)))
    throw new RangeError(
      'public keys such as `zonelog verify --print-key` prints, with white space between them',
    )
  return keys
}
