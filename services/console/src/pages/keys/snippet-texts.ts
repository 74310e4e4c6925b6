/** What the configuration of a client needs to know. */
export interface Signer {
  /** With or without its last dot. */
  readonly name: string
  readonly algorithm: string
  /** Base64. */
  readonly secret: string
}

export interface Place {
  readonly server: string
  readonly port: number
  /** Without its last dot. */
  readonly zone: string
  /** A name below the zone, without the zone. */
  readonly host: string
}

export interface Snippet {
  readonly id: string
  readonly title: string
  readonly file: string
  readonly text: (signer: Signer, place: Place) => string
}

const bare = (name: string) => name.replace(/\.$/, '')

/** Configurations of clients that sign with a key, ready to copy. */
export const SNIPPETS: readonly Snippet[] = [
  {
    id: 'nsupdate',
    title: 'nsupdate',
    file: 'a command; the key file is the one above',
    text: ({ name }, { server, port, zone, host }) =>
      `printf 'server ${server} ${port}\\nzone ${zone}\\nupdate add ${host}.${zone} 300 A 192.0.2.1\\nsend\\n' | nsupdate -k ${bare(name)}.key`,
  },
  {
    id: 'kea',
    title: 'Kea',
    file: 'kea-dhcp-ddns.conf',
    text: ({ name, algorithm, secret }, { server, port, zone }) =>
      JSON.stringify(
        {
          DhcpDdns: {
            'tsig-keys': [{ name: bare(name), algorithm: algorithm.toUpperCase(), secret }],
            'forward-ddns': {
              'ddns-domains': [
                {
                  name: `${zone}.`,
                  'key-name': bare(name),
                  'dns-servers': [{ 'ip-address': server, port }],
                },
              ],
            },
          },
        },
        null,
        2,
      ),
  },
  {
    id: 'certbot',
    title: 'certbot',
    file: 'rfc2136.ini (chmod 600), for certbot-dns-rfc2136',
    text: ({ name, algorithm, secret }, { server, port }) =>
      [
        `dns_rfc2136_server = ${server}`,
        `dns_rfc2136_port = ${port}`,
        `dns_rfc2136_name = ${bare(name)}.`,
        `dns_rfc2136_secret = ${secret}`,
        `dns_rfc2136_algorithm = ${algorithm.toUpperCase()}`,
      ].join('\n'),
  },
  {
    id: 'lego',
    title: 'lego',
    file: 'environment of lego --dns rfc2136',
    text: ({ name, algorithm, secret }, { server, port }) =>
      [
        `RFC2136_NAMESERVER=${server}:${port}`,
        `RFC2136_TSIG_KEY=${bare(name)}.`,
        `RFC2136_TSIG_ALGORITHM=${algorithm}.`,
        `RFC2136_TSIG_SECRET=${secret}`,
      ].join('\n'),
  },
  {
    id: 'external-dns',
    title: 'external-dns',
    file: 'arguments of the container',
    text: ({ name, algorithm, secret }, { server, port, zone }) =>
      [
        '--provider=rfc2136',
        `--rfc2136-host=${server}`,
        `--rfc2136-port=${port}`,
        `--rfc2136-zone=${zone}`,
        `--rfc2136-tsig-keyname=${bare(name)}`,
        `--rfc2136-tsig-secret-alg=${algorithm}`,
        `--rfc2136-tsig-secret=${secret}`,
        '--rfc2136-tsig-axfr',
      ].join('\n'),
  },
  {
    id: 'ddclient',
    title: 'ddclient',
    file: 'ddclient.conf; the key file is the one above',
    text: ({ name }, { server, zone, host }) =>
      [
        'protocol=nsupdate',
        `server=${server}`,
        `login=/usr/bin/nsupdate`,
        `password=/etc/ddclient/${bare(name)}.key`,
        `zone=${zone}`,
        'ttl=60',
        `${host}.${zone}`,
      ].join('\n'),
  },
  {
    id: 'router',
    title: 'Routers',
    file: 'address for dyndns2 on the HTTP address of an edge; user and password stand beside it',
    text: ({ name, secret }, { server, zone, host }) =>
      [
        `https://${server}/nic/update?hostname=${host}.${zone}&myip=<ipaddr>`,
        `user:     ${bare(name)}`,
        `password: ${secret}`,
      ].join('\n'),
  },
]
