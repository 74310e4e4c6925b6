import type { Command } from '../command.ts'
import { audit } from './audit.ts'
import { blame } from './blame.ts'
import { checkpoint } from './checkpoint.ts'
import { compact } from './compact.ts'
import { compare } from './compare.ts'
import { complete, completion } from './completion.ts'
import { diff } from './diff.ts'
import { doctor } from './doctor.ts'
import { edge } from './edge.ts'
import { historyExport } from './history-export.ts'
import { importBind } from './import-bind.ts'
import { importKnot } from './import-knot.ts'
import { keyCreate } from './key-create.ts'
import { keyDelete } from './key-delete.ts'
import { keyExpire } from './key-expire.ts'
import { keyList } from './key-list.ts'
import { keyReseal } from './key-reseal.ts'
import { keyRevoke } from './key-revoke.ts'
import { keyRotate } from './key-rotate.ts'
import { keySet } from './key-set.ts'
import { keyShow } from './key-show.ts'
import { keyUsage } from './key-usage.ts'
import { leaseHold } from './lease-hold.ts'
import { leaseList } from './lease-list.ts'
import { leaseRelease } from './lease-release.ts'
import { log } from './log.ts'
import { migrate } from './migrate.ts'
import { rebuild } from './rebuild.ts'
import { recordAdd } from './record-add.ts'
import { recordDelete } from './record-delete.ts'
import { recordList } from './record-list.ts'
import { recordReplace } from './record-replace.ts'
import { refusals } from './refusals.ts'
import { restore } from './restore.ts'
import { ruleAdd } from './rule-add.ts'
import { ruleExplain } from './rule-explain.ts'
import { ruleImport } from './rule-import.ts'
import { ruleList } from './rule-list.ts'
import { ruleRemove } from './rule-remove.ts'
import { ruleTry } from './rule-try.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { tokenCreate } from './token-create.ts'
import { tokenList } from './token-list.ts'
import { tokenRevoke } from './token-revoke.ts'
import { tokenShow } from './token-show.ts'
import { undo } from './undo.ts'
import { updateTokenCreate } from './update-token-create.ts'
import { updateTokenList } from './update-token-list.ts'
import { updateTokenRevoke } from './update-token-revoke.ts'
import { verify } from './verify.ts'
import { writer } from './writer.ts'
import { zoneCreate } from './zone-create.ts'
import { zoneDelete } from './zone-delete.ts'
import { zoneExport } from './zone-export.ts'
import { zoneImport } from './zone-import.ts'
import { zoneList } from './zone-list.ts'
import { zoneSecondaries } from './zone-secondaries.ts'
import { zoneSet } from './zone-set.ts'
import { zoneShow } from './zone-show.ts'

/** Every command, in the order of `zonelog --help`. */
export const COMMANDS: readonly Command[] = [
  start,
  edge,
  writer,
  migrate,
  status,
  doctor,
  zoneCreate,
  zoneList,
  zoneShow,
  zoneExport,
  zoneImport,
  zoneSet,
  zoneSecondaries,
  zoneDelete,
  recordList,
  recordAdd,
  recordReplace,
  recordDelete,
  importBind,
  importKnot,
  compare,
  keyCreate,
  keyList,
  keyShow,
  keyUsage,
  keyRotate,
  keySet,
  keyExpire,
  keyRevoke,
  keyDelete,
  keyReseal,
  updateTokenCreate,
  updateTokenList,
  updateTokenRevoke,
  tokenCreate,
  tokenList,
  tokenShow,
  tokenRevoke,
  ruleList,
  ruleAdd,
  ruleRemove,
  leaseList,
  leaseHold,
  leaseRelease,
  log,
  blame,
  diff,
  restore,
  undo,
  audit,
  refusals,
  ruleExplain,
  ruleTry,
  ruleImport,
  verify,
  rebuild,
  checkpoint,
  historyExport,
  compact,
  completion,
  complete,
]
