import { useRef, useState } from 'preact/hooks'
import { Button } from './button.tsx'
import { copyText, selectText } from './copy-text.ts'

/** Text to copy: a command, a snippet of configuration. */
export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  const shown = useRef<HTMLElement>(null)
  return (
    <section class="code" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        <code ref={shown}>{text}</code>
      </pre>
      <CopyButton text={text} label={`Copy ${label}`} onFailed={() => selectText(shown.current)} />
    </section>
  )
}

export function CopyButton({
  text,
  label,
  onFailed,
}: {
  readonly text: string
  readonly label: string
  readonly onFailed?: () => void
}) {
  const [said, setSaid] = useState('')
  const place = useRef<HTMLSpanElement>(null)
  const copy = async () => {
    const isCopied = await copyText(text, place.current!)
    setSaid(isCopied ? 'Copied' : 'The browser does not let it be copied: select it and press Ctrl+C.')
    if (isCopied) setTimeout(() => setSaid(''), 2_000)
    else onFailed?.()
  }
  const isCopied = said === 'Copied'
  return (
    <span class="copy" ref={place}>
      <Button small label={label} onClick={copy}>
        {isCopied ? said : 'Copy'}
      </Button>
      <span class={isCopied ? 'unseen' : 'quiet'} role="status">
        {said}
      </span>
    </span>
  )
}
