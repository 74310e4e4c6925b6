import type { FastifyInstance } from 'fastify'
import { type Endpoint, endpointText } from '../../../shared/config/read.ts'
import { ConfigError } from '../../../shared/config.ts'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already: stop it, or choose another',
  EADDRNOTAVAIL: 'this machine has no such address: choose one of its own',
  EACCES: 'this user may not listen there: choose a port above 1023',
}

/** Begins to listen; throws a ConfigError that says what to do when that address cannot be had. */
export async function listenApi(app: FastifyInstance, endpoint: Endpoint): Promise<void> {
  try {
    await app.listen(endpoint)
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? '']
    if (reason === undefined) throw error
    throw new ConfigError(
      `the admin API cannot listen on ${endpointText(endpoint)} (ZONELOG_API_LISTEN): ${reason}`,
    )
  }
}
