/** What a client of HTTP updates needs to know. */
export interface HttpClient {
  /** Of an edge, or of the proxy before it, with https:// and without a path. */
  readonly url: string
  /** Any; edges look at the token alone. */
  readonly user: string
  readonly token: string
  /** Without its last dot. */
  readonly host: string
}

export interface HttpSnippet {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly text: (client: HttpClient) => string
}

const bare = (url: string) => url.replace(/^\w+:\/\//, '')

/** Configurations of clients that update one host over HTTP, as docs/clients has them. */
export const HTTP_SNIPPETS: readonly HttpSnippet[] = [
  {
    id: 'router',
    title: 'FRITZ!Box',
    about: 'Internet → Permit Access → DynDNS, “User-defined”: update URL, domain name, user name, password.',
    text: ({ url, user, token, host }) =>
      `${url}/nic/update?hostname=<domain>&myip=<ipaddr>&myipv6=<ip6addr>\n${host}\n${user}\n${token}`,
  },
  {
    id: 'form',
    title: 'Other routers',
    about: 'In the forms of routers the service is “DynDNS”, “dyndns2” or “custom”.',
    text: ({ url, user, token, host }) =>
      `server:   ${bare(url)}\nURL:      ${url}/nic/update\nhost:     ${host}\nuser:     ${user}\npassword: ${token}`,
  },
  {
    id: 'ddclient',
    title: 'ddclient',
    about: '/etc/ddclient.conf (chmod 600)',
    text: ({ url, user, token, host }) =>
      [
        'daemon=300',
        ...(url.startsWith('https:') ? ['ssl=yes'] : ['ssl=no']),
        `use=web, web=${url}/ip`,
        'protocol=dyndns2',
        `server=${bare(url)}`,
        `login=${user}`,
        `password='${token}'`,
        host,
      ].join('\n'),
  },
  {
    id: 'curl',
    title: 'curl',
    about: 'a command; without myip the address is that which it comes from',
    text: ({ url, user, token, host }) =>
      `TOKEN='${token}'\ncurl -sS -u "${user}:$TOKEN" '${url}/nic/update?hostname=${host}'`,
  },
]
