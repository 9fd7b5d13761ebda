# shellcheck shell=bash
# Completion of the command mlinfra, which answers itself what can come next.
_mlinfra() {
  local IFS=$'\n'
  mapfile -t COMPREPLY < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" _MLINFRA_COMPLETE=complete_bash mlinfra)
}
complete -o default -F _mlinfra mlinfra
