/** Fields of a zone or template that are carried over, or change nothing of what a primary serves. */
export const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...[
    'id',
    'domain',
    'template',
    'file',
    'storage',
    'acl',
    'notify',
    'master',
    'serial-policy',
    'comment',
    'global-module',
  ],
  ...[
    'zonefile-sync',
    'zonefile-load',
    'zonefile-skip',
    'journal-content',
    'journal-max-usage',
    'journal-max-depth',
  ],
  ...[
    'journal-db',
    'max-journal-db-size',
    'semantic-checks',
    'adjust-threads',
    'ixfr-benevolent',
    'ixfr-by-one',
  ],
  ...[
    'provide-ixfr',
    'ixfr-from-axfr',
    'zone-max-size',
    'notify-delay',
    'refresh-min-interval',
    'refresh-max-interval',
  ],
  ...[
    'retry-min-interval',
    'retry-max-interval',
    'expire-min-interval',
    'expire-max-interval',
    'master-pin-tolerance',
  ],
  ...[
    'dnssec-signing',
    'dnssec-policy',
    'dnssec-validation',
    'ds-push',
    'zonemd-verify',
    'zonemd-generate',
    'reverse-generate',
  ],
  ...[
    'catalog-role',
    'catalog-template',
    'catalog-zone',
    'catalog-group',
    'module',
    'default-ttl',
    'request-edns-option',
  ],
])

/** Fields that make of a zone what is not made of it here, with what to do. `off` of them says nothing. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  'dnssec-signing':
    'zonelog does not sign zones: put a signer behind it (a hidden primary), or remove the DS records first',
  'ds-push': 'zonelog does not sign zones and pushes no DS records',
  'zonemd-generate': 'zonelog makes no ZONEMD records',
  'reverse-generate': 'reverse zones are not made of others here',
  'catalog-role': 'make the catalog zone with `zonelog zone create NAME --catalog`, and leave the option out',
  'catalog-zone': 'zones enter a catalog by `zonelog zone set --catalog-member`',
  module: 'modules of Knot are not here',
  'global-module': 'modules of Knot are not here',
}

export const SERIAL_POLICIES: Readonly<Record<string, 'increment' | 'unixtime' | 'date'>> = {
  increment: 'increment',
  unixtime: 'unixtime',
  dateserial: 'date',
}
