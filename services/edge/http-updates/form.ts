import type { FormServices } from './form-services.ts'
import type { HttpRequest } from './server/http-request.ts'

/** What a form answers. */
export interface FormAnswer {
  readonly status: number
  /** What happened, for metrics: one of few words, never what a client sent. */
  readonly word: string
  readonly body: string
  /** `text/plain` unless given. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One way in which clients ask for updates over HTTP. Each is a small file that is listed in `forms.ts`. */
export interface Form {
  /** Stable; metrics, the log and events name the form by it. */
  readonly name: string
  /** Whether a request is of this form; the first form in the table that says so gets it. Looks at method, path and parameter names only. */
  readonly takes: (request: HttpRequest) => boolean
  /** Whether it reads the body by itself, once it knows who asks; else the fields of a form in it are there, and nothing that is longer. */
  readonly readsBody?: boolean
  readonly answer: (request: HttpRequest, services: FormServices) => Promise<FormAnswer>
  /** How a fault or a refusal is said that is not the form's own: by status, before anything was read. */
  readonly sayFailure?: (failure: Failure) => FormAnswer
}

/** What can go wrong with any request. */
export type Failure = 'stopping' | 'too-many' | 'too-large' | 'fault'
