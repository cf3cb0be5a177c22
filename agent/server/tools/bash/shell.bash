# The state of a session's shell: brought back before a command, and written down when the command leaves it, be it at
# its end, by exit, under set -e or after a syntax error. bash reads this first because BASH_ENV names it; the command
# itself stays an ordinary `bash -c`, in what it says of its errors and in how it is listed among the processes.
# What of the state is kept is decided in shell-state.ts. The folder $REIN_SHELL holds:
#   before   what the shell was before anything was brought back
#   restore  the script that brings back what the last command left
#   after    what this command leaves

__rein_folder=$REIN_SHELL
unset BASH_ENV REIN_SHELL

# Saves into the file of this name. It is run with standard error closed to it, so that `set -x` does not show it.
__rein_save() {
  __rein_status=$?
  { printf 'options\n' && umask -p && shopt -p; set +o && printf '\0'; } >|"$__rein_folder/$1"
  set +eu
  builtin trap - DEBUG ERR RETURN
  __rein_describe "$__rein_folder/names" >>"$__rein_folder/$1"
  return "$__rein_status"
}

# Prints records, each ended by a null character, the last of them "whole". Names go through a file: it costs less than
# a fork, and needs nothing newer than bash 3.2.
__rein_describe() {
  printf 'directory\n%s\0' "$PWD"
  compgen -v >|"$1"
  while IFS= read -r __rein_name; do
    case $__rein_name in
    BASH | BASH_* | BASHOPTS | BASHPID | COMP_* | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | HISTCMD) ;;
    LINENO | PIPESTATUS | PPID | PWD | RANDOM | SECONDS | SHELLOPTS | SRANDOM | UID | _ | __rein_*) ;;
    *) printf 'variable %s\n' "$__rein_name" && declare -p "$__rein_name" && printf '\0' ;;
    esac
  done <"$1"
  compgen -A function >|"$1"
  while IFS= read -r __rein_name; do
    case $__rein_name in
    trap | __rein_*) ;;
    *) printf 'function %s\n' "$__rein_name" && declare -f "$__rein_name" && printf '\0' ;;
    esac
  done <"$1"
  printf 'attributes\n' && declare -F && printf '\0'
  printf 'aliases\n' && alias -p && printf '\0'
  printf 'whole\0'
}

# An EXIT trap of the command's own comes after ours, not in its place.
trap() {
  builtin trap "$@" || return
  [[ $BASH_SUBSHELL == 0 ]] || return 0
  eval "set -- $(builtin trap -p EXIT)"
  [[ ${3-} == "$__rein_end"* ]] || builtin trap -- "$__rein_end"$'\n'"${3-}" EXIT
}

__rein_end='{ __rein_save after; } 2>/dev/null'
shopt -s expand_aliases
__rein_save before
builtin trap -- "$__rein_end" EXIT
. "$__rein_folder/restore"
