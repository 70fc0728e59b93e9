// What a shell loads: it hands the line up to the cursor to `dmalab complete`, and takes a candidate from each line of the answer.
// A line `:files` says that names of files may stand there as well.

const BASH = `# dmalab completion for bash: eval "$(dmalab completion bash)" in ~/.bashrc
_dmalab() {
  local line value files=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then files=1; continue; fi
    value="\${line%%$'\\t'*}"
    [ -n "$value" ] && COMPREPLY+=("$value")
  done < <(dmalab complete --breaks "$COMP_WORDBREAKS" -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [ -n "$files" ]; then
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    compopt -o filenames 2>/dev/null
  fi
  case "\${COMPREPLY[0]}" in
    *[=+@]|*\\!\\ *) compopt -o nospace 2>/dev/null ;;
  esac
}
complete -F _dmalab dmalab
`

const ZSH = `#compdef dmalab
# dmalab completion for zsh: dmalab completion zsh > a folder of $fpath, as _dmalab; or eval "$(dmalab completion zsh)" behind compinit
_dmalab() {
  local line value files
  local -a values shown
  while IFS= read -r line; do
    if [[ "$line" == ":files" ]]; then files=1; continue; fi
    value="\${line%%$'\\t'*}"
    [[ -z "$value" ]] && continue
    values+=("$value")
    if [[ "$line" == *$'\\t'?* ]]; then shown+=("$value -- \${line#*$'\\t'}"); else shown+=("$value"); fi
  done < <(dmalab complete -- "\${(j: :)words[1,CURRENT-1]} $QIPREFIX$IPREFIX$PREFIX" 2>/dev/null)
  (( \${#values} )) && compadd -l -d shown -a values
  [[ -n "$files" ]] && _files
}
if [[ "$funcstack[1]" == "_dmalab" ]]; then _dmalab "$@"; else compdef _dmalab dmalab; fi
`

const FISH = `# dmalab completion for fish: dmalab completion fish > ~/.config/fish/completions/dmalab.fish
function __dmalab_complete
  for line in (dmalab complete -- (commandline -cp) 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c dmalab -f -a "(__dmalab_complete)"
`

export const COMPLETION_SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const
