import { ConfigError } from '../config.ts'
import { type Endpoint, endpointText } from './read.ts'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already: stop it, or choose another',
  EADDRNOTAVAIL: 'this machine has no such address: choose one of its own',
  EACCES:
    'this user may not listen there: choose a port above 1023, or give it CAP_NET_BIND_SERVICE (docs/install.md#port-53)',
  EAFNOSUPPORT: 'this machine does not know that family of addresses',
}

/** One sentence for an address that cannot be listened on, naming the variable that says which. */
export function listenFault(what: string, endpoint: Endpoint, variable: string, error: unknown): ConfigError {
  const { code = '', message } = error as NodeJS.ErrnoException
  const reason = REASONS[code] ?? message
  return new ConfigError(`${what} cannot listen on ${endpointText(endpoint)} (${variable}): ${reason}`, {
    cause: error,
  })
}
