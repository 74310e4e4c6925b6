import { useState } from 'preact/hooks'
import { Button } from './button.tsx'

/** Text to copy: a command, a snippet of configuration. */
export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <section class="code" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={`Copy ${label}`} />
    </section>
  )
}

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <span class="copy">
      <Button small label={label} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
      <span class="unseen" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </span>
  )
}
