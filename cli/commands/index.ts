import type { Command } from '../command.ts'
import { edge } from './edge.ts'
import { keyCreate } from './key-create.ts'
import { keyList } from './key-list.ts'
import { log } from './log.ts'
import { migrate } from './migrate.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { writer } from './writer.ts'
import { zoneCreate } from './zone-create.ts'
import { zoneExport } from './zone-export.ts'
import { zoneImport } from './zone-import.ts'
import { zoneList } from './zone-list.ts'
import { zoneSet } from './zone-set.ts'
import { zoneShow } from './zone-show.ts'

/** Every command, in the order of `zonelog --help`. */
export const COMMANDS: readonly Command[] = [
  start,
  edge,
  writer,
  migrate,
  status,
  zoneCreate,
  zoneList,
  zoneShow,
  zoneExport,
  zoneImport,
  zoneSet,
  keyCreate,
  keyList,
  log,
]
