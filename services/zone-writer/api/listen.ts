import { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { listenFault } from '../../../shared/config/listen-fault.ts'
import type { Endpoint } from '../../../shared/config/read.ts'
import { type Logger, silentLogger } from '../../../shared/log.ts'

/** Begins to listen; throws a ConfigError that says what to do when that address cannot be had. */
export async function listenApi(
  app: FastifyInstance,
  endpoint: Endpoint,
  log: Logger = silentLogger(),
): Promise<void> {
  try {
    await app.listen(endpoint)
    warnWithoutTls(app, endpoint, log)
  } catch (error) {
    throw listenFault('the admin API', endpoint, 'ZONELOG_API_LISTEN', error)
  }
}

function warnWithoutTls(app: FastifyInstance, { host, port }: Endpoint, log: Logger): void {
  const isLoopback = host === '::1' || host.startsWith('127.')
  if (isLoopback || app.server instanceof Server) return
  log.warn(
    { host, port },
    'THE ADMIN API IS SERVED WITHOUT TLS TO OTHER MACHINES: whoever listens on the way reads tokens and new secrets. Set ZONELOG_API_TLS_CERT and ZONELOG_API_TLS_KEY, or listen on 127.0.0.1 behind something that speaks TLS',
  )
}
