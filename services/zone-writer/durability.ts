import type { DurabilitySettings } from './store/server-settings.ts'

/** A setting of Postgres with which NOERROR does not mean what P1 says. */
export interface UnsafeSetting {
  readonly setting: string
  /** A sentence for the operator. */
  readonly why: string
  /** Any crash of Postgres would lose updates: a writer must not decide any. Otherwise only a crash of its machine would. */
  readonly isRefused: boolean
}

export function isRefused(unsafe: UnsafeSetting): boolean {
  return unsafe.isRefused
}

/** Which of these settings would make P1 false. Pure. */
export function unsafeSettings(settings: DurabilitySettings): UnsafeSetting[] {
  const { fsync, fullPageWrites, synchronousCommit, standbyNames } = settings
  const found: UnsafeSetting[] = []
  if (synchronousCommit === 'off')
    found.push({
      setting: 'synchronous_commit',
      why: 'Postgres has synchronous_commit = off: each crash of it would lose updates that were answered NOERROR. Set it to on',
      isRefused: true,
    })
  if (synchronousCommit === 'local' && standbyNames !== '')
    found.push({
      setting: 'synchronous_commit',
      why: 'Postgres has synchronous_commit = local although it names synchronous standbys: a fail-over would lose updates that were answered NOERROR. Set it to on',
      isRefused: false,
    })
  if (fsync === 'off')
    found.push({
      setting: 'fsync',
      why: 'Postgres has fsync = off: a power cut would lose updates that were answered NOERROR, and may destroy the database. Set it to on',
      isRefused: false,
    })
  if (fullPageWrites === 'off')
    found.push({
      setting: 'full_page_writes',
      why: 'Postgres has full_page_writes = off: a power cut may destroy pages of the database. Set it to on, unless the file system writes pages whole',
      isRefused: false,
    })
  return found
}
