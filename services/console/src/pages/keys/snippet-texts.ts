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
  /** Where addresses have names, without its last dot. */
  readonly reverse: string
}

export interface Snippet {
  readonly id: string
  readonly title: string
  readonly file: string
  readonly text: (signer: Signer, place: Place) => string
}

const bare = (name: string) => name.replace(/\.$/, '')
const bracketed = (server: string) => (server.includes(':') ? `[${server}]` : server)

/** Configurations of clients that sign with a key, ready to copy; as docs/clients has them. */
export const SNIPPETS: readonly Snippet[] = [
  {
    id: 'nsupdate',
    title: 'nsupdate',
    file: 'a command; the key file is the one above',
    text: ({ name }, { server, port, zone, host }) =>
      `printf 'server ${server} ${port}\\nzone ${zone}\\nupdate add ${host}.${zone} 300 A 192.0.2.1\\nsend\\n' | nsupdate -k ${bare(name)}.key`,
  },
  { id: 'kea', title: 'Kea', file: 'kea-dhcp-ddns.conf (chmod 600)', text: kea },
  {
    id: 'certbot',
    title: 'certbot',
    file: 'rfc2136.ini (chmod 600), for certbot-dns-rfc2136',
    text: ({ name, algorithm, secret }, { server, port }) =>
      [
        `dns_rfc2136_server = ${server}`,
        `dns_rfc2136_port = ${port}`,
        `dns_rfc2136_name = ${bare(name)}`,
        `dns_rfc2136_secret = ${secret}`,
        `dns_rfc2136_algorithm = ${algorithm.toUpperCase()}`,
      ].join('\n'),
  },
  {
    id: 'lego',
    title: 'lego',
    file: 'environment of lego --dns rfc2136, and of Traefik',
    text: ({ name, algorithm, secret }, { server, port }) =>
      [
        `export RFC2136_NAMESERVER=${bracketed(server)}:${port}`,
        `export RFC2136_TSIG_KEY=${bare(name)}`,
        `export RFC2136_TSIG_ALGORITHM=${algorithm}.`,
        `export RFC2136_TSIG_SECRET=${secret}`,
      ].join('\n'),
  },
  {
    id: 'external-dns',
    title: 'external-dns',
    file: 'a Secret, and what its Deployment needs; the key must also be allowed to transfer the zone',
    text: externalDns,
  },
  {
    id: 'ddclient',
    title: 'ddclient',
    file: 'ddclient.conf; the key file is the one above (chmod 600)',
    text: ({ name }, { server, port, zone, host }) =>
      [
        'use=web, web=checkip.dyndns.org',
        'protocol=nsupdate',
        // of IPv6 it knows names only, and no ports of addresses
        `server=${port === 53 ? server : `${server}:${port}`}`,
        'login=/usr/bin/nsupdate',
        `password=/etc/${bare(name)}.key`,
        `zone=${zone}`,
        'ttl=60',
        `${host}.${zone}`,
      ].join('\n'),
  },
]

function kea({ name, algorithm, secret }: Signer, { server, port, zone, reverse }: Place): string {
  const domain = (of: string) => ({
    'ddns-domains': [
      { name: `${of}.`, 'key-name': bare(name), 'dns-servers': [{ 'ip-address': server, port }] },
    ],
  })
  const DhcpDdns = {
    'ip-address': '127.0.0.1',
    port: 53_001,
    'dns-server-timeout': 500,
    'tsig-keys': [{ name: bare(name), algorithm: algorithm.toUpperCase(), secret }],
    'forward-ddns': domain(zone),
    'reverse-ddns': domain(reverse),
  }
  return JSON.stringify({ DhcpDdns }, null, 2)
}

function externalDns({ name, algorithm, secret }: Signer, { server, port, zone }: Place): string {
  return `apiVersion: v1
kind: Secret
metadata:
  name: zonelog-tsig
  namespace: external-dns
stringData:
  secret: ${secret}
---
# of the Deployment
containers:
  - name: external-dns
    image: registry.k8s.io/external-dns/external-dns:v0.15.0
    env:
      - name: EXTERNAL_DNS_RFC2136_TSIG_SECRET
        valueFrom:
          secretKeyRef: { name: zonelog-tsig, key: secret }
    args:
      - --provider=rfc2136
      - --rfc2136-host=${server}
      - --rfc2136-port=${port}
      - --rfc2136-zone=${zone}
      - --rfc2136-tsig-keyname=${bare(name)}
      - --rfc2136-tsig-secret-alg=${algorithm}
      - --rfc2136-tsig-axfr
      - --domain-filter=${zone}
      - --source=ingress
      - --registry=txt
      - --txt-owner-id=cluster-1`
}

/** `192.0.2.53:5300`, `[2001:db8::53]:53`, or a host alone. */
export function serverFrom(text: string): { server: string; port: number } {
  const found = /^\[?(.*?)\]?(?::(\d+))?$/.exec(/^[^[]*:[^:]*:/.test(text) ? `[${text}]` : text)
  return { server: found?.[1] ?? text, port: Number(found?.[2] ?? 53) }
}

/** Where clients reach an edge by HTTPS: the same machine, unless a proxy stands before it. */
export function urlFor(address: string): string {
  return `https://${bracketed(serverFrom(address).server)}`
}

/** Where clients reach an edge: the first address that it listens at; one that listens at all of them has that of this page, most likely. */
export function addressFor(listens: string | undefined, pageHost: string): string {
  const { server, port } = serverFrom(listens?.split(',')[0]?.trim() || pageHost)
  const reached = server === '0.0.0.0' || server === '::' ? pageHost.replace(/^\[|\]$/g, '') : server
  return `${bracketed(reached)}:${port}`
}
