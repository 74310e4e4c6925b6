const range = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

const APEX = `
$TTL 300
@ 3600 IN SOA ns1 hostmaster 7 3600 600 86400 120
@ 3600 IN NS ns1
ns1 3600 IN A 192.0.2.53
ns1 3600 IN AAAA 2001:db8::53
`

/** Everything that RFC 1034 §4.3.2 and what came after it speak of. */
const RICH = `${APEX}
@               MX     10 mail
@               MX     20 mail.example.net.
@               TXT    "v=spf1 -all"
@               CAA    0 issue "ca.example.net"
mail            A      192.0.2.2
mail            AAAA   2001:db8::2
www             A      192.0.2.3
www             TXT    "one" "two"
UPPER           A      192.0.2.4
UPPER           MX     10 Mail
Mixed.Case      TXT    "kept"
odd             TYPE65280 \\# 3 010203
svc             SRV    1 2 443 www
svc             NAPTR  1 1 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
svc             SVCB   1 www alpn=h2
svc             HTTPS  1 . ipv4hint=192.0.2.1
ptr             PTR    www
alias           CNAME  www
Chain           CNAME  alias
chain2          CNAME  chain
${range(7, (index) => `long${index} CNAME long${index + 1}`)}
long7          A      192.0.2.77
loop1           CNAME  loop2
loop2           CNAME  loop1
self            CNAME  self
out             CNAME  www.example.net.
broken          CNAME  nothing
nodata          CNAME  mail
into            CNAME  host.sub
intowild        CNAME  some.wild
intoent         CNAME  b.c
intodname       CNAME  www.old
intochild       CNAME  www.child
tochildent      CNAME  nothing.child
toother         CNAME  www.other.test.
toother2        CNAME  back.other.test.
tootherless     CNAME  nothing.other.test.
toothersub      CNAME  host.sub.other.test.
_sip._tcp       SRV    0 0 5060 www
_sip._udp       SRV    0 0 5060 ns.sub
mxother         MX     10 www.other.test.
mxchild         MX     10 www.child
mxwild          MX     10 some.wild
mxalias         MX     10 alias
a.b.c           A      192.0.2.5
x.y.a.b.c       TXT    "deep"
*.wild          A      192.0.2.6
*.wild          MX     10 mail
named.wild      TXT    "not the wildcard"
under.named.wild A     192.0.2.7
*.aliases       CNAME  www
*.outside       CNAME  www.example.net.
*.broken        CNAME  nothing
*.loop          CNAME  x.loop
deep.*.ent      A      192.0.2.8
*.*.twice       A      192.0.2.9
sub             NS     ns.sub
sub             NS     ns.example.net.
sub             DS     1 8 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub          A      192.0.2.10
ns.sub          AAAA   2001:db8::10
host.sub        A      192.0.2.11
*.sub           A      192.0.2.12
deeper.sub      NS     ns.deeper.sub
ns.deeper.sub   A      192.0.2.14
deep.er         NS     ns1
sibling         NS     ns.sub
mutual1         NS     ns.mutual2
mutual2         NS     ns.mutual1
ns.mutual1      A      192.0.2.15
ns.mutual2      A      192.0.2.16
lame            NS     missing.lame
far             NS     ns.example.net.
far             NS     www.other.test.
child           NS     ns.child
child           DS     2 8 2 0000000000000000000000000000000000000000000000000000000000000001
ns.child        A      192.0.2.17
old             DNAME  new
old             TXT    "owner of DNAME"
www.new         A      192.0.2.13
*.new           TXT    "wild under new"
away            DNAME  example.net.
again           DNAME  old
todname         DNAME  other.test.
stretch         DNAME  ${range(3, () => 'a'.repeat(60)).replaceAll('\n', '.')}.long.example.net.
many            A      192.0.2.20
many            A      192.0.2.21
many            A      192.0.2.22
we\\.ird         A      192.0.2.23
sp\\032ace       TXT    "x"
nul\\000         A      192.0.2.24
${range(60, (host) => `crowd A 192.0.2.${host}`)}
${range(30, (line) => `big TXT "${line} ${'x'.repeat(200)}"`)}
${range(25, (host) => `mxs MX 10 host-number-${host}\nhost-number-${host} A 192.0.2.9`)}
${range(13, (host) => `wide NS ns${host}.wide\nns${host}.wide A 192.0.2.${host}\nns${host}.wide AAAA 2001:db8::${host}`)}
${range(40, (host) => `huge NS a-server-with-a-long-name-${host}.huge\na-server-with-a-long-name-${host}.huge A 192.0.2.${host}`)}
`

const CHILD = `${APEX}
ns       A      192.0.2.17
www      A      192.0.2.18
back     CNAME  www.example.com.
@        TXT    "the child's apex"
@        3600 NS ns
grand    NS     ns.grand
ns.grand A      192.0.2.19
`

const OTHER = `${APEX}
www      A      192.0.2.30
back     CNAME  www.example.com.
loop     CNAME  toother3.example.com.
*        TXT    "wild at the apex"
sub      NS     ns.sub
ns.sub   A      192.0.2.31
host.sub A      192.0.2.32
mx       MX     5 www.example.com.
`

/** Zone files by name; the second is a child of the first. */
export const ZONE_FILES: ReadonlyMap<string, string> = new Map([
  ['example.com.', RICH],
  ['child.example.com.', CHILD],
  ['other.test.', OTHER],
])

/** The longest of the zones that this name, in lower case, is in. */
export function zoneOfText(name: string): string | undefined {
  return [...ZONE_FILES.keys()]
    .filter((apex) => name === apex || name.endsWith(`.${apex}`))
    .sort((a, b) => b.length - a.length)[0]
}
