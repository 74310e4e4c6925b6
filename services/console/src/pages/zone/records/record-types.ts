/** The types that people write by hand most, each with RDATA as an example. Any other can be typed. */
export const COMMON_TYPES: Readonly<Record<string, string>> = {
  A: '192.0.2.1',
  AAAA: '2001:db8::1',
  CAA: '0 issue "ca.example.net"',
  CNAME: 'www.example.net.',
  DS: '60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A',
  HTTPS: '1 . alpn="h2"',
  MX: '10 mail.example.net.',
  NS: 'ns1.example.net.',
  PTR: 'host.example.net.',
  SRV: '0 5 5060 sip.example.net.',
  SSHFP: '4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789',
  SVCB: '1 svc.example.net. port=8443',
  TLSA: '3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  TXT: '"v=spf1 -all"',
}
