import type { HttpUpdatesConfig } from '../../../shared/config/http-updates.ts'
import type { Form } from './form.ts'
import { acmeDns } from './forms/acme-dns.ts'
import { checkAddress } from './forms/check-address.ts'
import { duckdns } from './forms/duckdns.ts'
import { dyndns2 } from './forms/dyndns2.ts'
import { externalDns } from './forms/external-dns/external-dns.ts'
import { freedns } from './forms/freedns.ts'
import { gnudipForm } from './forms/gnudip.ts'
import { httpreq } from './forms/httpreq.ts'

/** Every form that is always there; what takes any path stands last. */
const FORMS: readonly Form[] = [checkAddress, acmeDns, httpreq, externalDns, duckdns, freedns, dyndns2]

/** The first one that takes a request answers it. */
export function formsFor({ gnudip: { overHttp } }: Pick<HttpUpdatesConfig, 'gnudip'>): readonly Form[] {
  return overHttp ? [gnudipForm(), ...FORMS] : FORMS
}
