// SQLSTATE classes that speak of the server's health or of bad luck, not of what was asked:
// connection, transaction rollback (deadlock, serialization), resources, operator intervention, system error
const HEALTH_CLASSES: ReadonlySet<string> = new Set(['08', '40', '53', '57', '58'])

const LOCK_NOT_AVAILABLE = '55P03'

/** Whether another transaction held what was wanted for too long, as a large import holds its zone: try again later. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE
}

/**
 * Whether a failure says that Postgres cannot be reached or cannot work now, so that the same request may succeed later.
 * Only an error that the server itself gave about the request is not such a failure.
 */
export function isConnectionFault(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const fromServer = typeof severity === 'string' && typeof code === 'string' && code.length === 5
  return !fromServer || HEALTH_CLASSES.has(code.slice(0, 2))
}
