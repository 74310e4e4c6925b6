import type { Form } from './form.ts'
import { checkAddress } from './forms/check-address.ts'
import { dyndns2 } from './forms/dyndns2.ts'

/** Every form there is. The first one that takes a request answers it. */
export const FORMS: readonly Form[] = [checkAddress, dyndns2]
