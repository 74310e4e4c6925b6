export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

// `zonelog` alone, `bin/zonelog` and the full path are all completed; each asks the program that was typed.

const BASH = `# bash completion of zonelog
_zonelog() {
  local IFS=$'\\n' current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  [[ $current == [\\<\\>]* ]] && return
  local candidate
  while read -r candidate; do
    case $candidate in
      __files__) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current")) ;;
      *) COMPREPLY+=("$candidate") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
}
complete -F _zonelog zonelog bin/zonelog ./bin/zonelog
`

const ZSH = `#compdef zonelog
_zonelog() {
  local -a candidates
  local line word
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    if [[ $word == __files__ ]]; then
      _files
    else
      candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#candidates} )) && _describe zonelog candidates
}
compdef _zonelog zonelog
`

const FISH = `# fish completion of zonelog
function __zonelog_candidates
  set -l typed (commandline -opc) (commandline -ct)
  for line in ($typed[1] __complete -- $typed[2..-1] 2>/dev/null)
    if string match -q '__files__*' -- $line
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c zonelog -f -a '(__zonelog_candidates)'
`

/** What a shell is to read. */
export function scriptFor(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell]
}
