/** Clauses of a zone, or of options, that are carried over, or change nothing of what a primary serves. */
export const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...[
    'type',
    'file',
    'allow-transfer',
    'also-notify',
    'notify',
    'allow-update',
    'update-policy',
    'masterfile-format',
  ],
  ...['allow-query', 'serial-update-method', 'max-records', 'max-records-per-type', 'max-types-per-name'],
  // how named checks, stores and counts
  ...[
    'journal',
    'max-journal-size',
    'masterfile-style',
    'zone-statistics',
    'ixfr-from-differences',
    'database',
  ],
  ...['check-names', 'check-integrity', 'check-mx', 'check-mx-cname', 'check-sibling', 'check-srv-cname'],
  ...['check-spf', 'check-svcb', 'check-wildcard', 'check-dup-records', 'zero-no-soa-ttl', 'max-zone-ttl'],
  // how it transfers and notifies
  ...[
    'notify-source',
    'notify-source-v6',
    'notify-delay',
    'notify-to-soa',
    'notify-defer',
    'dialup',
    'provide-ixfr',
  ],
  ...['max-ixfr-ratio', 'max-transfer-idle-out', 'max-transfer-time-out', 'allow-notify', 'allow-query-on'],
  // of secondaries, resolvers and signers, without a meaning of their own in a primary that does not sign
  ...['forward', 'forwarders', 'allow-update-forwarding', 'multi-master', 'try-tcp-refresh', 'request-ixfr'],
  ...[
    'request-expire',
    'max-transfer-idle-in',
    'max-transfer-time-in',
    'transfer-source',
    'transfer-source-v6',
  ],
  ...[
    'key-directory',
    'sig-signing-nodes',
    'sig-signing-signatures',
    'sig-signing-type',
    'sig-validity-interval',
  ],
  ...[
    'dnssec-update-mode',
    'dnssec-loadkeys-interval',
    'update-check-ksk',
    'dnssec-dnskey-kskonly',
    'checkds',
  ],
  ...['dnssec-policy', 'inline-signing', 'auto-dnssec', 'parental-agents'],
])

/** Statements that stand beside zones. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  ...[
    'options',
    'zone',
    'view',
    'acl',
    'key',
    'server',
    'masters',
    'primaries',
    'remote-servers',
    'parental-agents',
  ],
  ...['logging', 'controls', 'statistics-channels', 'trust-anchors', 'trusted-keys', 'managed-keys', 'lwres'],
  ...['dnssec-policy', 'key-store', 'tls', 'http'],
])

/** Types of zones that are not primary, and what becomes of them. */
export const OTHER_TYPES: Readonly<Record<string, { readonly isNote: boolean; readonly why: string }>> = {
  hint: { isNote: true, why: 'the root of a resolver, which zonelog is not' },
  forward: { isNote: true, why: 'a resolver forwards, which zonelog is not' },
  stub: { isNote: true, why: 'for a resolver, which zonelog is not' },
  'static-stub': { isNote: true, why: 'for a resolver, which zonelog is not' },
  mirror: { isNote: true, why: 'for a resolver, which zonelog is not' },
  redirect: { isNote: true, why: 'for a resolver, which zonelog is not' },
  'delegation-only': { isNote: true, why: 'for a resolver, which zonelog is not' },
  secondary: {
    isNote: false,
    why: 'zonelog is a primary: move the zone with `zonelog zone create NAME --from PRIMARY`, or leave it where it is',
  },
  slave: {
    isNote: false,
    why: 'zonelog is a primary: move the zone with `zonelog zone create NAME --from PRIMARY`, or leave it where it is',
  },
}
