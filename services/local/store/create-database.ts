import { LocalFault } from '../fault.ts'
import { lastLines, runCommand } from '../run-command.ts'

/** Creates a database in a cluster that is not running, in single-user mode: no port, no password, no client. `options` are of postgres. */
export async function createDatabaseOffline(
  postgres: string,
  dataFolder: string,
  name: string,
  user: { uid?: number; gid?: number },
  options: readonly string[] = [],
): Promise<void> {
  const result = await runCommand(postgres, ['--single', '-D', dataFolder, ...options, 'template1'], {
    ...user,
    cwd: dataFolder,
    input: `CREATE DATABASE ${name}\n`,
  })
  // single-user mode reports a failed statement, but still ends with 0
  const failed = result.status !== 0 || /\b(ERROR|FATAL|PANIC):/.test(result.stderr)
  if (failed) throw new LocalFault(`The database ${name} could not be created:\n${lastLines(result)}`)
}
