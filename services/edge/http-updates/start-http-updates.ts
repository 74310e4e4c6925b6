import type { RequestListener } from 'node:http'
import { Closers } from '../../../shared/closers.ts'
import type { HttpUpdatesConfig } from '../../../shared/config/http-updates.ts'
import { endpointText } from '../../../shared/config/read.ts'
import { isProxy, type ProxyRange } from '../../../shared/http/client-address.ts'
import type { Logger } from '../../../shared/log.ts'
import type { Service } from '../../../shared/run-service.ts'
import { LockOut } from './credentials/lock-out.ts'
import { FormServices, type FormServicesContext } from './form-services.ts'
import { formsFor } from './forms.ts'
import { listenForGnudip } from './gnudip/tcp-server.ts'
import { type ListenerContext, updateListener } from './server/listener.ts'
import { closeServer, type Guard, listen, plainServer, tlsServer } from './server/servers.ts'
import { TlsFiles } from './server/tls-files.ts'
import { RequestIds } from './submit/request-ids.ts'

export interface HttpUpdatesContext extends Omit<FormServicesContext, 'ids' | 'lockOut'> {
  readonly metrics: FormServicesContext['metrics'] & ListenerContext['metrics']
  /** Who may say in X-Forwarded-For whom he speaks for. */
  readonly proxies: readonly ProxyRange[]
  readonly log: Logger
  readonly isStopping: () => boolean
}

export interface HttpUpdates extends Service {
  /** For the address of health and metrics, where that takes updates too. */
  readonly listener: RequestListener
  readonly guard: Guard
}

/** Serves updates at the addresses that are for nothing else. */
export async function startHttpUpdates(context: HttpUpdatesContext): Promise<HttpUpdates> {
  const { settings, metrics, proxies, log, isStopping } = context
  const services = new FormServices({ ...context, ids: new RequestIds(), lockOut: new LockOut() })
  const listener = updateListener({
    forms: formsFor(settings),
    services,
    metrics,
    proxies,
    perMinute: settings.perMinute,
    log,
    isStopping,
  })
  const guard: Guard = {
    onMalformed: (address, detail) => {
      metrics.httpUpdate('none', 'malformed')
      services.refuse(address, { reason: 'http-malformed', detail })
    },
    onDropped: () => metrics.httpUpdate('none', 'dropped'),
    isProxy: (address) => isProxy(address, proxies),
  }
  const closers = new Closers()
  try {
    await listenAll(settings, listener, guard, closers, log)
    for (const endpoint of settings.gnudip.listen) {
      const gnudip = await listenForGnudip(endpoint, {
        services,
        metrics,
        perMinute: settings.perMinute,
        log,
      })
      closers.add(() => gnudip.close())
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
  return { listener, guard, close: () => closers.closeAll() }
}

async function listenAll(
  { listen: plain, tlsListen, tls }: HttpUpdatesConfig,
  listener: RequestListener,
  guard: Guard,
  closers: Closers,
  log: Logger,
): Promise<void> {
  for (const endpoint of plain) {
    const server = plainServer(listener, guard)
    await listen(server, endpoint, 'ZONELOG_HTTP_UPDATE_LISTEN')
    closers.add(() => closeServer(server))
  }
  if (tls !== undefined) {
    const files = new TlsFiles(tls, log)
    closers.add(() => files.close())
    for (const endpoint of tlsListen) {
      const server = tlsServer(listener, files, guard)
      await listen(server, endpoint, 'ZONELOG_HTTPS_UPDATE_LISTEN')
      closers.add(() => closeServer(server))
    }
  }
  const all = [
    ...plain.map((at) => `http ${endpointText(at)}`),
    ...tlsListen.map((at) => `https ${endpointText(at)}`),
  ]
  if (all.length > 0) log.info({ listens: all.join(', ') }, 'HTTP updates are taken')
}
