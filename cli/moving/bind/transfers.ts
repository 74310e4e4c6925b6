import type { BindToken, Statement } from '../../../shared/rules/import/bind-tokens.ts'
import { ImportDraft } from '../../../shared/rules/import/finding.ts'
import { type Acls, importMatchList } from '../../../shared/rules/import/match-list.ts'
import type { NotifyMode, TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import { transferGrants } from '../grants.ts'
import { isNamed, type Scope } from './scope.ts'

const MODES: Readonly<Record<string, NotifyMode>> = {
  yes: 'yes',
  no: 'no',
  explicit: 'explicit',
  'primary-only': 'yes',
  'master-only': 'yes',
  true: 'yes',
  false: 'no',
  '1': 'yes',
  '0': 'no',
}
const LISTS = ['primaries', 'masters', 'remote-servers']

/** Who may transfer a zone, and who is notified. */
export function transfersOf(
  scope: Scope,
  statements: readonly Statement[],
  acls: Acls,
  zone: BindToken,
  draft: ImportDraft,
): Partial<TransferSettings> {
  const mode = scope.value('notify')
  const notifyMode = mode && MODES[mode.word]
  if (mode !== undefined && notifyMode === undefined)
    draft.refuse(mode, `'${mode.word}' is no value of notify`)
  return {
    allowTransfer: allowTransfer(scope, acls, zone, draft),
    notify: notifyTargets(scope.find('also-notify'), statements, draft),
    ...(notifyMode === undefined ? {} : { notifyMode }),
  }
}

function allowTransfer(scope: Scope, acls: Acls, zone: BindToken, draft: ImportDraft): string[] {
  const clause = scope.find('allow-transfer')
  if (clause?.block === undefined) {
    draft.note(
      zone,
      'no allow-transfer: BIND before 9.20 lets anybody transfer the zone then; here nobody may until `zone set --allow-transfer`',
    )
    return []
  }
  const [at, more] = clause.words as readonly [BindToken, BindToken?]
  if (more !== undefined)
    draft.leaveOut(more, false, 'transfers over certain ports or transports only cannot be granted here')
  const list = new ImportDraft()
  importMatchList(clause.block, acls, list)
  for (const finding of list.findings) draft.findings.push(finding)
  return transferGrants(list.rules, at, draft)
}

function notifyTargets(
  clause: Statement | undefined,
  statements: readonly Statement[],
  draft: ImportDraft,
): string[] {
  if (clause === undefined) return []
  return [...targets(clause, statements, draft, new Set())]
}

/** `also-notify [port N] { ADDRESS [port N] [key K]; LIST; … }`; lists may name others. */
function* targets(
  { words: head, block = [] }: Statement,
  statements: readonly Statement[],
  draft: ImportDraft,
  open: ReadonlySet<string>,
): Generator<string> {
  const commonPort = after(head, 'port')?.word
  for (const { words } of block) {
    const [first] = words
    if (first === undefined) continue
    const list = statements.find(
      (statement) => isNamed(statement, ...LISTS) && statement.words[1]?.word === first.word,
    )
    if (list !== undefined && !open.has(first.word))
      yield* targets(list, statements, draft, new Set([...open, first.word]))
    else if (after(words, 'tls') !== undefined)
      draft.leaveOut(first, false, `${first.word} is not notified: NOTIFY over TLS is not here`)
    else if (!/^[\d.]+$|:/.test(first.word))
      draft.leaveOut(first, false, `'${first.word}' is neither an address nor a list of this file`)
    else {
      const port = after(words, 'port')?.word ?? commonPort
      const key = after(words, 'key')?.word ?? keyOfServer(first.word, statements)
      const host = first.word.includes(':') ? `[${first.word}]` : first.word
      yield `${key === undefined ? '' : `${key.replace(/\.$/, '')}+`}${host}${port === undefined ? '' : `:${port}`}`
    }
  }
}

/** `server ADDRESS { keys NAME; };` signs what is sent there. */
function keyOfServer(address: string, statements: readonly Statement[]): string | undefined {
  const server = statements.find(
    (statement) => isNamed(statement, 'server') && statement.words[1]?.word === address,
  )
  const keys = server?.block?.find((statement) => isNamed(statement, 'keys', 'key'))
  return keys?.words[1]?.word ?? keys?.block?.[0]?.words[0]?.word
}

function after(words: readonly BindToken[], keyword: string): BindToken | undefined {
  const at = words.findIndex(({ word, quoted }) => word === keyword && !quoted)
  return at === -1 ? undefined : words[at + 1]
}
