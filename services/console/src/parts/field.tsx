import type { ComponentChildren, InputHTMLAttributes, Ref } from 'preact'
import { useId } from 'preact/hooks'

interface Described {
  readonly label: ComponentChildren
  readonly hint?: ComponentChildren
  /** Stands beside what was typed, and is read out. */
  readonly error?: string | undefined
}

interface Told {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

/** A label, what belongs into the field, and what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  children,
}: Described & { readonly children: (told: Told) => ComponentChildren }) {
  const id = useId()
  const [hintId, errorId] = [`${id}-hint`, `${id}-error`]
  const described = [hint && hintId, error && errorId].filter(Boolean).join(' ')
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
      <p class="error" id={errorId} aria-live="polite">
        {error}
      </p>
    </div>
  )
}

interface Plain {
  readonly type?: 'text' | 'password' | 'search' | 'number' | 'datetime-local'
  readonly name?: string
  readonly placeholder?: string
  readonly required?: boolean
  readonly autoComplete?: string
  readonly inputMode?: 'numeric' | 'search' | 'text'
  readonly min?: number
  readonly max?: number
  /** Id of a datalist with proposals. */
  readonly list?: string
}

export interface TextFieldProps extends Described, Plain {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly mono?: boolean
  readonly disabled?: boolean
  readonly inputRef?: Ref<HTMLInputElement>
}

export function TextField({
  label,
  hint,
  error,
  value,
  onInput,
  mono,
  disabled,
  inputRef,
  ...plain
}: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(told) => (
        <input
          type="text"
          spellcheck={false}
          autoCapitalize="off"
          {...(plain as InputHTMLAttributes)}
          {...told}
          ref={inputRef ?? null}
          class={mono ? 'mono' : undefined}
          value={value}
          disabled={disabled}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export function TextArea({
  label,
  hint,
  error,
  value,
  onInput,
  rows = 4,
  placeholder,
  required,
}: Described & {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly rows?: number
  readonly placeholder?: string
  readonly required?: boolean
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(told) => (
        <textarea
          {...told}
          class="mono"
          spellcheck={false}
          rows={rows}
          placeholder={placeholder}
          required={required}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
}

export function SelectField<T extends string>({
  label,
  hint,
  error,
  value,
  choices,
  onInput,
  disabled,
}: Described & {
  readonly value: T
  readonly choices: readonly Choice<T>[]
  readonly onInput: (value: T) => void
  readonly disabled?: boolean
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(told) => (
        <select
          {...told}
          value={value}
          disabled={disabled}
          onInput={(event) => onInput(event.currentTarget.value as T)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function CheckField({
  label,
  hint,
  checked,
  onInput,
  disabled,
}: Described & {
  readonly checked: boolean
  readonly onInput: (checked: boolean) => void
  readonly disabled?: boolean
}) {
  const id = useId()
  return (
    <div class="field check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
