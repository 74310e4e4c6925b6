/**
 * How long zonelog waits for what, in ms. All follow from how long clients wait (docs/promises.md#time-limits); test/house/time-limits
 * holds the relations between them.
 */

/** What clients do: they send, wait, and send again. */
export const CLIENT_PATIENCE = {
  /** Kea's D2 server. */
  kea: { waitMs: 500, tries: 3 },
  /** Programs in Go with miekg/dns, such as ACME clients. */
  go: { waitMs: 2_000, tries: 1 },
  nsupdate: { waitMs: 3_000, tries: 4 },
} as const

/** A re-send within this time of the first arrival gets the first outcome (P2): longer than anybody goes on sending. */
export const RESEND_WINDOW_MS = 30_000
/** A writer looks back a little further: a re-send that an edge received in time may have been slow to reach the stream. */
export const RESEND_LOOK_BACK_MS = RESEND_WINDOW_MS + 3_000

/** A command that nobody may wait for any more is not applied (P3); ZONELOG_COMMAND_TTL_MS changes it. */
export const COMMAND_TTL_MS = 10_000
/** The longest that may be set: its sender's next try must not be another update while the outcome of this one is still awaited. */
export const MOST_COMMAND_TTL_MS = 26_000
/** How long after its deadline the outcome of a command is still expected: a commit may have been under way. */
export const OUTCOME_GRACE_MS = 3_000

/** Most updates are decided sooner: an outcome that has not come by then may have been told and lost, and writers are asked. */
export const UNHEARD_MS = 750
/** For so long a writer that is asked may say nothing; then another one may be asked. */
export const OUTCOMES_REPLY_MS = 1_000
/** How often an edge looks after commands under way. */
export const IN_FLIGHT_LOOK_MS = 250
/** Between two copies of a command that may have been lost on its way into the stream. */
export const SEND_AGAIN_MS = 1_000

/** Within this time of a writer's death others work for its zones. */
export const TAKEOVER_MS = 3_000
/** How often writers look whether partitions are free or owed to others. */
export const CLAIM_REVIEW_MS = 400
/** How often a writer that lost its session tries to have one again. */
export const CLAIM_RETRY_MS = 100
/** For so long after that it leaves the partitions of others to them: they come back too. */
export const CLAIM_RETURN_MS = 1_000
/**
 * For so long Postgres may say nothing before a writer believes that its partitions are lost, and a writer before Postgres takes them away:
 * until then nobody else can have them.
 */
export const CLAIM_ANSWER_MS = 8_000
/** How often a writer that is busy with other things says to Postgres that it is there. */
export const SIGN_OF_LIFE_MS = 1_000
/** How long a writer may be without NATS before it leaves its partitions to others. */
export const CUT_OFF_MS = 1_000

/** How often a consumer that has nothing says that it is there; one that was silent for twice as long is made anew. */
export const CONSUMER_HEARTBEAT_MS = 700

/** What a server of NATS sent before another one led a consumer is on its way for no longer, nor is the news that it leads it. */
export const ON_ITS_WAY_MS = 500

/** For so long JetStream may not answer that a consumer was made or deleted; then a writer looks whether it was. */
export const CONSUMER_ANSWER_MS = 300

/** While nothing comes, a writer looks so often whether commands are in the stream that their consumer does not give. */
export const LEFTOVER_LOOK_MS = 500
/** Those that are still there so long after a look saw them, with nothing given meanwhile, are not on their way any more. */
export const LEFTOVER_SECOND_LOOK_MS = 250
/** The first look after a consumer was made. */
export const LEFTOVER_FIRST_LOOK_MS = 400
/** A consumer that takes longer to be made is not waited for: commands are taken without it meanwhile. */
export const CONSUMER_PATIENCE_MS = 100
/** When commands stay again within this time, a writer takes all of them without a consumer, as long as any come, */
export const LEFTOVERS_AGAIN_MS = 30_000
/** and for so long at most: then another consumer may be better. */
export const WITHOUT_CONSUMER_MS = 10_000

/** An update without outcome for so long counts against NATS and the writers: one writer's death must not. */
export const SLOW_UPDATE_MS = 4_000
/** For so long an edge waits for NATS to be back, or for a stream to have a leader again, before it says SERVFAIL. */
export const NATS_MOMENT_MS = 1_000
/** How long an edge waits for the stream to confirm a command. */
export const PUBLISH_TIMEOUT_MS = 2_000
/** How long the edge's circuit breaker stays open before one update is let through. */
export const EDGE_BREAKER_RESET_MS = 1_000
/** The same of the writer's, towards Postgres. */
export const WRITER_BREAKER_RESET_MS = 500

/** One statement of a transaction that decides updates. */
export const COMMIT_STATEMENT_MS = 5_000
/** So much longer all of it may take, the commit too, before a writer looks by another connection what became of it. */
export const COMMIT_GRACE_MS = 2_000
/** So long a commit waits for the row of a zone; then its other zones go on without that one, whose commands are tried again. */
export const COMMIT_LOCK_MS = 100
/** For so long a zone may be locked while a restore, an undo or an import looks what it changes; updates wait meanwhile. */
export const LOCKED_LOOK_MS = 2_000
/** JetStream delivers a command again that was not acknowledged for so long; mostly the consumer is made anew before. */
export const ACK_WAIT_MS = 30_000
/** For so long a batch in hand is kept, and tried again, while Postgres is away; then the consumer is made anew. */
export const KEEP_CONSUMER_MS = 20_000

/** An ordered stop is over by then, or is cut short. */
export const STOP_LIMIT_MS = 5_000
/** Of that, how long an edge waits for updates under way. */
export const DRAIN_MS = 3_000
/** And how long its listeners wait for answers that are being made. */
export const LISTENER_GRACE_MS = 2_000
