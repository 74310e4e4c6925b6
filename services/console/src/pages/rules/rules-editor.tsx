import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { RuleList, TriedRules } from '../../api/operations.ts'
import { isOfWhatWasTyped, problemOf } from '../../api/problem.ts'
import { may } from '../../api/roles.ts'
import { Button } from '../../parts/button.tsx'
import { ProblemNote, useSubmit } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { draftRule, moved, textsOf } from './draft.ts'
import { RuleRow } from './rule-row.tsx'
import { RulesConflict } from './rules-conflict.tsx'
import { Trial } from './trial.tsx'
import { useLiveCheck } from './use-live-check.ts'
import { useRulesDraft } from './use-rules-draft.ts'

const TRIED = '30d'

/** The ordered list: the first rule that matches decides. Nothing is changed before it is saved, and what was typed stays until then. */
export function RulesEditor({
  zone,
  stored,
  added,
  onOutdated,
}: {
  readonly zone: string
  readonly stored: RuleList
  readonly added: { readonly rule: string; readonly at: number } | undefined
  /** What is stored is another list by now. */
  readonly onOutdated: () => void
}) {
  const { rules, setRules, base, setBase, saved, newer } = useRulesDraft(zone, stored, added)
  const [said, setSaid] = useState('')
  const [tried, setTried] = useState<{ texts: string; trial: TriedRules }>()
  const texts = textsOf(rules)
  const isChanged = JSON.stringify(texts) !== JSON.stringify(base.rules)
  const fault = useLiveCheck(zone, texts, isChanged)
  const isWrong = isOfWhatWasTyped(fault)
  const save = useSubmit(async () => {
    const { warnings, ...found } = await call('PUT /v1/zones/{name}/rules', {
      path: { name: zone },
      body: { rules: texts, version: base.version },
    }).catch((error) => {
      if (problemOf(error).code === 'rules-changed') onOutdated()
      throw error
    })
    toast(['Saved the rules', ...warnings].join('. '))
    saved(texts, found)
    onOutdated()
  })
  const tryThem = useSubmit(async () => {
    const trial = await call('POST /v1/zones/{name}/rules/try', {
      path: { name: zone },
      body: { rules: texts, since: TRIED },
    })
    setTried({ texts: JSON.stringify(texts), trial })
  })
  const { list, focusRule } = useRuleFocus()
  const remove = (index: number) => {
    setRules(rules.filter((_, each) => each !== index))
    focusRule(Math.min(index, rules.length - 2))
    setSaid(`Rule ${index + 1} is removed`)
  }
  const move = (from: number, to: number) => {
    const next = moved(rules, from, to)
    if (next === rules) return
    setRules(next)
    setSaid(`Rule is now number ${to + 1} of ${rules.length}`)
  }
  return (
    <Section title="Rules, the first that matches decides">
      <ol class="rules" ref={list}>
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
            onRemove={() => remove(index)}
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
      {newer && (
        <RulesConflict
          newer={newer}
          mine={texts}
          onMine={() => {
            save.forget()
            setBase(newer)
          }}
          onTheirs={() => {
            save.forget()
            setBase(newer)
            setRules(newer.rules.map(draftRule))
          }}
        />
      )}
      <ProblemNote problem={newer ? undefined : (save.problem ?? tryThem.problem ?? fault)} />
      <div class="actions">
        <Button
          onClick={() => {
            setRules([...rules, draftRule('')])
            focusRule(rules.length)
          }}
        >
          Add a rule
        </Button>
        {may('operator') && (
          <Button
            kind="primary"
            busy={save.busy}
            disabled={!isChanged || isWrong || newer !== undefined}
            onClick={save.submit}
          >
            Save
          </Button>
        )}
        <Button busy={tryThem.busy} disabled={isWrong} onClick={tryThem.submit}>
          Try on the last 30 days
        </Button>
        <Button disabled={!isChanged} onClick={() => setRules(base.rules.map(draftRule))}>
          As they were
        </Button>
      </div>
      {!may('operator') && (
        <p class="quiet">Your token may try other rules; saving them needs the role operator.</p>
      )}
      {tried?.texts === JSON.stringify(texts) && <Trial zone={zone} trial={tried.trial} />}
    </Section>
  )
}

/** Gives the keyboard to a rule once it is there: to a new one, and to the next when one went. Below 0, to the button that adds one. */
function useRuleFocus(): { list: RefObject<HTMLOListElement | null>; focusRule: (index: number) => void } {
  const list = useRef<HTMLOListElement>(null)
  const wanted = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    const inputs = list.current?.querySelectorAll('input')
    const add = list.current?.parentElement?.querySelector<HTMLElement>('.actions button')
    ;(inputs?.[wanted.current] ?? add)?.focus()
    wanted.current = undefined
  })
  return {
    list,
    focusRule: (index) => {
      wanted.current = index
    },
  }
}
