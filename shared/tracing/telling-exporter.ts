import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from '../log.ts'

type ExportArguments = Parameters<SpanExporter['export']>
/** OpenTelemetry's code of a success. */
const SUCCESS = 0

/** Says once that the receiver of traces does not take them, and once that it does again. */
export class TellingExporter implements SpanExporter {
  private readonly inner: SpanExporter
  private readonly log: Logger
  private isFailing = false

  constructor(inner: SpanExporter, log: Logger) {
    this.inner = inner
    this.log = log
  }

  export(batch: ReadableSpan[], done: ExportArguments[1]): void {
    this.inner.export(batch, (result) => {
      this.note(result.code === SUCCESS, result.error)
      done(result)
    })
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush?.()
  }

  async shutdown(): Promise<void> {
    await this.inner.shutdown()
  }

  private note(isTaken: boolean, error: Error | undefined): void {
    if (isTaken === !this.isFailing) return
    this.isFailing = !isTaken
    if (isTaken) this.log.info('traces are taken again')
    else
      this.log.warn(
        { problem: error?.message },
        'traces are not taken by their receiver; updates go on without them',
      )
  }
}
