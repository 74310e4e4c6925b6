import { type EdnsOption, ExtendedErrorCode, extendedError } from './dns/edns.ts'

/** What a reason code stands for. The codes are stable: events, the log, metrics, the audit and the API use them. */
export interface Reason {
  readonly where: 'edge' | 'writer' | 'edge, writer'
  /** What is answered. */
  readonly rcode: string
  /** RFC 8914 info code; undefined where nothing was refused, or nothing is answered. */
  readonly extendedError?: ExtendedErrorCode
  /** What the client is told, who may be a stranger: nothing of contents, keys or rules. */
  readonly told: string
  readonly means: string
  readonly remedy: string
}

const { OTHER, NOT_READY, PROHIBITED, NOT_AUTHORITATIVE, NOT_SUPPORTED, INVALID_DATA } = ExtendedErrorCode

/** Every reason there is, in the order in which a message meets them. docs/operations.md holds the same table. */
export const REASONS = {
  malformed: {
    where: 'edge, writer',
    rcode: 'FORMERR',
    extendedError: INVALID_DATA,
    told: 'malformed message',
    means: 'the octets are no DNS message, contradict themselves, or are not allowed in an UPDATE',
    remedy: 'the detail says which record; upgrade or mend the client',
  },
  'tsig-badkey': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'key not accepted',
    means: 'no key has that name, or the key has another algorithm',
    remedy: 'compare name and algorithm with `zonelog key list`; case and final dot do not matter',
  },
  'tsig-badsig': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'signature not accepted',
    means: 'the signature was not made with the secret of that key, or the message was changed on its way',
    remedy: 'give the client the secret again',
  },
  'tsig-badtime': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'time of signing not accepted',
    means: "the client's clock and ours differ by more than the client allows, mostly 300 s",
    remedy: 'set the clocks, with NTP; the detail says by how much they differ',
  },
  'tsig-badtrunc': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'signature is cut too short',
    means: 'the signature is right, but cut to fewer octets than the key asks for',
    remedy: 'let the client send the whole signature, or allow shorter ones for that key',
  },
  'sig0-badkey': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'key not accepted',
    means: 'no public key of SIG(0) has that name, or it has another algorithm or tag',
    remedy: 'register the KEY record of the client: `zonelog key create NAME --public-key FILE`',
  },
  'sig0-badsig': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'signature not accepted',
    means: 'the SIG(0) was not made with the private key of that name, or the message was changed on its way',
    remedy: 'see which key the client has; a sender that goes on with it is an attacker',
  },
  'sig0-badtime': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: PROHIBITED,
    told: 'time of signing not accepted',
    means: 'the time is outside the validity of the SIG(0)',
    remedy: 'set the clocks, with NTP; the detail says which times they are',
  },
  'sig0-busy': {
    where: 'edge',
    rcode: 'silence, REFUSED over TCP',
    extendedError: NOT_READY,
    told: 'too many signatures to verify',
    means: 'as many SIG(0) signatures as may be were being verified at this edge, or waited for it',
    remedy: 'see whether it is a flood: `zonelog refusals`; else raise ZONELOG_SIG0_CHECKS or add edges',
  },
  'edns-version': {
    where: 'edge',
    rcode: 'BADVERS',
    extendedError: NOT_SUPPORTED,
    told: 'only EDNS version 0 is spoken here',
    means: 'an UPDATE, a NOTIFY or a request for a transfer with EDNS of another version than 0',
    remedy: 'let the client use EDNS version 0; there is no other yet',
  },
  'http-malformed': {
    where: 'edge',
    rcode: 'HTTP 400',
    told: '',
    means: 'an HTTP request for an update that cannot be understood, or is too long',
    remedy: 'the detail says which parameter; docs/http-updates.md tells what each form takes',
  },
  'http-badauth': {
    where: 'edge',
    rcode: 'HTTP 401',
    told: '',
    means: 'an HTTP request for an update without a password or token, or with a wrong one',
    remedy:
      'compare user and password with `zonelog key show`, or give the client a new token: `zonelog update-token create`',
  },
  'http-allowfrom': {
    where: 'edge',
    rcode: 'HTTP 401',
    told: '',
    means: 'a token was used from an address that is not among those its owner gave when he registered',
    remedy:
      'see them with `zonelog update-token list`; let the client register again, or ask whether the token was stolen and revoke it',
  },
  'http-registration': {
    where: 'edge',
    rcode: 'HTTP 403, 429, 503, 504',
    told: '',
    means: 'a client of acme-dns asked for an account and got none',
    remedy:
      'the detail says why; ZONELOG_ACME_DNS_ZONE turns registration on or off, and `zonelog update-token revoke` makes room',
  },
  'http-locked-out': {
    where: 'edge',
    rcode: 'HTTP 429',
    told: '',
    means: 'this address gave wrong passwords so often that it has to wait, each time longer',
    remedy:
      'mend the password and wait for what Retry-After says; see whether somebody guesses: `zonelog refusals`',
  },
  'http-too-many': {
    where: 'edge',
    rcode: 'HTTP 429',
    told: '',
    means: 'this address sent more HTTP requests in a minute than an edge takes from one',
    remedy: 'let the client ask less often, or raise ZONELOG_HTTP_UPDATE_RATE',
  },
  'http-token-scope': {
    where: 'edge',
    rcode: 'HTTP 403',
    told: '',
    means: 'the token is limited to other names than the one that was to be changed',
    remedy: 'see its names with `zonelog update-token list`, and make another token for others',
  },
  'http-address': {
    where: 'edge',
    rcode: 'HTTP 400',
    told: '',
    means:
      'the address is none that a host can have here: loopback, link-local, private where only public ones are taken',
    remedy:
      'see why the client sends it, mostly a second NAT; ZONELOG_HTTP_UPDATE_ADDRESSES says what is taken',
  },
  'http-nothing-there': {
    where: 'edge',
    rcode: 'HTTP 404',
    told: '',
    means:
      'an HTTP request has a prefix, or preserves what is there, for a host without an address of that family',
    remedy: 'enter the AAAA record of the host once; from then on its prefix follows',
  },
  'http-unavailable': {
    where: 'edge',
    rcode: 'HTTP 503',
    told: '',
    means: 'this edge has the zone in no state that may be served, and no writer gave it one',
    remedy:
      'see whether writers run, NATS is there and the zone fits into ZONELOG_EDGE_CACHE_MIB: `zonelog status`',
  },
  'not-authoritative': {
    where: 'edge, writer',
    rcode: 'NOTAUTH',
    extendedError: NOT_AUTHORITATIVE,
    told: 'only zones of class IN are updated here',
    means: 'the zone section names a class other than IN, or another zone than the one it was sent for',
    remedy: 'mend the zone and class that the client names',
  },
  'unknown-zone': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: NOT_AUTHORITATIVE,
    told: 'not a zone of this server',
    means: 'the client names a zone that is not here; often a wrong zone cut',
    remedy: 'let the client name the zone that the detail tells, or create the zone: `zonelog zone create`',
  },
  'rules-unreadable': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'updates are not accepted now',
    means: 'the zone has a rule that this edge cannot read, as it is older than the writers; queries go on',
    remedy: 'bring the edge to the version of the writers',
  },
  'not-admitted': {
    where: 'edge, writer',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'not permitted',
    means: 'no rule of the zone grants anything to this key or address',
    remedy: '`zonelog rule explain` shows rule by rule why, and the shortest rule that would allow it',
  },
  'rate-limited': {
    where: 'edge',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'too many updates',
    means: 'this key or address sent more updates than the zone takes of one in its period',
    remedy: 'let the client send fewer, or raise the setting max-updates-per-identity: `zonelog zone set`',
  },
  'too-many-in-flight': {
    where: 'edge',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'too many updates under way',
    means: 'this key or address had as many updates under way at this edge as one may have',
    remedy: 'let the client wait for answers, or raise ZONELOG_IN_FLIGHT_PER_IDENTITY at the edges',
  },
  overloaded: {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'too many updates under way',
    means: 'as many updates as may be were in flight at this edge; this one was not accepted',
    remedy: 'send again later; add edges and writers, or see what holds up the writers',
  },
  'breaker-open': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'updates are not accepted now',
    means: 'outcomes did not come, so the circuit breaker towards NATS is open; nothing was accepted',
    remedy: 'see what is down: `zonelog status`, then the writers, Postgres and NATS',
  },
  'nats-disconnected': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'updates are not accepted now',
    means: 'this edge has no connection to NATS; nothing was accepted',
    remedy: 'see whether NATS runs, and whether this edge reaches it',
  },
  'stream-refused': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'updates are not accepted now',
    means:
      'the command stream refused the update, mostly because it is full; nothing was accepted. In a cluster of NATS the edge stays silent instead, as one server may have stored what another one refused',
    remedy: 'see why writers do not take commands; the detail says what NATS said',
  },
  'zone-unknown': {
    where: 'writer',
    rcode: 'NOTAUTH',
    extendedError: NOT_AUTHORITATIVE,
    told: 'not a zone of this server',
    means: 'the edge knew a zone that this database does not have',
    remedy: 'restart the edge when the database was restored or replaced',
  },
  'zone-deleted': {
    where: 'writer',
    rcode: 'NOTAUTH',
    extendedError: NOT_AUTHORITATIVE,
    told: 'not a zone of this server',
    means: 'the zone was deleted after the edge had accepted the update',
    remedy: 'nothing, unless the zone should be there',
  },
  expired: {
    where: 'writer',
    rcode: 'silence',
    told: '',
    means: 'decided after its deadline, so not applied; nobody was told, and a re-send is decided anew',
    remedy: 'see why the writers were late, and whether clocks of edges and writers agree',
  },
  'not-permitted': {
    where: 'edge, writer',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'not permitted',
    means: 'no rule of the zone matched a record of the update',
    remedy:
      '`zonelog rule explain ZONE#EVENT` shows rule by rule why, and the shortest rule that would allow it',
  },
  denied: {
    where: 'edge, writer',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'not permitted',
    means: 'the first rule that matched a record of the update is a denial',
    remedy: 'if it should be allowed, put a grant before the rule that the detail names',
  },
  'rule-limit': {
    where: 'writer',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'more records than permitted',
    means: 'a name would have more records of a type than the rule that grants it allows, as in TXT(2)',
    remedy: 'let the client remove old records first, or raise the number in the rule',
  },
  prerequisite: {
    where: 'writer',
    rcode: 'NXDOMAIN, YXDOMAIN, NXRRSET, YXRRSET',
    extendedError: OTHER,
    told: 'prerequisite not met',
    means: 'the zone is not as the client asked for; no fault, DHCP servers rely on it',
    remedy: 'the detail says which prerequisite; `zonelog zone export` shows what the zone holds',
  },
  'not-in-zone': {
    where: 'writer',
    rcode: 'NOTZONE',
    extendedError: OTHER,
    told: 'a name lies outside the zone',
    means: 'a record of the message has a name outside the zone that it names',
    remedy: 'mend the name, or let the client name the zone that holds it',
  },
  limit: {
    where: 'writer',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'a limit of the zone would be exceeded',
    means: 'the result would have more records or types than the settings of the zone allow',
    remedy: 'remove what is not needed, or raise the setting that the detail names: `zonelog zone set`',
  },
  fault: {
    where: 'writer',
    rcode: 'SERVFAIL',
    extendedError: OTHER,
    told: 'the server failed',
    means: 'a fault of zonelog or of its database; nothing was applied',
    remedy: "the detail and the writer's log say which; report it with the event",
  },
  'transfer-malformed': {
    where: 'edge',
    rcode: 'FORMERR',
    extendedError: OTHER,
    told: 'not a request for a transfer',
    means: 'a query for AXFR or IXFR that is none: AXFR over UDP, or IXFR without an SOA',
    remedy: 'the detail says what is wrong; mend the client',
  },
  'transfer-unknown-zone': {
    where: 'edge',
    rcode: 'NOTAUTH',
    extendedError: NOT_AUTHORITATIVE,
    told: 'not a zone of this server',
    means: 'the zone that a client wants to transfer is not here',
    remedy: 'mend the name in the client, or create the zone',
  },
  'transfer-not-allowed': {
    where: 'edge',
    rcode: 'REFUSED',
    extendedError: PROHIBITED,
    told: 'transfer not permitted',
    means: 'the zone allows no transfer to this key or address',
    remedy: 'allow it: `zonelog zone set ZONE --allow-transfer`',
  },
  'transfer-busy': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'too many transfers under way',
    means: 'as many transfers as may be were under way at this edge',
    remedy: 'nothing: secondaries try again; add edges where it goes on',
  },
  'transfer-unavailable': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: NOT_READY,
    told: 'the zone is not ready',
    means: 'this edge has the zone in no state that may be served, and no writer gave it one',
    remedy: 'see whether writers run and NATS is there: `zonelog status`',
  },
  'transfer-expired': {
    where: 'edge',
    rcode: 'SERVFAIL',
    extendedError: INVALID_DATA,
    told: 'the zone has expired here',
    means: "no writer has confirmed the zone to this edge for its SOA's expire time, so it is not served",
    remedy: 'see whether writers run and NATS is there: `zonelog status`',
  },
  applied: {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'done',
    remedy: '',
  },
  unchanged: {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'the zone already was as asked; its serial stays',
    remedy: '',
  },
  'lease-expired': {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'values were removed that nobody refreshed within their lease',
    remedy: '`zonelog undo ZONE EVENT` puts them back, without a lease',
  },
  'lease-held': {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'somebody keeps leased values whether they are refreshed or not',
    remedy: '',
  },
  'lease-released': {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'values that were held have a whole lease again',
    remedy: '',
  },
  'leases-off': {
    where: 'writer',
    rcode: 'NOERROR',
    told: '',
    means: 'leases of the zone were turned off: values that had one stay for good',
    remedy: '',
  },
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof REASONS

/** Undefined for a code that this program does not know, such as one of a newer writer. */
export function reasonOf(code: string): Reason | undefined {
  return Object.hasOwn(REASONS, code) ? REASONS[code as ReasonCode] : undefined
}

const LONGEST_TEXT = 64

/**
 * The RFC 8914 option for the answer to a request that had EDNS; undefined where nothing was refused. `reference` is what the
 * operator looks the refusal up by: `example.com#42`, or the number of an audit; `more` is a hint that strangers may have.
 */
export function refusalOption(code: string, reference: string, more = ''): EdnsOption | undefined {
  const reason = reasonOf(code)
  if (reason !== undefined && reason.extendedError === undefined) return undefined
  const short = reason?.told ?? 'refused'
  const suffix = reference === '' ? '' : ` (${reference})`
  const fits = (text: string) => Buffer.byteLength(text) + suffix.length <= LONGEST_TEXT
  const text = fits(short + more) ? short + more : fits(short) ? short : ''
  return extendedError(reason?.extendedError ?? OTHER, `${text}${suffix}`.trim())
}
