import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as spans,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { TracingConfig } from '../config/telemetry.ts'
import type { Logger } from '../log.ts'
import { ourVersion } from '../version.ts'
import { TellingExporter } from './telling-exporter.ts'
import type {
  Attributes,
  BatchTrace,
  Period,
  PublishStep,
  RequestTrace,
  TracedCommand,
  Tracing,
  UpdateTrace,
} from './tracing.ts'

/** An export that takes longer has failed, in ms; so has the last one, when a service ends. */
const EXPORT_MS = 4_000
const LAST_EXPORT_MS = 1_500
/** Spans that wait to be sent; what is more is dropped, so that a receiver that is gone costs no memory. */
const MOST_WAITING = 4_096

/** Sends spans by OTLP over HTTP, a few times a second, in the background. Loaded only where an endpoint is configured. */
export class OpenTelemetryTracing implements Tracing {
  private readonly provider: TracerProvider
  private readonly tracer: Tracer

  constructor(
    { url, ratio }: TracingConfig,
    service: { readonly name: string; readonly id: string },
    log: Logger,
  ) {
    const exporter = new TellingExporter(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS }), log)
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': `zonelog-${service.name}`,
        'service.version': ourVersion(),
        'service.instance.id': service.id,
      }),
      // who began a trace has decided whether it is kept
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          scheduledDelayMillis: 500,
          maxQueueSize: MOST_WAITING,
          exportTimeoutMillis: EXPORT_MS,
        }),
      ],
    })
    this.tracer = this.provider.getTracer('zonelog')
  }

  update(began: number): UpdateTrace | undefined {
    const clock = clockNow()
    const root = this.tracer.startSpan(
      'update',
      { kind: SpanKind.SERVER, startTime: began + clock },
      ROOT_CONTEXT,
    )
    if (!root.isRecording()) return undefined
    const within = spans.setSpan(ROOT_CONTEXT, root)
    return {
      step: (name, period) => this.step(name, period, clock, within),
      publishing: () => this.publishing(within),
      end: (about) => {
        root.setAttributes(about)
        root.end(clock + performance.now())
      },
    }
  }

  batch(
    commands: readonly TracedCommand[],
    steps: Readonly<Record<'process' | 'decide' | 'commit', Period>>,
  ): BatchTrace {
    const clock = clockNow()
    const contexts = commands.map(({ traceparent, about }) => {
      const { from, to } = steps.process
      const options = { kind: SpanKind.CONSUMER, startTime: from + clock, attributes: about }
      const span = this.tracer.startSpan('process', options, contextOf(traceparent))
      const within = spans.setSpan(ROOT_CONTEXT, span)
      this.step('decide', steps.decide, clock, within)
      this.step('commit', steps.commit, clock, within)
      span.end(to + clock)
      return within
    })
    return {
      published: (period) => {
        for (const within of contexts) this.step('publish', period, clock, within)
      },
    }
  }

  request(name: string, traceparent: string | undefined): RequestTrace | undefined {
    const parent = traceparent === undefined ? ROOT_CONTEXT : contextOf(traceparent)
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER }, parent)
    if (!span.isRecording()) return undefined
    return {
      publishing: () => this.publishing(spans.setSpan(ROOT_CONTEXT, span)),
      end: (about: Attributes, isFault: boolean) => {
        span.setAttributes(about)
        if (isFault) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  async close(): Promise<void> {
    await this.provider.forceFlush({ timeoutMillis: LAST_EXPORT_MS }).catch(() => {})
    await this.provider.shutdown().catch(() => {})
  }

  private publishing(within: Context): PublishStep {
    const span = this.tracer.startSpan('publish', { kind: SpanKind.PRODUCER }, within)
    return { traceparent: traceparentOf(span), end: () => span.end() }
  }

  private step(name: string, { from, to }: Period, clock: number, within: Context): void {
    this.tracer.startSpan(name, { startTime: from + clock }, within).end(to + clock)
  }
}

/** What `performance.now()` lacks to ms since the epoch: asked for each trace, as the machine's clock may have been set since the start. */
function clockNow(): number {
  return Date.now() - performance.now()
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Of a `traceparent` that has its form. */
function contextOf(traceparent: string): Context {
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string]
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return spans.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
