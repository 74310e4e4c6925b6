import type { Form } from '../form.ts'

/**
 * Tells a client its own address, as far as it is believed here. `/checkip` in the page that DynDNS served, which routers search for
 * `Current IP Address:`; `/ip` as plain text.
 */
export const checkAddress: Form = {
  name: 'check-address',
  takes: ({ path, method }) => (method === 'GET' || method === 'HEAD') && PATHS.has(path.toLowerCase()),
  answer: async ({ path, from }) => {
    const headers = { 'cache-control': 'no-store' }
    if (path.toLowerCase() === '/ip') return { status: 200, word: 'told', body: `${from.address}\n`, headers }
    return { status: 200, word: 'told', type: 'text/html', body: page(from.address), headers }
  },
}

const PATHS = new Set(['/ip', '/checkip', '/checkip/index.html'])

function page(address: string): string {
  return `<html><head><title>Current IP Check</title></head><body>Current IP Address: ${address}</body></html>\r\n`
}
