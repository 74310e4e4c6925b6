import { OWN_HEADER } from './client.ts'
import { ApiError, type Problem, problemIn } from './problem.ts'
import { endSession } from './session.ts'

/** Whether it came to the API nobody knows here. */
const NO_ANSWER: Problem = {
  status: 0,
  code: 'no-answer',
  detail:
    'The connection broke before there was an answer: see in the history whether the file was taken, else send it again.',
}

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
    request.onerror = () => reject(new ApiError(NO_ANSWER))
    request.onload = () => {
      if (request.status === 401) endSession()
      if (request.status < 200 || request.status >= 300)
        return reject(new ApiError(problemIn(request, request.responseText)))
      try {
        resolve(JSON.parse(request.responseText) as T)
      } catch {
        reject(new ApiError(NO_ANSWER))
      }
    }
    request.send(file)
  })
}
