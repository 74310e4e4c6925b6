import type { Form } from './form.ts'
import { checkAddress } from './forms/check-address.ts'
import { duckdns } from './forms/duckdns.ts'
import { dyndns2 } from './forms/dyndns2.ts'
import { freedns } from './forms/freedns.ts'

/** Every form there is. The first one that takes a request answers it: what takes any path stands last. */
export const FORMS: readonly Form[] = [checkAddress, duckdns, freedns, dyndns2]
