import { type NotifyTarget, parseNotifyTarget } from './notify-target.ts'
import { parseTransferGrant, type TransferGrant } from './transfer-grant.ts'

/** As BIND's `notify`: `yes` also tells the hosts of the zone's NS records, `explicit` only those that are named. */
export const NOTIFY_MODES = ['yes', 'explicit', 'no'] as const
export type NotifyMode = (typeof NOTIFY_MODES)[number]

/** Who may transfer a zone, and who is told of its changes, as texts. */
export interface TransferSettings {
  /** See transfer-grant.ts; nobody when empty. */
  readonly allowTransfer: readonly string[]
  /** See notify-target.ts. */
  readonly notify: readonly string[]
  readonly notifyMode: NotifyMode
  /** The catalog zone that lists the zone (RFC 9432): `all` there are, `none`, or the name of one. */
  readonly catalog: string
  /** What the catalog says of the zone, for secondaries that treat groups differently; empty for nothing. */
  readonly catalogGroup: string
}

export const DEFAULT_TRANSFERS: TransferSettings = {
  allowTransfer: [],
  notify: [],
  notifyMode: 'yes',
  catalog: 'all',
  catalogGroup: '',
}

/** {@link TransferSettings} as edges use them. */
export interface ZoneTransfers {
  readonly allow: readonly TransferGrant[]
  readonly targets: readonly NotifyTarget[]
  readonly mode: NotifyMode
  readonly settings: TransferSettings
}

/** Settings that were checked when they were stored. Throws on others. */
export function readTransfers(settings: TransferSettings): ZoneTransfers {
  return {
    allow: settings.allowTransfer.map((text) => certain(parseTransferGrant(text))),
    targets: settings.notify.map((text) => certain(parseNotifyTarget(text))),
    mode: settings.notifyMode,
    settings,
  }
}

function certain<T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (parsed.ok) return parsed.value
  throw new TypeError(parsed.reason)
}
