import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { useResource } from '../../api/use-resource.ts'
import { addressFor } from './snippet-texts.ts'

/** Where clients reach an edge, as edges say it until somebody types something else. */
export function useServer(textOf: (address: string) => string = (address) => address): {
  readonly value: string
  readonly onInput: (value: string) => void
} {
  const [typed, setTyped] = useState<string>()
  const status = useResource('status', () => call('GET /v1/status', {}))
  const found = addressFor(status.value?.edges?.[0]?.listens, window.location.hostname)
  return { value: typed ?? textOf(found), onInput: setTyped }
}
