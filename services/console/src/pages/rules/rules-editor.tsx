import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { RuleList, TriedRules } from '../../api/operations.ts'
import { type Problem, problemOf } from '../../api/problem.ts'
import { may } from '../../api/roles.ts'
import { Button } from '../../parts/button.tsx'
import { ProblemNote, useSubmit } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { setQuery } from '../../routing/location.ts'
import { draftRule, inserted, moved, textsOf } from './draft.ts'
import { RuleRow } from './rule-row.tsx'
import { Trial } from './trial.tsx'

const TRIED = '30d'
/** While somebody types nothing is asked for. */
const SETTLED_MS = 400

/** The ordered list: the first rule that matches decides. Nothing is changed before it is saved. */
export function RulesEditor({
  zone,
  stored,
  added,
  onSaved,
}: {
  readonly zone: string
  readonly stored: RuleList
  readonly added: { readonly rule: string; readonly at: number } | undefined
  readonly onSaved: () => void
}) {
  const [rules, setRules] = useState(() => {
    const draft = stored.rules.map(draftRule)
    return added === undefined ? draft : inserted(draft, added.rule, added.at)
  })
  const [said, setSaid] = useState('')
  const [trial, setTrial] = useState<TriedRules>()
  const texts = textsOf(rules)
  const isChanged = JSON.stringify(texts) !== JSON.stringify(stored.rules)
  const fault = useLiveCheck(zone, texts, isChanged)
  const save = useSubmit(async () => {
    const { warnings } = await call('PUT /v1/zones/{name}/rules', {
      path: { name: zone },
      body: { rules: texts, version: stored.version },
    })
    toast(['Saved the rules', ...warnings].join('. '))
    setQuery({ add: undefined, at: undefined })
    onSaved()
  })
  const tryThem = useSubmit(async () => {
    setTrial(
      await call('POST /v1/zones/{name}/rules/try', {
        path: { name: zone },
        body: { rules: texts, since: TRIED },
      }),
    )
  })
  const move = (from: number, to: number) => {
    const next = moved(rules, from, to)
    if (next === rules) return
    setRules(next)
    setSaid(`Rule is now number ${to + 1} of ${rules.length}`)
  }
  return (
    <Section title="Rules, the first that matches decides">
      <ol class="rules">
        {rules.map((rule, index) => (
          <RuleRow
            key={rule.id}
            rule={rule}
            index={index}
            count={rules.length}
            onInput={(text) =>
              setRules(rules.map((each) => (each.id === rule.id ? { ...each, text } : each)))
            }
            onMove={move}
            onRemove={() => setRules(rules.filter(({ id }) => id !== rule.id))}
          />
        ))}
      </ol>
      {rules.length === 0 && (
        <p class="quiet">
          No rule: nobody may update this zone. Add one such as <code>grant router name host A AAAA</code>.
        </p>
      )}
      <p class="unseen" role="status">
        {said}
      </p>
      <ProblemNote problem={save.problem ?? tryThem.problem ?? fault} />
      <div class="actions">
        <Button onClick={() => setRules([...rules, draftRule('')])}>Add a rule</Button>
        {may('operator') && (
          <Button
            kind="primary"
            busy={save.busy}
            disabled={!isChanged || fault !== undefined}
            onClick={save.submit}
          >
            Save
          </Button>
        )}
        <Button busy={tryThem.busy} disabled={fault !== undefined} onClick={tryThem.submit}>
          Try on the last 30 days
        </Button>
        <Button disabled={!isChanged} onClick={() => setRules(stored.rules.map(draftRule))}>
          As they were
        </Button>
      </div>
      {!may('operator') && (
        <p class="quiet">Your token may try other rules; saving them needs the role operator.</p>
      )}
      {trial && <Trial zone={zone} trial={trial} />}
    </Section>
  )
}

/** What is wrong with the list as it stands: it is tried on no event at all. */
function useLiveCheck(zone: string, texts: readonly string[], isChanged: boolean): Problem | undefined {
  const [fault, setFault] = useState<Problem>()
  const key = JSON.stringify(texts)
  useEffect(() => {
    if (!isChanged) return setFault(undefined)
    const gone = new AbortController()
    const settled = setTimeout(async () => {
      try {
        const body = { rules: [...texts], since: 'now' }
        await call('POST /v1/zones/{name}/rules/try', { path: { name: zone }, body, signal: gone.signal })
        setFault(undefined)
      } catch (error) {
        if (!gone.signal.aborted) setFault(problemOf(error))
      }
    }, SETTLED_MS)
    return () => {
      clearTimeout(settled)
      gone.abort()
    }
  }, [key, isChanged])
  return fault
}
