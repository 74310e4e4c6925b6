import { Rcode, rcodeToText, TsigError } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { TsigRecord } from '../../shared/dns/tsig.ts'
import { CliError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Primary } from './primary.ts'

/** Why another server transfers nothing, and what to do there or here. */
export function refusalOf(
  primary: Primary,
  zone: Name,
  rcode: number,
  tsig: TsigRecord | undefined,
): CliError {
  const why = tsig !== undefined && tsig.error !== 0 ? whyTsig(primary, tsig) : whyRcode(primary, zone, rcode)
  return new CliError(
    `${primary.text} does not transfer ${zone}: ${rcodeToText(rcode)}. ${why} Nothing was changed.`,
    EXIT.refused.status,
  )
}

function whyTsig({ key }: Primary, { error, otherData }: TsigRecord): string {
  const name = key === undefined ? 'the key' : `the key ${key.name} (${key.algorithm})`
  switch (error) {
    case TsigError.BADKEY:
      return `It does not know ${name}: compare name and algorithm with its configuration.`
    case TsigError.BADSIG:
      return `It has another secret for ${name}: compare the files.`
    case TsigError.BADTIME: {
      const theirs = otherData.length === 6 ? Buffer.from(otherData).readUIntBE(0, 6) : undefined
      const ahead = theirs === undefined ? '' : ` by ${Math.round(Date.now() / 1_000 - theirs)} s`
      return `Its clock and the one of this machine differ${ahead}: mend that first.`
    }
    case TsigError.BADTRUNC:
      return `It wants a longer signature of ${name}.`
    default:
      return `It says TSIG error ${error}.`
  }
}

function whyRcode({ key }: Primary, zone: Name, rcode: number): string {
  const who = key === undefined ? "this machine's address, or give --key FILE" : `the key ${key.name}`
  switch (rcode) {
    case Rcode.REFUSED:
      return `Allow it there for ${who}: allow-transfer in BIND, an acl with action: transfer in Knot, allow-axfr-ips or TSIG-ALLOW-AXFR in PowerDNS.`
    case Rcode.NOTAUTH:
      return `It is no primary or secondary of ${zone}, or does not take the key: compare the name of the zone, and the key.`
    case Rcode.SERVFAIL:
      return `It has the zone but cannot serve it (expired, or not loaded): its log says why.`
    case Rcode.NXDOMAIN:
      return `It knows no zone ${zone}: compare the name.`
    case Rcode.NOTIMP:
    case Rcode.FORMERR:
      return 'It does not do zone transfers: ask a server that does, or export a zone file there.'
    default:
      return 'Its log says why.'
  }
}
