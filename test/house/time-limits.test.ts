import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as limits from '../../shared/time-limits.ts'

/** docs/promises.md says why. */
describe('time limits', () => {
  const { kea, go, nsupdate } = limits.CLIENT_PATIENCE

  it('a re-send of any client finds the first outcome', () => {
    for (const { waitMs, tries } of [kea, go, nsupdate]) assert.ok(waitMs * tries < limits.RESEND_WINDOW_MS)
    assert.ok(limits.RESEND_LOOK_BACK_MS > limits.RESEND_WINDOW_MS)
    assert.ok(limits.MOST_COMMAND_TTL_MS + limits.OUTCOME_GRACE_MS < limits.RESEND_WINDOW_MS)
    assert.ok(limits.COMMAND_TTL_MS <= limits.MOST_COMMAND_TTL_MS)
  })

  it('a command is not applied when its most patient sender has given up', () =>
    assert.ok(limits.COMMAND_TTL_MS < nsupdate.waitMs * nsupdate.tries))

  it("one writer's death is over before nsupdate sends again, and opens no circuit breaker", () => {
    assert.ok(limits.TAKEOVER_MS <= nsupdate.waitMs)
    assert.ok(limits.CLAIM_REVIEW_MS + limits.CUT_OFF_MS < limits.TAKEOVER_MS)
    assert.ok(3 * limits.CONSUMER_HEARTBEAT_MS < limits.TAKEOVER_MS)
    assert.ok(limits.CLAIM_REVIEW_MS + 3 * limits.CONSUMER_ANSWER_MS < limits.TAKEOVER_MS)
    assert.ok(limits.CLAIM_REVIEW_MS + limits.LEFTOVER_FIRST_LOOK_MS < limits.TAKEOVER_MS)
    assert.ok(limits.CLAIM_REVIEW_MS + 2 * limits.CONSUMER_PATIENCE_MS < limits.TAKEOVER_MS)
    assert.ok(limits.TAKEOVER_MS < limits.SLOW_UPDATE_MS)
  })

  it('a command that its consumer does not give is found before its deadline', () =>
    // one look that sees the last command, one that sees no other, and the way back
    assert.ok(2 * limits.LEFTOVER_LOOK_MS + limits.CLAIM_REVIEW_MS < limits.COMMAND_TTL_MS))

  it('and, while nothing else comes, before the least patient of its senders has given up', () => {
    const found = limits.LEFTOVER_LOOK_MS + limits.LEFTOVER_SECOND_LOOK_MS
    assert.ok(found < limits.CONSUMER_HEARTBEAT_MS * 2)
    assert.ok(found + limits.CONSUMER_PATIENCE_MS < kea.waitMs * kea.tries)
  })

  it('what failed is tried again before an impatient client gives up', () => {
    assert.ok(limits.WRITER_BREAKER_RESET_MS <= kea.waitMs)
    assert.ok(limits.EDGE_BREAKER_RESET_MS < kea.waitMs * kea.tries)
    assert.ok(limits.EDGE_BREAKER_RESET_MS < go.waitMs)
    assert.ok(limits.NATS_MOMENT_MS < kea.waitMs * kea.tries)
    assert.ok(limits.UNHEARD_MS + limits.IN_FLIGHT_LOOK_MS < kea.waitMs * kea.tries)
    assert.ok(limits.OUTCOMES_REPLY_MS < go.waitMs)
  })

  it('what a server of NATS took with it is sent again, and asked for, before it is given up', () => {
    assert.ok(limits.SEND_AGAIN_MS + limits.IN_FLIGHT_LOOK_MS < limits.PUBLISH_TIMEOUT_MS)
    assert.ok(limits.ON_ITS_WAY_MS < limits.CONSUMER_HEARTBEAT_MS)
  })

  it('what Postgres is asked is given up only when it says nothing for long, and before clients have gone', () => {
    assert.ok(limits.CLAIM_RETRY_MS < limits.WRITER_BREAKER_RESET_MS)
    assert.ok(limits.CLAIM_REVIEW_MS < limits.CLAIM_RETURN_MS)
    assert.ok(limits.CLAIM_RETURN_MS < limits.TAKEOVER_MS)
    assert.ok(limits.CLAIM_ANSWER_MS < limits.COMMAND_TTL_MS)
    assert.ok(limits.COMMIT_STATEMENT_MS + limits.COMMIT_GRACE_MS < limits.COMMAND_TTL_MS)
  })

  it('each step ends before what waits for it', () => {
    assert.ok(limits.NATS_MOMENT_MS + limits.PUBLISH_TIMEOUT_MS < limits.SLOW_UPDATE_MS)
    assert.ok(limits.LOCKED_LOOK_MS + limits.COMMIT_LOCK_MS < limits.SLOW_UPDATE_MS)
    assert.ok(limits.COMMIT_LOCK_MS < limits.CLIENT_PATIENCE.kea.waitMs)
    assert.ok(limits.COMMIT_STATEMENT_MS < limits.COMMAND_TTL_MS)
    assert.ok(limits.COMMIT_STATEMENT_MS < limits.ACK_WAIT_MS)
    assert.ok(
      limits.KEEP_CONSUMER_MS + limits.COMMIT_STATEMENT_MS + limits.COMMIT_GRACE_MS < limits.ACK_WAIT_MS,
    )
    assert.ok(limits.CLAIM_ANSWER_MS < limits.KEEP_CONSUMER_MS)
    assert.ok(2 * limits.SIGN_OF_LIFE_MS < limits.CLAIM_ANSWER_MS)
    assert.ok(limits.WITHOUT_CONSUMER_MS < limits.LEFTOVERS_AGAIN_MS)
  })

  it('a stop has time for what it waits for', () =>
    assert.ok(limits.DRAIN_MS + limits.LISTENER_GRACE_MS <= limits.STOP_LIMIT_MS))
})
