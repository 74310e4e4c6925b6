import type { Form } from './form.ts'
import { acmeDns } from './forms/acme-dns.ts'
import { checkAddress } from './forms/check-address.ts'
import { duckdns } from './forms/duckdns.ts'
import { dyndns2 } from './forms/dyndns2.ts'
import { externalDns } from './forms/external-dns/external-dns.ts'
import { freedns } from './forms/freedns.ts'
import { httpreq } from './forms/httpreq.ts'

/** Every form there is. The first one that takes a request answers it: what takes any path stands last. */
export const FORMS: readonly Form[] = [checkAddress, acmeDns, httpreq, externalDns, duckdns, freedns, dyndns2]
