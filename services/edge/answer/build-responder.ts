import type { Config } from '../../../shared/config.ts'
import type { MasterKeys } from '../../../shared/secrets/master-keys.ts'
import { ourVersion } from '../../../shared/version.ts'
import { TCP_IDLE_MS } from '../listeners/tcp.ts'
import { derivedSecrets, secretsOfFile } from './cookie-secrets.ts'
import { ServerCookies } from './cookies.ts'
import { RateLimiter } from './rate-limit.ts'
import { Responder } from './responder.ts'
import type { ZoneAnswersDeps } from './zone-answers.ts'

/** Answers as the configuration says. Throws a ConfigError when the cookie secrets cannot be read. */
export function buildResponder(
  { answers, edgeId }: Pick<Config, 'answers' | 'edgeId'>,
  masterKeys: MasterKeys,
  zones: ZoneAnswersDeps['zones'],
  catalog: ZoneAnswersDeps['catalog'],
): Responder {
  const { cookies, cookieSecretFile, rateLimit } = answers
  // while a new master key is brought in, edges make cookies under either
  const keys = [masterKeys.present, masterKeys.next].filter((key) => key !== undefined)
  const secrets = cookieSecretFile === undefined ? derivedSecrets(keys) : secretsOfFile(cookieSecretFile)
  return new Responder({
    zones,
    catalog,
    udpSize: answers.udpSize,
    minimalAny: answers.minimalAny,
    identity: {
      version: answers.showVersion ? `zonelog ${ourVersion()}` : undefined,
      id: answers.showId ? edgeId : undefined,
    },
    cookies: cookies === 'off' ? undefined : new ServerCookies(secrets),
    demandCookies: cookies === 'require',
    limiter: rateLimit === undefined ? undefined : new RateLimiter(rateLimit),
    idleMs: TCP_IDLE_MS,
    now: Date.now,
  })
}
