import { readMasterKeyFile } from './master-key-file.ts'
import { type MasterKey, open, SecretError } from './sealed.ts'

/** Where a master key comes from: a file, or a variable that holds it. */
export type MasterKeyPlace =
  | { readonly kind: 'file'; readonly file: string; readonly variable: string }
  | { readonly kind: 'variable'; readonly key: MasterKey; readonly variable: string }

export interface MasterKeyPlaces {
  /** The one that secrets are sealed under. */
  readonly present: MasterKeyPlace
  /** The one that they are to be sealed under, where they are being sealed anew; its file may be missing. */
  readonly next: MasterKeyPlace
}

const CHECK_PURPOSE = 'master-key-check'
const READ_AGAIN_MS = 50

/**
 * The master keys of this process: the present one and, while secrets are sealed anew, the next. Files are read again when neither
 * opens something, so that a key which is put there later is found without a restart. Keys that were read once go on to open.
 */
export class MasterKeys {
  readonly places: MasterKeyPlaces
  private readonly known: MasterKey[] = []
  private readAgainAt = Number.NEGATIVE_INFINITY

  private constructor(places: MasterKeyPlaces) {
    this.places = places
  }

  /** Throws a SecretError that says what to do when the present key is missing, or one of the files is of no use. */
  static read(places: MasterKeyPlaces): MasterKeys {
    const keys = new MasterKeys(places)
    if (keys.present === undefined)
      throw new SecretError(
        `cannot read the master key ${placeText(places.present)} (ENOENT): copy it from the machine where zonelog was first ` +
          'started, or set ZONELOG_MASTER_KEY_FILE or ZONELOG_MASTER_KEY',
      )
    void keys.next
    return keys
  }

  /** As it is now; undefined when it is missing. */
  get present(): MasterKey | undefined {
    return this.keyAt(this.places.present)
  }

  get next(): MasterKey | undefined {
    return this.keyAt(this.places.next)
  }

  /** The clear text; throws a SecretError when no key that this process has opens it. */
  open(purpose: string, sealed: Uint8Array): Uint8Array {
    return this.tryAll(purpose, sealed).clear
  }

  /** The key that this check text was sealed under; throws a SecretError that says what to do when it is none of ours. */
  thatSealed(check: Uint8Array): MasterKey {
    try {
      return this.tryAll(CHECK_PURPOSE, check).key
    } catch (error) {
      if (!(error instanceof SecretError)) throw error
      throw new SecretError(
        `the master key ${placeText(this.places.present)} is not the one that this installation's secrets are sealed under: ` +
          'put the right one there (any other writer or edge of it has one), or set ZONELOG_MASTER_KEY_FILE or ZONELOG_MASTER_KEY',
      )
    }
  }

  private tryAll(purpose: string, sealed: Uint8Array): { key: MasterKey; clear: Uint8Array } {
    const found = this.firstThatOpens(purpose, sealed)
    if (found !== undefined) return found
    this.readAgain()
    const later = this.firstThatOpens(purpose, sealed)
    if (later !== undefined) return later
    throw new SecretError(`${purpose}: no master key of this process opens it; it was sealed under another`)
  }

  private firstThatOpens(purpose: string, sealed: Uint8Array) {
    for (const key of this.known)
      try {
        return { key, clear: open(key, purpose, sealed) }
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
      }
    return undefined
  }

  /** A file that is of no use now may be mended by the next time. Many entries may ask at the same moment. */
  private readAgain(): void {
    if (performance.now() - this.readAgainAt < READ_AGAIN_MS) return
    this.readAgainAt = performance.now()
    for (const place of [this.places.present, this.places.next])
      try {
        this.keyAt(place)
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
      }
  }

  private keyAt(place: MasterKeyPlace): MasterKey | undefined {
    const key = place.kind === 'variable' ? place.key : readMasterKeyFile(place.file)
    if (key !== undefined && !this.known.some((other) => Buffer.compare(other, key) === 0))
      this.known.push(key)
    return key
  }
}

/** The file, or the variable's name. */
export function placeText(place: MasterKeyPlace): string {
  return place.kind === 'file' ? place.file : `in ${place.variable}`
}
