import { OWN_HEADER } from './client.ts'
import { ApiError, type Problem, UNREACHABLE } from './problem.ts'
import { endSession } from './session.ts'

/**
 * Sends a zone file of any length, and reports how much of it is sent, from 0 to 1, then undefined while the API works on it. Only
 * XMLHttpRequest tells.
 */
export function upload<T>(
  address: string,
  file: Blob,
  report: (share: number | undefined) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', address)
    request.setRequestHeader('content-type', 'text/dns')
    for (const [name, value] of Object.entries(OWN_HEADER)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => report(loaded < total ? loaded / total : undefined)
    request.onerror = () => reject(new ApiError(UNREACHABLE))
    request.onload = () => {
      if (request.status === 401) endSession()
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as T)
      else reject(new ApiError(problemIn(request)))
    }
    request.send(file)
  })
}

function problemIn({ status, responseText }: XMLHttpRequest): Problem {
  try {
    return JSON.parse(responseText) as Problem
  } catch {
    return { status, code: 'unexpected-answer', detail: `The server answered ${status}; try again.` }
  }
}
