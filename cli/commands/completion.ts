import { CliError, type Command } from '../command.ts'
import { SHELLS, scriptFor } from '../completion/scripts.ts'

export const completion: Command = {
  words: 'completion',
  summary: 'Print what lets a shell complete commands, options, zones and keys',
  takes: ['bash|zsh|fish'],
  examples: [
    'source <(zonelog completion bash)',
    'zonelog completion bash > /etc/bash_completion.d/zonelog',
    'zonelog completion zsh > ~/.zfunc/_zonelog',
    'zonelog completion fish > ~/.config/fish/completions/zonelog.fish',
  ],
  run: async ({ args, terminal, json }) => {
    const shell = SHELLS.find((known) => known === args[0])
    if (shell === undefined) throw new CliError(`'${args[0]}' is not one of ${SHELLS.join(', ')}`, 2)
    const script = scriptFor(shell)
    if (json) terminal.json({ shell, script })
    else terminal.raw(script)
  },
}

/** What the scripts call: the words typed so far, the last of them unfinished. Never says anything but candidates. */
export const complete: Command = {
  words: '__complete',
  summary:
    'Candidates for the last of some words, one a line with what it is; for the scripts of `completion`',
  takes: ['[WORD...]'],
  examples: ['zonelog __complete -- zone sh'],
  isHidden: true,
  run: async ({ args, api, terminal }) => {
    // it reads the list of commands, of which this is one
    const { completions } = await import('../completion/complete.ts')
    for (const { word, what } of await completions(args, api)) terminal.line(`${word}\t${what}`)
  },
}
