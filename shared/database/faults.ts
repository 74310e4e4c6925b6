// SQLSTATE classes that speak of the server's health or of bad luck, not of what was asked: connection, authorisation, missing
// database, transaction rollback (deadlock, serialization), resources, operator intervention, system error
const HEALTH_CLASSES: ReadonlySet<string> = new Set(['08', '28', '3D', '40', '53', '57', '58'])
// what a standby says, as after a failover
const READ_ONLY = '25006'
const LOCK_NOT_AVAILABLE = '55P03'

const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
// of Node's TLS: a certificate that has expired, is of another authority, or names another host
const TLS_CODES = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/
// pg has no codes for these
const DRIVER_MESSAGES =
  /^(?:The server does not support SSL|Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (?:has encountered|was closed)|Cannot use a pool)/

/** Whether another transaction held what was wanted for too long, as a large import holds its zone: try again later. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE
}

// no such prepared statement; there is one already; its plan gives other columns than before
const PREPARATION: ReadonlySet<unknown> = new Set(['26000', '42P05', '0A000'])

/** Whether what was prepared on a connection is not what it was taken for, as after a migration: another connection will do. */
export function isStalePreparation(error: unknown): boolean {
  return PREPARATION.has((error as { code?: unknown }).code)
}

/**
 * Whether a failure says that Postgres cannot be reached or cannot work now, so that the same request may succeed later. What is
 * not known to be such a failure is not one: a fault of our own must not look like a database that is down.
 */
export function isConnectionFault(error: unknown): boolean {
  const { code, severity, message } = error as { code?: unknown; severity?: unknown; message?: unknown }
  if (typeof severity === 'string' && typeof code === 'string')
    return (
      severity === 'FATAL' ||
      severity === 'PANIC' ||
      code === READ_ONLY ||
      HEALTH_CLASSES.has(code.slice(0, 2))
    )
  if (typeof code === 'string' && (SOCKET_CODES.has(code) || TLS_CODES.test(code))) return true
  return typeof message === 'string' && DRIVER_MESSAGES.test(message)
}
