import {
  NOTIFY_MODES,
  type NotifyMode,
  type TransferSettings,
} from '../shared/transfers/transfer-settings.ts'
import { type CallOptions, CliError, type Option } from './command.ts'

const NOBODY = 'none'

/** Options of `zone create` and `zone set` about transfers and NOTIFY. */
export const TRANSFER_OPTIONS = {
  'allow-transfer': {
    type: 'string',
    multiple: true,
    value: 'CIDR|KEY',
    what: 'who may transfer the zone: addresses, a TSIG key, or KEY+ip:CIDR for both',
  },
  notify: {
    type: 'string',
    multiple: true,
    value: 'HOST[:PORT]',
    what: 'a server to notify of changes; KEY+HOST[:PORT] signs what is sent to it',
  },
  'notify-mode': {
    type: 'string',
    value: NOTIFY_MODES.join('|'),
    what: "yes also notifies the hosts of the zone's NS records, explicit only those of --notify; yes unless set",
  },
  'catalog-member': {
    type: 'string',
    value: 'all|none|ZONE',
    what: 'the catalog zone that lists the zone: all there are unless set',
  },
  'catalog-group': {
    type: 'string',
    value: 'TEXT',
    what: 'the group that catalog zones tell of the zone; none to tell of none',
  },
} as const satisfies Record<string, Option>

/** What was given. A list that holds only `none` is an empty one. */
export function transfersFrom(options: CallOptions): Partial<TransferSettings> {
  const [allowTransfer, notify] = [listFrom(options, 'allow-transfer'), listFrom(options, 'notify')]
  const mode = options.text('notify-mode')
  const [catalog, group] = [options.text('catalog-member'), options.text('catalog-group')]
  return {
    ...(allowTransfer && { allowTransfer }),
    ...(notify && { notify }),
    ...(mode === undefined ? {} : { notifyMode: modeFrom(mode) }),
    ...(catalog === undefined ? {} : { catalog }),
    ...(group === undefined ? {} : { catalogGroup: group === NOBODY ? '' : group }),
  }
}

/** Settings as people read them, by the names of the options. */
export function transferFacts(settings: TransferSettings): [string, string][] {
  const { allowTransfer, notify, notifyMode, catalog, catalogGroup } = settings
  return [
    ['allow-transfer', allowTransfer.join(', ') || 'nobody'],
    ['notify', notifyMode === 'no' ? 'nobody' : notify.join(', ') || 'no server is named'],
    ['notify-mode', notifyMode],
    ['catalog-member', catalogGroup === '' ? catalog : `${catalog}, group ${catalogGroup}`],
  ]
}

function listFrom(options: CallOptions, name: keyof typeof TRANSFER_OPTIONS): readonly string[] | undefined {
  const list = options.list(name)
  if (list.length === 0) return undefined
  if (!list.includes(NOBODY)) return list
  if (list.length === 1) return []
  throw new CliError(`--${name} ${NOBODY} empties the list, so nothing can be given beside it`, 2)
}

function modeFrom(text: string): NotifyMode {
  const mode = NOTIFY_MODES.find((known) => known === text)
  if (mode !== undefined) return mode
  throw new CliError(`--notify-mode is one of ${NOTIFY_MODES.join(', ')}, not '${text}'`, 2)
}
