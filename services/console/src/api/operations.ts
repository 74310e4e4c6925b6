// Made from the OpenAPI document of the API by `npm run client`; test/console holds the two together.

/** Every operation of the API by method and path: what it takes, and what it answers. */
export interface Operations {
  /** Who changed zones, rules, keys and tokens by the API, newest first */
  'GET /v1/audit': { query?: { limit?: number; before?: number; by?: string; subject?: "zone" | "rules" | "key" | "token" | "master-key"; name?: string; since?: string }; answer: AuditPage }
  /** The public key of checkpoints, and all that are believed here */
  'GET /v1/checkpoint-key': { answer: CheckpointKey }
  /** Zones that were deleted; their histories are kept */
  'GET /v1/deleted-zones': { query?: { name?: string; search?: string; newest?: boolean; limit?: number; after?: number }; answer: DeletedZonePage }
  /** Events of all zones that the token may see, in few words, as server-sent events */
  'GET /v1/events/stream': { query?: { after?: number }; answer: undefined; line: EventSummary }
  /** Where the event with this eventId stands */
  'GET /v1/events/{id}': { path: { id: string }; answer: EventPlace }
  /** TSIG keys, without their secrets, in the order of their names */
  'GET /v1/keys': { query?: { limit?: number; after?: string }; answer: KeyPage }
  /** Create a TSIG key; the answer is the only one that holds its secret. Or register a public key */
  'POST /v1/keys': { body: { name: string; algorithm?: string; secret?: string; allowShort?: boolean; allowLegacy?: boolean; expiresAt?: string | null; leastMac?: number; publicKey?: string; dryRun?: boolean }; answer: CreatedKey | TriedKey | CreatedSig0Key }
  /** One key: its secrets (not what they are), who names it, who changed it */
  'GET /v1/keys/{name}': { path: { name: string }; answer: KeyDetails }
  /** Set when a key expires, and its least MAC */
  'PATCH /v1/keys/{name}': { path: { name: string }; body?: { expiresAt?: string | null; leastMac?: number | null; dryRun?: boolean }; answer: ChangedKey }
  /** Delete a key */
  'DELETE /v1/keys/{name}': { path: { name: string }; query?: { force?: boolean; dryRun?: boolean }; answer: EndedKey }
  /** End secrets of a key for ever */
  'POST /v1/keys/{name}/revoke': { path: { name: string }; body?: { secret?: number; force?: boolean; dryRun?: boolean }; answer: EndedKey }
  /** Give a key a new secret; the ones before live on for the overlap */
  'POST /v1/keys/{name}/rotate': { path: { name: string }; body?: { secret?: string; allowShort?: boolean; allowLegacy?: boolean; algorithm?: string; overlapSeconds?: number; dryRun?: boolean }; answer: RotatedKey | TriedRotation }
  /** Tokens of a key for HTTP updates, without what they are */
  'GET /v1/keys/{name}/update-tokens': { path: { name: string }; answer: UpdateTokenPage }
  /** Create a token for HTTP updates of some hosts; the answer is the only one that holds it */
  'POST /v1/keys/{name}/update-tokens': { path: { name: string }; body: { name: string; hosts: (string)[]; expiresAt?: string | null; leaseSeconds?: number | null; dryRun?: boolean }; answer: CreatedUpdateToken | TriedUpdateToken }
  /** End a token for HTTP updates */
  'DELETE /v1/keys/{name}/update-tokens/{token}': { path: { name: string; token: string }; query?: { dryRun?: boolean }; answer: RevokedUpdateToken }
  /** Who signs with a key, from where, with which secret */
  'GET /v1/keys/{name}/usage': { path: { name: string }; query?: { old?: boolean }; answer: KeyUsage }
  /** Seal all secrets under the next master key */
  'POST /v1/master-key/reseal': { body?: { check?: boolean; force?: boolean }; answer: Resealed }
  /** Who asks: the token, its role and its zones */
  'GET /v1/me': { answer: Me }
  /** The last hour minute by minute, what runs, and what somebody should see to */
  'GET /v1/overview': { answer: Overview }
  /** Messages that edges refused before they were commands, newest first */
  'GET /v1/refusals': { query?: { limit?: number; before?: number; zone?: string; reason?: string; auditId?: string; source?: string; since?: string }; answer: RefusalPage }
  /** Sign a browser in: the token of the Authorization header becomes a cookie */
  'POST /v1/session': { answer: Session }
  /** Who asks, and until when; a session begins anew */
  'GET /v1/session': { answer: Session }
  /** Sign a browser out */
  'DELETE /v1/session': { answer: Session }
  /** What runs, and how it is */
  'GET /v1/status': { answer: Status }
  /** Tokens, without their secrets, in the order of their names */
  'GET /v1/tokens': { query?: { limit?: number; after?: string }; answer: TokenPage }
  /** Create a token; the answer is the only one that holds its secret */
  'POST /v1/tokens': { body: { name: string; role: "viewer" | "operator" | "admin"; zones?: (string)[]; expiresAt?: string | null; dryRun?: boolean }; answer: CreatedToken | TriedToken }
  /** End a token for ever; it stays in the list, and its name stays taken */
  'DELETE /v1/tokens/{token}': { path: { token: string }; query?: { dryRun?: boolean }; answer: RevokedToken }
  /** How far the background verifier is in each zone, and what differs, by name */
  'GET /v1/verified-zones': { query?: { limit?: number; after?: string; search?: string; differing?: boolean }; answer: VerifiedZonePage }
  /** Zones, in the order of their names */
  'GET /v1/zones': { query?: { limit?: number; after?: string; search?: string }; answer: ZonePage }
  /** Create a zone */
  'POST /v1/zones': { body: { name: string; file?: string; allowUpdate?: (string)[]; allowTransfer?: (string)[]; notify?: (string)[]; notifyMode?: "yes" | "explicit" | "no"; catalog?: string; catalogGroup?: string; isCatalog?: boolean; dryRun?: boolean }; answer: CreatedZone }
  /** One zone, now or at a moment of its history */
  'GET /v1/zones/{name}': { path: { name: string }; query?: { serial?: number; time?: string; event?: number }; answer: ZoneDetails | ZoneAsOf }
  /** Delete a zone; its history stays */
  'DELETE /v1/zones/{name}': { path: { name: string }; query?: { dryRun?: boolean }; answer: DeletedZone }
  /** Change settings of a zone; the others stay */
  'PATCH /v1/zones/{name}': { path: { name: string }; body?: { settings?: { serialPolicy?: "increment" | "unixtime" | "date"; maxRecords?: number; maxRecordsPerRrset?: number; maxTypesPerName?: number; maxUpdatesPerIdentity?: { count: number; seconds: number }; leases?: { least: number; longest: number } }; transfers?: { allowTransfer?: (string)[]; notify?: (string)[]; notifyMode?: "yes" | "explicit" | "no"; catalog?: string; catalogGroup?: string }; dryRun?: boolean }; answer: ZoneWithSettings }
  /** Create a zone from a zone file of any length */
  'PUT /v1/zones/{name}': { path: { name: string }; query?: { allowUpdate?: (string)[]; origin?: string; allowTransfer?: (string)[]; notify?: (string)[]; notifyMode?: "yes" | "explicit" | "no"; catalog?: string; catalogGroup?: string; dryRun?: boolean }; body: Blob; answer: CreatedZone }
  /** Who set each value, when and by which event, and who confirmed it last; one JSON object a line */
  'GET /v1/zones/{name}/blame': { path: { name: string }; query?: { record?: string; serial?: number; time?: string; event?: number }; answer: undefined; line: BlameLine }
  /** Add, replace and delete records, all in one update or none */
  'POST /v1/zones/{name}/changes': { path: { name: string }; body: { changes: ({ action: "add" | "delete" | "replace"; name: string; type?: string; ttl?: number; values?: (string)[] })[]; prerequisites?: ({ condition: "exists" | "absent"; name: string; type?: string; values?: (string)[] })[]; ifSerial?: number; dryRun?: boolean }; answer: ChangedRecords }
  /** Signed checkpoints of a zone, oldest first */
  'GET /v1/zones/{name}/checkpoints': { path: { name: string }; answer: Checkpoints }
  /** Sign where a zone's history stands now */
  'POST /v1/zones/{name}/checkpoints': { path: { name: string }; answer: MadeCheckpoint }
  /** Which events a compaction would replace */
  'GET /v1/zones/{name}/compaction': { path: { name: string }; query: { keep: string }; answer: CompactionPlan | NothingToCompact }
  /** Replace the events up to one by a snapshot; progress and result, one JSON object a line. Export them first */
  'POST /v1/zones/{name}/compaction': { path: { name: string }; body: { upTo: number; hash: string; exported: string }; answer: undefined; line: Progress | Compacted | FailedStep }
  /** Replace the contents of a zone by a zone file of any length */
  'PUT /v1/zones/{name}/contents': { path: { name: string }; query?: { dryRun?: boolean }; body: Blob; answer: ImportedZone }
  /** The net difference between two moments of a zone */
  'GET /v1/zones/{name}/diff': { path: { name: string }; query: { from: string; to: string; below?: string; format?: "ixfr" | "unified" | "json" | "ndjson" }; answer: Diff; line: DiffHead | DiffOfRRset }
  /** History of a zone, newest first; all of it, or the events that match */
  'GET /v1/zones/{name}/events': { path: { name: string }; query?: { limit?: number; order?: "newest" | "oldest"; before?: number; after?: number; name?: string; below?: string; type?: string; value?: string; by?: string; address?: string; outcome?: string; reason?: string; kind?: "create" | "update" | "import" | "restore" | "undo" | "delete" | "alarm" | "rebuild" | "compact" | "snapshot" | "lease"; since?: string; until?: string; fromSerial?: number; toSerial?: number }; answer: EventPage }
  /** Events of a zone as they come, one JSON object a line; an empty line now and then */
  'GET /v1/zones/{name}/events/follow': { path: { name: string }; query?: { after?: number; name?: string; below?: string; type?: string; value?: string; by?: string; address?: string; outcome?: string; reason?: string; kind?: "create" | "update" | "import" | "restore" | "undo" | "delete" | "alarm" | "rebuild" | "compact" | "snapshot" | "lease"; since?: string; until?: string }; answer: undefined; line: Event }
  /** Events of a zone as they come, as server-sent events */
  'GET /v1/zones/{name}/events/stream': { path: { name: string }; query?: { after?: number; name?: string; below?: string; type?: string; value?: string; by?: string; address?: string; outcome?: string; reason?: string; kind?: "create" | "update" | "import" | "restore" | "undo" | "delete" | "alarm" | "rebuild" | "compact" | "snapshot" | "lease"; since?: string; until?: string }; answer: undefined; line: Event }
  /** One event, with all that it changed */
  'GET /v1/zones/{name}/events/{seq}': { path: { name: string; seq: number }; answer: Event }
  /** Why an update got its outcome, and what would become of it now */
  'GET /v1/zones/{name}/events/{seq}/explanation': { path: { name: string; seq: number }; answer: ExplainedEvent }
  /** The message of an event as it was received, section by section */
  'GET /v1/zones/{name}/events/{seq}/message': { path: { name: string; seq: number }; answer: EventMessage }
  /** The contents of a zone as a zone file, now or at a moment of its history */
  'GET /v1/zones/{name}/export': { path: { name: string }; query?: { serial?: number; time?: string; event?: number }; answer: undefined }
  /** All events and checkpoints of a zone, to be kept and verified elsewhere */
  'GET /v1/zones/{name}/history': { path: { name: string }; answer: undefined; line: unknown }
  /** Leased values of a zone, by name */
  'GET /v1/zones/{name}/leases': { path: { name: string }; query?: { record?: string; after?: string; limit?: number }; answer: LeaseList }
  /** Keep leased values of a name, whether they are refreshed or not */
  'POST /v1/zones/{name}/leases/hold': { path: { name: string }; body: { name: string; type?: string; dryRun?: boolean }; answer: HeldLeases }
  /** Let values that were held go: each has a whole lease to be refreshed in */
  'POST /v1/zones/{name}/leases/release': { path: { name: string }; body: { name: string; type?: string; dryRun?: boolean }; answer: HeldLeases }
  /** Rebuild a zone from its events: compare, replace what is stored, or make a new zone; progress and result, one JSON object a line */
  'POST /v1/zones/{name}/rebuild': { path: { name: string }; body?: { replace?: boolean; into?: string }; answer: undefined; line: Progress | RebuildReport | CreatedZone | FailedStep }
  /** Put a zone, or a part of it, back as it was at a moment of its history */
  'POST /v1/zones/{name}/restore': { path: { name: string }; body?: { serial?: number; time?: string; event?: number; below?: string; types?: (string)[]; dryRun?: boolean; ifSeq?: number }; answer: RestoredZone }
  /** Records of a zone by RRset, in pages */
  'GET /v1/zones/{name}/rrsets': { path: { name: string }; query?: { limit?: number; after?: string; upTo?: string; from?: string; backwards?: boolean; name?: string; search?: string; type?: string }; answer: RRsetPage }
  /** Update rules of a zone, in order */
  'GET /v1/zones/{name}/rules': { path: { name: string }; answer: RuleList }
  /** Add rules */
  'POST /v1/zones/{name}/rules': { path: { name: string }; body: { rules: (string)[]; at?: number; version?: number; dryRun?: boolean }; answer: ChangedRules }
  /** Replace all rules */
  'PUT /v1/zones/{name}/rules': { path: { name: string }; body: { rules: (string)[]; version?: number; dryRun?: boolean }; answer: ChangedRules }
  /** Who changed the rules, newest first */
  'GET /v1/zones/{name}/rules/changes': { path: { name: string }; query?: { limit?: number; before?: number }; answer: RuleChanges }
  /** What the rules say of an update, rule by rule */
  'POST /v1/zones/{name}/rules/explain': { path: { name: string }; body: { key?: string; from: string; name: string; type?: string; value?: string; delete?: boolean; transport?: "udp" | "tcp" }; answer: ExplainedUpdate }
  /** Replace a zone's rules by those of a named.conf or of a configuration of Knot DNS */
  'POST /v1/zones/{name}/rules/import': { path: { name: string }; body: { text: string; format?: "bind" | "knot"; dryRun?: boolean }; answer: ImportedRules }
  /** What a list of rules would have made of the recorded updates; nothing is changed */
  'POST /v1/zones/{name}/rules/try': { path: { name: string }; body: { rules: (string)[]; since?: string; after?: number; limit?: number }; answer: TriedRules }
  /** Who could change a name: what the rules say of each identity that they mean */
  'POST /v1/zones/{name}/rules/who-could': { path: { name: string }; body: { name: string; type?: string; delete?: boolean; limit?: number; skip?: number }; answer: WhoCould }
  /** Remove a rule */
  'DELETE /v1/zones/{name}/rules/{position}': { path: { name: string; position: number }; query?: { version?: number; dryRun?: boolean }; answer: ChangedRules }
  /** Servers that follow a zone, and where they stand */
  'GET /v1/zones/{name}/secondaries': { path: { name: string }; answer: ZoneSecondaries }
  /** How many events a zone had when, by what became of them */
  'GET /v1/zones/{name}/timeline': { path: { name: string }; query?: { since?: string; until?: string; buckets?: number }; answer: Timeline }
  /** Take back what some events did, and keep what others did since */
  'POST /v1/zones/{name}/undo': { path: { name: string }; body?: { events?: (string)[]; by?: string; address?: string; since?: string; until?: string; name?: string; below?: string; type?: string; conflicts?: "skip" | "force" | "fail"; dryRun?: boolean; ifSeq?: number }; answer: UndoneZone }
  /** Verify a zone and its history; progress and result, one JSON object a line */
  'POST /v1/zones/{name}/verify': { path: { name: string }; body?: { publicKey?: string; checkpoints?: ({ checkpoint: string; signature: string })[] }; answer: undefined; line: Progress | Verification }
}

export type Zone = { id: number; name: string; serial: number; seq: number; records: number; rules: (string)[]; createdAt: string }

export type ZonePage = { zones: (Zone)[]; next?: string }

export type ProblemDetail = { message: string; line?: number; column?: number }

export type Problem = { type: string; title: string; status: number; code: string; detail: string; rcode?: string; reason?: string; errors?: (ProblemDetail)[] }

export type DeletedZoneDescription = { id: string; name: string; serial: number; events: number; createdAt: string; deletedAt: string; deletedBy?: string }

export type DeletedZonePage = { zones: (DeletedZoneDescription)[]; next?: number }

export type TransferSettings = { allowTransfer: (string)[]; notify: (string)[]; notifyMode: "yes" | "explicit" | "no"; catalog: string; catalogGroup: string }

export type CreatedZone = { id: number; name: string; serial: number; seq: number; records: number; rules: (string)[]; transfers: TransferSettings; warnings: (string)[]; dryRun?: true }

export type Rate = { count: number; seconds: number }

export type LeaseRange = { least: number; longest: number }

export type ZoneSettings = { serialPolicy: "increment" | "unixtime" | "date"; maxRecords: number; maxRecordsPerRrset: number; maxTypesPerName: number; maxUpdatesPerIdentity: Rate; leases: LeaseRange }

export type LeaseCounts = { running: number; held: number; nextEnd?: string }

export type ZoneDetails = { id: number; name: string; serial: number; seq: number; records: number; rules: (string)[]; createdAt: string; types: Record<string, number>; settings: ZoneSettings; transfers: TransferSettings; leases?: LeaseCounts }

export type ZoneAsOf = { name: string; seq: number; serial: number; time: string; records: number; types: Record<string, number>; note?: string }

export type DeletedZone = { id: number; name: string; serial: number; seq: number; dryRun?: true }

export type ZoneWithSettings = { id: number; name: string; settings: ZoneSettings; transfers: TransferSettings; dryRun?: true }

export type RRset = { name: string; type: string; ttl: number; values: (string)[] }

export type RRsetPage = { zone: string; serial: number; seq: number; rrsets: (RRset)[]; next?: string; previous?: string }

export type ZoneSecondaries = { zone: string; serial: number; secondaries: ({ target: string; address?: string; told?: number; acknowledged?: number; acknowledgedAt?: number; serial?: number; serialAt?: number; behindSince?: number; failures: number; failure?: string })[]; others: ({ address: string; serial: number; at: number })[] }

export type Lease = { name: string; type: string; value: string; seconds: number; endsAt: string; seq: number; heldBy?: string }

export type LeaseList = { zone: string; leases: LeaseRange; values: (Lease)[]; next?: string }

export type HeldLeases = { zone: string; name: string; values: number; seq?: number; dryRun?: true }

export type Source = { address: string; port: number }

export type RequestText = { prerequisites: (string)[]; updates: (string)[] }

export type HttpRequest = { form: string; token?: string }

export type Event = { schema: "zonelog.event/1"; eventId: string; zone: string; seq: number; kind: "create" | "update" | "import" | "restore" | "undo" | "delete" | "alarm" | "rebuild" | "compact" | "snapshot" | "lease"; time: string; receivedAt: string; queuedAt: string; decidedAt: string; by: string; source: Source; transport: string; edge: string; outcome: string; section: string; reason: string; detail: string; rule: string; serialBefore: number; serialAfter: number; removedCount: number; addedCount: number; removed: (string)[]; added: (string)[]; hash: string; soaBefore?: string; soaAfter?: string; cut?: true; request?: RequestText; http?: HttpRequest }

export type EventPage = { events: (Event)[]; next?: number }

export type MessageSignature = { kind: "tsig" | "sig0"; key: string; signedAt: string }

export type EventMessage = { zone: string; seq: number; id: number; opcode: number; zoneSection: (string)[]; prerequisites: (string)[]; updates: (string)[]; additionals: (string)[]; octets: string; udpSize?: number; signature?: MessageSignature }

export type EventSummary = { zone: string; seq: number; eventId: string; time: string; kind: string; by: string; address: string; transport: string; outcome: string; reason: string; serialBefore: number; serialAfter: number; removedCount: number; addedCount: number; names: (string)[] }

export type Moment = { seq: number; serial: number; time: string }

export type Diff = { schema: "zonelog.diff/1"; zone: string; from: Moment; to: Moment; removed: (string)[]; added: (string)[] }

export type DiffHead = { schema: "zonelog.diff/1"; zone: string; from: Moment; to: Moment }

export type DiffOfRRset = { removed: (string)[]; added: (string)[] }

export type Origin = { seq: number; eventId: string; time: string; by: string; address: string; transport: string; kind: string; rule: string }

export type LeaseEnd = { seconds: number; endsAt: string; heldBy?: string }

export type BlameLine = { schema: "zonelog.blame/1"; name: string; ttl: number; type: string; value: string; set: Origin; replaced: (string)[]; confirmed: Origin; lease?: LeaseEnd }

export type CountedEvents = { bucket: number; applied: number; unchanged: number; refused: number }

export type Timeline = { zone: string; from: string; to: string; buckets: number; first: number; last: number; cut: boolean; counts: (CountedEvents)[] }

export type Difference = { removed: (string)[]; added: (string)[]; cut?: true }

export type RestoredZone = { name: string; dryRun: boolean; basedOn: number; serialBefore: number; serial: number; removed: number; added: number; difference: Difference; to: Moment; seq?: number; note?: string }

export type UndoneEvents = { count: number; first: number; last: number }

export type NamedEvent = { seq: number; kind: string; by: string; time: string }

export type Conflict = { record: string; would: "add" | "remove" | "ttl"; reason: string; undone: NamedEvent; forced: boolean; message: string; since?: NamedEvent }

export type Note = { name: string; event: NamedEvent; message: string }

export type UndoneZone = { name: string; dryRun: boolean; basedOn: number; serialBefore: number; serial: number; removed: number; added: number; difference: Difference; events: UndoneEvents; conflictCount: number; conflicts: (Conflict)[]; notes: (Note)[]; seq?: number; since?: string; until?: string }

export type VerifiedCounts = { zones: number; upToDate: number; differing: number; leastRecent?: string }

export type VerifiedZone = { zone: string; seq: number; verified: number; again?: number; lookedAt?: string; differs?: string; differsSince?: string }

export type VerifiedZonePage = { counts: VerifiedCounts; zones: (VerifiedZone)[]; next?: string }

export type Progress = { seq: number; of: number }

export type HistoryFault = { field: string; message: string; seq?: number }

export type Verification = { schema: "zonelog.verification/1"; zone: string; ok: boolean; seq: number; serial: number; hash: string; publicKey: string; checkpoints: number; lastCheckpoint: number; rrsets: number; events: number; redecided: number; takenAsRecorded: number; faults: (HistoryFault)[]; begins?: Record<string, unknown> }

export type Checkpoint = { seq: number; checkpoint: string; signature: string }

export type Checkpoints = { publicKey: string; checkpoints: (Checkpoint)[] }

export type MadeCheckpoint = { publicKey: string; seq: number; checkpoint: string; signature: string }

export type CheckpointKey = { publicKey: string; believed: string }

export type DifferingRRset = { owner: string; type: number; differs: "missing" | "too-many" | "owner" | "ttl" | "rdata" }

export type RebuildReport = { schema: "zonelog.rebuild/1"; zone: string; seq: number; serial: number; rrsets: number; records: number; same: boolean; differing: number; differences: (DifferingRRset)[]; faults: (HistoryFault)[]; isHistoryWhole: boolean; putRightBy?: number }

export type FailedStep = { problem?: Problem }

export type CompactionPlan = { zone: string; from: number; upTo: number; hash: string; serial: number; time: string; events: number; octets: number }

export type NothingToCompact = { zone: string; events: 0 }

export type Compacted = { zone: string; upTo: number; serial: number; snapshot: string; seq: number }

export type Secret = { id: number; algorithm: string; state: "active" | "retiring" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; revokedAt: string | null; lastUsedAt: string | null }

export type Key = { name: string; kind: "tsig" | "sig0"; algorithm: string; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; leastMac: number | null; secrets: (Secret)[]; publicKey: string | null }

export type KeyPage = { keys: (Key)[]; next?: string }

export type CreatedKey = { name: string; algorithm: string; id: number; expiresAt: string | null; warnings: (string)[]; secret: string; clause: string }

export type TriedKey = { name: string; algorithm: string; id: number; expiresAt: string | null; warnings: (string)[]; dryRun: true }

export type CreatedSig0Key = { name: string; kind: "sig0"; algorithm: string; keyTag: number; warnings: (string)[]; dryRun?: true }

export type KeyChange = { at: string; by: string; change: string; detail: string }

export type KeyDetails = { name: string; kind: "tsig" | "sig0"; algorithm: string; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; leastMac: number | null; secrets: (Secret)[]; publicKey: string | null; namedBy: (string)[]; changes: (KeyChange)[] }

export type KeyUse = { secret: number; state: "active" | "retiring" | "expired" | "revoked"; source: string; firstAt: string; lastAt: string; count: number; usesNewestSince: string | null }

export type KeyUsage = { name: string; newest: number; uses: (KeyUse)[] }

export type ChangedKey = { name: string; kind: "tsig" | "sig0"; algorithm: string; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; leastMac: number | null; secrets: (Secret)[]; publicKey: string | null; dryRun?: true }

export type EndedKey = { name: string; ended: (number)[]; namedBy: (string)[]; dryRun?: true }

export type RetiringSecret = { id: number; until: string }

export type RotatedKey = { name: string; algorithm: string; id: number; retiring: (RetiringSecret)[]; warnings: (string)[]; secret: string; clause: string }

export type TriedRotation = { name: string; algorithm: string; id: number; retiring: (RetiringSecret)[]; warnings: (string)[]; dryRun: true }

export type UpdateToken = { key: string; name: string; hosts: (string)[]; allowFrom: (string)[]; state: "active" | "expired"; createdAt: string; createdBy: string; expiresAt: string | null; leaseSeconds: number | null }

export type UpdateTokenPage = { tokens: (UpdateToken)[] }

export type CreatedUpdateToken = { key: string; name: string; hosts: (string)[]; allowFrom: (string)[]; state: "active" | "expired"; createdAt: string; createdBy: string; expiresAt: string | null; leaseSeconds: number | null; token: string }

export type TriedUpdateToken = { key: string; name: string; hosts: (string)[]; allowFrom: (string)[]; state: "active" | "expired"; createdAt: string; createdBy: string; expiresAt: string | null; leaseSeconds: number | null; dryRun: true }

export type RevokedUpdateToken = { key: string; name: string; hosts: (string)[]; allowFrom: (string)[]; state: "active" | "expired"; createdAt: string; createdBy: string; expiresAt: string | null; leaseSeconds: number | null; dryRun?: true }

export type MasterKeyHolder = { role: "edge" | "writer"; id: string; holdsNext: boolean }

export type Resealed = { secrets: number; isNext: boolean; holders: (MasterKeyHolder)[]; places: { present?: string; next?: string } }

export type Refusal = { id: number; auditId: string; edge: string; firstAt: string; lastAt: string; reason: string; outcome: string | null; source: string; claimedKey: string; zone: string; count: number; detail: string; remedy: string }

export type RefusalPage = { refusals: (Refusal)[]; next?: number }

export type RuleList = { zone: string; version: number; rules: (string)[] }

export type RuleChange = { version: number; at: string; by: string; change: string; detail: string; rules: (string)[] }

export type RuleChanges = { zone: string; changes: (RuleChange)[]; next?: number }

export type ChangedRules = { zone: string; version: number; rules: (string)[]; changed: (string)[]; warnings: (string)[]; dryRun?: true }

export type ExplainedRule = { position: number; rule: string; result: "grants" | "denies" | "does not match"; because: string }

export type ExplainedTarget = { operation: "add" | "delete"; name: string; type: string; allowed: boolean; sentence: string; rules: (ExplainedRule)[] }

export type WantedRule = { rule: string; at?: number; from?: number }

export type Verdict = { outcome: string; section: string; reason: string; detail: string; rule: string; means: string; remedy: string }

export type ExplainedUpdate = { asker: string; targets: (ExplainedTarget)[]; hidden: number; wanted: (WantedRule)[]; zone: string; ruleCount: number; notes: (string)[]; allowed: boolean; verdict: Verdict }

export type AskerVerdict = { identity: string; allowed: boolean; sentence: string; exists?: boolean }

export type WhoCould = { zone: string; ruleCount: number; askerCount: number; askers: (AskerVerdict)[]; next?: number }

export type EventPlace = { zone: string; seq: number }

export type LaterRuleChange = { version: number; at: string; by: string; change: string; detail: string }

export type ExplainedEvent = { asker: string; targets: (ExplainedTarget)[]; hidden: number; wanted: (WantedRule)[]; zone: string; ruleCount: number; notes: (string)[]; event: string; eventId: string; time: string; by: string; prerequisites: (string)[]; updates: (string)[]; recorded: Verdict; now: Verdict; rulesChanged: (LaterRuleChange)[] }

export type ChangedVerdict = { change: "newly refused" | "newly allowed"; by: string; source: string; name: string; type: string; count: number; events: (string)[]; reason: string; detail: string }

export type TriedRules = { zone: string; updates: number; refusedThen: number; refusedNow: number; newlyRefused: number; newlyAllowed: number; changed: (ChangedVerdict)[]; hidden: number; since?: string; next?: number }

export type Finding = { kind: "refused" | "left-out" | "note"; line: number; column: number; word: string; message: string; file?: string }

export type ImportedRules = { zone: string; format: "bind" | "knot"; rulesBefore: (string)[]; rules: (string)[]; findings: (Finding)[]; warnings: (string)[]; dryRun: boolean }

export type HealthProblem = { what: string; todo: string }

export type WriterHealth = { status: "starting" | "ok" | "degraded"; live: boolean; ready: boolean; accepting: boolean; problems: (HealthProblem)[]; postgres: { breaker?: string; answers?: boolean }; nats: { connected?: boolean }; partitions: (number)[] }

export type Versions = { writer: string; postgres: string; nats?: string }

export type MissingWriter = { id: string; version: string; listens: string; startedAt: string; seenAt: string; state: "gone" | "silent" }

export type PartitionState = { partition: number; isHeld: boolean; writer?: string; since?: string; waiting?: number }

export type EdgeLag = { events: number; seconds: number; unconfirmedSeconds: number }

export type MinuteActivity = { at: number; applied: number; unchanged: number; refused: number }

export type HeldPartition = { partition: number; since: number }

export type VerifierRound = { endedAt: number; ms: number; zones: number; events: number; rrsets: number }

export type VerifierProgress = { share: number; zones: number; looked: number; last?: VerifierRound }

export type WriterState = { startedAt: number; breaker: "closed" | "half-open" | "open"; problems: (HealthProblem)[]; partitions: (HeldPartition)[]; verifier: VerifierProgress }

export type Peer = { role: "edge" | "writer"; id: string; listens: string; lag?: EdgeLag; version?: string; activity?: (MinuteActivity)[]; writer?: WriterState }

export type Status = { zones: number; events: number; writer: string; health: WriterHealth; versions: Versions; missing: (MissingWriter)[]; partitions: (PartitionState)[]; writers?: (Peer)[]; edges?: (Peer)[] }

export type Alarm = { severity: "alarm" | "warning"; what: string; todo: string; zone?: string; key?: string }

export type SecondariesSeen = { zones: number; seen: number }

export type Overview = { at: number; zones: number; events: number; minutes: (MinuteActivity)[]; missing: (MissingWriter)[]; alarms: (Alarm)[]; minutesFrom?: number; writers?: (Peer)[]; edges?: (Peer)[]; secondaries?: SecondariesSeen }

export type Session = { name: string; expiresAt: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null }

export type ChangedRecords = { zone: string; dryRun: boolean; reason: string; detail: string; serialBefore: number; serial: number; removed: (string)[]; added: (string)[]; eventId?: string; seq?: number }

export type Me = { token: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null; expiresAt: string | null }

export type Token = { name: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; lastUsedAt: string | null }

export type TokenPage = { tokens: (Token)[]; next?: string }

export type CreatedToken = { name: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; lastUsedAt: string | null; secret: string }

export type TriedToken = { name: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; lastUsedAt: string | null; dryRun: true }

export type RevokedToken = { name: string; role: "viewer" | "operator" | "admin"; zones: (string)[] | null; state: "active" | "expired" | "revoked"; createdAt: string; createdBy: string; expiresAt: string | null; lastUsedAt: string | null; dryRun?: true }

export type AuditEntry = { id: number; at: string; by: string; subject: "zone" | "rules" | "key" | "token" | "master-key"; name: string; change: string; detail: string; seq?: number }

export type AuditPage = { entries: (AuditEntry)[]; next?: number }

export type ImportedZone = { id: number; name: string; serialBefore: number; serial: number; seq: number; records: number; removed: number; added: number; warnings: (string)[]; dryRun?: true }
