import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import type { DraftRule } from './draft.ts'

const FORM = 'application/x-zonelog-rule'

/** One rule: text to edit; it moves by dragging, by its buttons, or by Alt with an arrow. */
export function RuleRow({
  rule,
  index,
  count,
  onInput,
  onMove,
  onRemove,
}: {
  readonly rule: DraftRule
  readonly index: number
  readonly count: number
  readonly onInput: (text: string) => void
  readonly onMove: (from: number, to: number) => void
  readonly onRemove: () => void
}) {
  const [isOver, setOver] = useState(false)
  const number = index + 1
  return (
    <li
      class={isOver ? 'over' : undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes(FORM)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        onMove(Number(event.dataTransfer?.getData(FORM)), index)
      }}
    >
      <span
        class="grip"
        draggable
        aria-hidden="true"
        onDragStart={(event) => event.dataTransfer?.setData(FORM, String(index))}
      >
        ⠿
      </span>
      <input
        class="mono"
        aria-label={`Rule ${number}`}
        value={rule.text}
        spellcheck={false}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
          if (!event.altKey || step === 0) return
          event.preventDefault()
          onMove(index, index + step)
        }}
      />
      <Button
        small
        label={`Move rule ${number} up`}
        disabled={index === 0}
        onClick={() => onMove(index, index - 1)}
      >
        ↑
      </Button>
      <Button
        small
        label={`Move rule ${number} down`}
        disabled={number === count}
        onClick={() => onMove(index, index + 1)}
      >
        ↓
      </Button>
      <Button small label={`Remove rule ${number}`} onClick={onRemove}>
        ✕
      </Button>
    </li>
  )
}
