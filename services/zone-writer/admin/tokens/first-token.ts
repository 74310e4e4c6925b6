import { type Config, ConfigError } from '../../../../shared/config.ts'
import type { Logger } from '../../../../shared/log.ts'
import type { Db } from '../../store/admin-zones.ts'
import { countTokens, findToken, putToken, whileTokensLocked } from '../../store/tokens.ts'
import { readPrivateFile, writePrivateFile } from '../private-file.ts'
import { hashOfToken, newTokenSecret } from './token-secret.ts'

const FIRST = 'first'
const FROM_VARIABLE = 'environment'
const LEAST_LENGTH = 16

/**
 * Sees to it that someone can use the API: a token given by variable is one of the database's from now on; an empty database gets
 * the token of `apiTokenFile`, which is made when it is not there. Throws a ConfigError for a token that is too short.
 */
export async function ensureFirstToken(
  db: Db,
  { apiToken, apiTokenGiven, apiTokenFile }: Pick<Config, 'apiToken' | 'apiTokenGiven' | 'apiTokenFile'>,
  log: Logger,
): Promise<void> {
  await whileTokensLocked(db, async (trx) => {
    const inFile = await readPrivateFile(apiTokenFile)
    if (apiToken !== undefined && apiTokenGiven) return await ensureGivenToken(trx, apiToken)
    if ((await countTokens(trx)) > 0) {
      if (inFile === undefined)
        log.info(
          { file: apiTokenFile },
          'this machine has no API token; set ZONELOG_API_TOKEN to give it one',
        )
      else if ((await findToken(trx, hashOfToken(inFile))) === undefined)
        log.warn({ file: apiTokenFile }, 'the API token in this file is not one of the database that is used')
      return
    }
    const token = inFile ?? newTokenSecret()
    // written before the commit: a crash between the two is mended by the next start
    if (inFile === undefined) await writePrivateFile(apiTokenFile, token)
    await putToken(trx, { name: FIRST, hash: hashOfToken(token) })
  })
}

async function ensureGivenToken(db: Db, token: string): Promise<void> {
  if (token.length < LEAST_LENGTH)
    throw new ConfigError(
      `ZONELOG_API_TOKEN is too short: at least ${LEAST_LENGTH} characters (\`openssl rand -base64 32\` makes one)`,
    )
  const hash = hashOfToken(token)
  if ((await findToken(db, hash)) === undefined) await putToken(db, { name: FROM_VARIABLE, hash })
}
