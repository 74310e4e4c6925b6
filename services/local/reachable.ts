import type { Endpoint } from '../../shared/config/read.ts'

/** Where this machine reaches a listener that may be bound to every address. */
export function reachable({ host, port }: Endpoint): Endpoint {
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port }
}
