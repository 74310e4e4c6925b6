/** What a change takes away and adds, a record a line; the signs say it without colours. */
export function Diff({
  removed,
  added,
  most = 500,
}: {
  readonly removed: readonly string[]
  readonly added: readonly string[]
  /** Lines of each that are shown. */
  readonly most?: number
}) {
  if (removed.length + added.length === 0) return <p class="quiet">Nothing changes.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="diff" aria-label="Changes" tabIndex={0}>
      <Lines sign="−" verb="removed" kind="removed" lines={removed} most={most} />
      <Lines sign="+" verb="added" kind="added" lines={added} most={most} />
    </section>
  )
}

function Lines({
  sign,
  verb,
  kind,
  lines,
  most,
}: {
  readonly sign: string
  readonly verb: string
  readonly kind: string
  readonly lines: readonly string[]
  readonly most: number
}) {
  return (
    <>
      {lines.slice(0, most).map((line) => (
        <div class={kind} key={line}>
          <span aria-hidden="true">{sign}</span>
          <span class="unseen">{verb}: </span>
          <code>{line}</code>
        </div>
      ))}
      {lines.length > most && (
        <div class="quiet">
          … {(lines.length - most).toLocaleString()} more {verb}
        </div>
      )}
    </>
  )
}
