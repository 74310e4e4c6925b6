import { type EdnsOption, OptionCode } from '../../../shared/dns/edns.ts'
import { putU16 } from '../../../shared/dns/octets.ts'
import type { Requester } from '../listeners/listener.ts'
import type { CookieVerdict, ServerCookies } from './cookies.ts'
import type { QueryEdns } from './query.ts'

const NONE: readonly EdnsOption[] = []

/** The options of an answer that say nothing about the question: cookie, NSID (RFC 5001), TCP keepalive (RFC 7828). */
export class ReplyOptions {
  private readonly cookies: ServerCookies | undefined
  private readonly nsid: EdnsOption | undefined
  private readonly keepalive: EdnsOption

  /** `idleMs` is how long a connection may be without a message. */
  constructor(cookies: ServerCookies | undefined, id: string | undefined, idleMs: number) {
    this.cookies = cookies
    this.nsid = id === undefined ? undefined : { code: OptionCode.NSID, data: Buffer.from(id, 'utf8') }
    const data = new Uint8Array(2)
    putU16(data, 0, Math.round(idleMs / 100))
    this.keepalive = { code: OptionCode.TCP_KEEPALIVE, data }
  }

  for(edns: QueryEdns, cookie: CookieVerdict, from: Requester, nowSeconds: number): readonly EdnsOption[] {
    const wantsKeepalive = edns.wantsKeepalive && from.transport === 'tcp'
    if (edns.cookie === undefined && !edns.wantsNsid && !wantsKeepalive) return NONE
    const options: EdnsOption[] = []
    if (this.cookies !== undefined && cookie !== 'none' && cookie !== 'malformed')
      options.push({
        code: OptionCode.COOKIE,
        data: this.cookies.answer(edns.cookie!, from.address, nowSeconds),
      })
    if (edns.wantsNsid && this.nsid !== undefined) options.push(this.nsid)
    if (wantsKeepalive) options.push(this.keepalive)
    return options
  }
}
