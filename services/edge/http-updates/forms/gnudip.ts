import type { Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { SignedSalts } from '../gnudip/salts.ts'
import { gnudipUpdate } from '../gnudip/update.ts'
import type { HttpRequest } from '../server/http-request.ts'

/** GnuDIP over HTTP: a first request gets a salt, a second comes with it. Both go to one edge, which alone knows its salts. */
export function gnudipForm(): Form {
  let salts: SignedSalts | undefined
  return {
    name: 'gnudip',
    takes: ({ method, path }) => method === 'GET' && /\/gdipupdt\.cgi$/i.test(path),
    answer: async (request, services) => {
      salts ??= new SignedSalts(() => services.now())
      return request.params.size === 0
        ? page('salt', { ...salts.give() })
        : await update(request, services, salts)
    },
  }
}

async function update(
  { params, from }: HttpRequest,
  services: FormServices,
  salts: SignedSalts,
): Promise<FormAnswer> {
  const [salt, time, sign] = ['salt', 'time', 'sign'].map((name) => params.get(name) ?? '') as [
    string,
    string,
    string,
  ]
  if (!salts.take({ salt, time, sign })) {
    services.refuse(from.address, {
      reason: 'http-badauth',
      detail:
        'GnuDIP: a salt that this edge did not give, that is older than a minute, or that was used before',
      claimedKey: params.get('user') ?? '',
    })
    return page('1', { retc: '1' })
  }
  const answer = await gnudipUpdate(
    {
      user: params.get('user') ?? '',
      digest: params.get('pass') ?? '',
      salt,
      domain: params.get('domn') ?? '',
      request: params.get('reqc') ?? '',
      address: params.get('addr') ?? undefined,
    },
    from,
    services,
  )
  if (answer === undefined)
    return { status: 504, word: 'unknown', body: 'the outcome is not known; ask again\n' }
  const address = 'address' in answer ? answer.address : undefined
  return page(answer.code, { retc: answer.code, ...(address === undefined ? {} : { addr: address }) })
}

/** Values stand in meta elements; none of them holds what a client sent. */
function page(word: string, values: Readonly<Record<string, string>>): FormAnswer {
  const metas = Object.entries(values).map(([name, value]) => `<meta name="${name}" content="${value}">`)
  const body = `<html><head><title>GnuDIP Update Server</title>\n${metas.join('\n')}\n</head><body></body></html>\n`
  return { status: 200, word, body, type: 'text/html', headers: { 'cache-control': 'no-store' } }
}
