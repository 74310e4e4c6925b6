import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'

/** What traces tell of a step: names of OpenTelemetry where it has them. */
export type Attributes = Readonly<Record<string, string | number>>

/** When a step began and ended, by `performance.now()`. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** A step whose child is what a writer does. */
export interface PublishStep {
  readonly traceparent: string
  end(): void
}

/** The trace of one update at an edge. */
export interface UpdateTrace {
  step(name: string, period: Period): void
  publishing(): PublishStep
  end(about: Attributes): void
}

/** The trace of one request of the API. */
export interface RequestTrace {
  /** Of a command that it sends. */
  publishing(): PublishStep
  end(about: Attributes, isFault: boolean): void
}

/** What a writer did for one command of a batch that somebody traces. */
export interface TracedCommand {
  readonly traceparent: string
  readonly about: Attributes
}

export interface BatchTrace {
  /** Its events and outcomes are on their way since `from`; the stream has the events since `to`. */
  published(period: Period): void
}

/** Traces by OpenTelemetry. Where none are configured there is no such object, and nothing of OpenTelemetry is loaded. */
export interface Tracing {
  /** Undefined where this one is not sampled. `began` by `performance.now()`. */
  update(began: number): UpdateTrace | undefined
  /** The steps of a batch, told for each of its commands that is traced. */
  batch(
    commands: readonly TracedCommand[],
    steps: Readonly<Record<'process' | 'decide' | 'commit', Period>>,
  ): BatchTrace
  /** A request of the API, which may carry a `traceparent`; undefined where it is not sampled. */
  request(name: string, traceparent: string | undefined): RequestTrace | undefined
  /** Sends what has gathered. Never rejects. */
  close(): Promise<void>
}

/** W3C Trace Context, version 00. */
export const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Undefined where no endpoint is configured. */
export async function startTracing(
  { tracing }: Pick<Config, 'tracing'>,
  service: { readonly name: string; readonly id: string },
  log: Logger,
): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined
  const { OpenTelemetryTracing } = await import('./open-telemetry.ts')
  return new OpenTelemetryTracing(tracing, service, log)
}
