import { createHash } from 'node:crypto'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { keyIdentity } from '../../../shared/commands.ts'
import type { HttpUpdatesConfig } from '../../../shared/config/http-updates.ts'
import { Rcode } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { ClientAddress } from '../../../shared/http/client-address.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { addressOctets, isInRange } from '../../../shared/rules/address-range.ts'
import { admit } from '../../../shared/rules/admit.ts'
import { Asker } from '../../../shared/rules/asker.ts'
import type { EdgeCatalog } from '../catalog.ts'
import type { KeyUsageLog } from '../key-usage-log.ts'
import { auditReference } from '../update/handle-update.ts'
import type { RefusalLog } from '../update/refusal-log.ts'
import type { Settled } from '../update/resends.ts'
import { senderOf } from '../update/update-limits.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { ZoneCache } from '../zones/zone-cache.ts'
import type { Registrar } from './accounts/registrar.ts'
import { type Authorized, check } from './credentials/check.ts'
import type { Claim } from './credentials/claim.ts'
import type { LockOut } from './credentials/lock-out.ts'
import { looksSecret } from './credentials/looks-secret.ts'
import type { HttpRequest } from './server/http-request.ts'
import { type Asking, type SubmitContext, submitUpdate } from './submit/submit-update.ts'
import type { ZoneUpdate } from './submit/zone-update.ts'

export interface FormServicesContext extends SubmitContext {
  readonly settings: HttpUpdatesConfig
  readonly catalog: Pick<EdgeCatalog, 'zones' | 'zoneFor' | 'keysFor' | 'keyNames' | 'updateTokenFor'>
  readonly cache: Pick<ZoneCache, 'get'>
  readonly lockOut: LockOut
  /** Undefined where nobody may register. */
  readonly registrar: Registrar | undefined
  readonly refusals: RefusalLog
  readonly keyUsage: Pick<KeyUsageLog, 'add'>
  /** ms since the epoch. */
  readonly now: () => number
}

export type SignedIn =
  | { readonly ok: true; readonly who: Authorized }
  | { readonly ok: false; readonly why: 'badauth' }
  | { readonly ok: false; readonly why: 'locked-out'; readonly waitSeconds: number }

/** What is refused, for the audit. */
export interface HttpRefusal {
  readonly reason: ReasonCode
  /** A sentence for the operator; no secrets. */
  readonly detail: string
  readonly claimedKey?: string
  /** The host or zone that was named. */
  readonly zone?: string
}

const LONGEST_CLAIM = 255

/** What forms need of the edge. */
export class FormServices {
  private readonly context: FormServicesContext

  constructor(context: FormServicesContext) {
    this.context = context
  }

  get settings(): HttpUpdatesConfig {
    return this.context.settings
  }

  /** Undefined where nobody may register. */
  get registrar(): Registrar | undefined {
    return this.context.registrar
  }

  now(): number {
    return this.context.now()
  }

  /** Looks at user and password; what is wrong is counted against guessing, and audited. */
  signIn({ from }: Pick<HttpRequest, 'from'>, claim: Claim | undefined): SignedIn {
    const { catalog, now } = this.context
    if (claim === undefined) return this.badAuth(from.address, '', 'no user and password, and no token')
    return this.signInBy(from, claim.user, proofOf(claim), () => check(claim, catalog, now()))
  }

  /** As {@link signIn}, for a form that proves passwords in its own way; `proof` tells one wrong password from another. */
  signInBy(
    from: ClientAddress,
    user: string,
    proof: string,
    look: (keys: Pick<EdgeCatalog, 'keysFor'>) => Authorized | undefined,
  ): SignedIn {
    const { catalog, lockOut, keyUsage, now } = this.context
    const network = senderOf('unsigned', from.address)
    // a token by itself has no user: one wrong one must not make others wait
    const guessed = user === '' ? proof : user
    const waitMs = lockOut.waitMs(network, guessed)
    if (waitMs > 0) {
      const waitSeconds = Math.ceil(waitMs / 1_000)
      this.refuse(from.address, {
        reason: 'http-locked-out',
        detail: 'wrong passwords before; its password was not looked at',
        claimedKey: user,
      })
      return { ok: false, why: 'locked-out', waitSeconds }
    }
    const who = look(catalog)
    if (who === undefined) {
      lockOut.failed(network, guessed, proof)
      return this.badAuth(from.address, user, 'no key has that name and secret, and no token is that one')
    }
    if (!mayBeUsedFrom(who.token, from.address)) return this.fromElsewhere(from.address, user, who.token)
    lockOut.succeeded(network, guessed)
    if (who.secretId !== undefined) keyUsage.add(who.secretId, from.address, now())
    return { ok: true, who }
  }

  /** The zone that a name lies in. */
  zoneFor(name: Name): CatalogZone | undefined {
    return this.context.catalog.zoneFor(name)
  }

  /** The zones that somebody may change something of. */
  zonesOf(who: Authorized, address: string): CatalogZone[] {
    const asker = new Asker(keyIdentity(who.key), { address }, 'http')
    return [...this.context.catalog.zones()].filter(
      ({ rules, name, unreadable }) => unreadable === undefined && admit(rules, asker, name).allowed,
    )
  }

  /** The zone as this edge serves it now; undefined where it cannot be had. To be read at once. */
  async contents(zone: CatalogZone): Promise<CachedZone | undefined> {
    return await this.context.cache.get(zone)
  }

  /** See {@link submitUpdate}. */
  async submit(update: ZoneUpdate, asking: Asking): Promise<Settled | undefined> {
    return await submitUpdate(update, asking, this.context)
  }

  /** Counts and audits what was refused before it became a command (P5). Answers what the operator finds it by. */
  refuse(address: string, { reason, detail, claimedKey = '', zone = '' }: HttpRefusal): string {
    const { refusals, catalog } = this.context
    const isSecret = looksSecret(claimedKey, catalog)
    const auditId = refusals.add({
      reason,
      rcode: RCODES[reason] ?? Rcode.REFUSED,
      source: address,
      claimedKey: isSecret ? '' : plain(claimedKey),
      zone: plain(zone),
      detail: () => (isSecret ? `${detail}; its user name may be a secret, and is left out` : detail),
    })
    return auditReference(auditId)
  }

  /** As a wrong password, so that nobody learns that it was right; no guess. */
  private fromElsewhere(address: string, user: string, token: Authorized['token']): SignedIn {
    const detail = `the token ${token?.name} of ${token?.key} may not be used from this address`
    this.refuse(address, { reason: 'http-allowfrom', detail, claimedKey: user })
    return { ok: false, why: 'badauth' }
  }

  private badAuth(address: string, user: string, detail: string): SignedIn {
    this.refuse(address, { reason: 'http-badauth', detail, claimedKey: user })
    return { ok: false, why: 'badauth' }
  }
}

/** What a DNS message would have been told, for whoever reads both in one list. */
const RCODES: Partial<Record<ReasonCode, number>> = {
  'http-malformed': Rcode.FORMERR,
  'http-badauth': Rcode.NOTAUTH,
  'http-allowfrom': Rcode.NOTAUTH,
  'unknown-zone': Rcode.NOTAUTH,
}

/** Whether a token's own limit allows an address; most have none. */
function mayBeUsedFrom(token: Authorized['token'], address: string): boolean {
  if (token?.allowFrom === undefined) return true
  const octets = addressOctets(address)
  return octets !== undefined && token.allowFrom.some((range) => isInRange(octets, range))
}

/** Tells passwords apart without keeping one. */
function proofOf({ password }: Claim): string {
  return createHash('sha256').update(password).digest('base64')
}

/** What the audit can store: reports take no control characters. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, LONGEST_CLAIM)
}
