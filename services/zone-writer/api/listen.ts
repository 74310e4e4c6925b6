import type { FastifyInstance } from 'fastify'
import { listenFault } from '../../../shared/config/listen-fault.ts'
import type { Endpoint } from '../../../shared/config/read.ts'

/** Begins to listen; throws a ConfigError that says what to do when that address cannot be had. */
export async function listenApi(app: FastifyInstance, endpoint: Endpoint): Promise<void> {
  try {
    await app.listen(endpoint)
  } catch (error) {
    throw listenFault('the admin API', endpoint, 'ZONELOG_API_LISTEN', error)
  }
}
