# Restores the state of a session's shell before a command, and reports it when the shell exits: at the command's end, by
# exit, under set -e, or after a syntax error. bash reads this file first because BASH_ENV names it; the command itself
# stays an ordinary `bash -c`, in its error messages and in the list of processes.
# $REIN_SHELL is the script that restores the state of the last command. To descriptor 4, a socket to the server, go the
# state of the fresh shell before that script, and the state that the command leaves: shell-state.ts decides which part
# of it persists. A command that writes there itself changes nothing but what it could change anyway.

__rein_restore=$REIN_SHELL
unset BASH_ENV REIN_SHELL
exec 61>&4 4>&- # a number that no script uses

# Reports the state. Run it without standard error, so that `set -x` does not trace it.
__rein_report() {
  __rein_status=$?
  { printf 'options\n' && umask -p && shopt -p; set +o && printf '\0'; } >&61
  set +eu
  builtin trap - DEBUG ERR RETURN
  __rein_describe >&61
  return "$__rein_status"
}

# Prints records, each ended by a null character, the last of them "whole". Works with bash 3.2, whatever IFS is.
__rein_describe() {
  printf 'directory\n%s\0' "$PWD"
  for __rein_name in "${!_@}" \
    "${!a@}" "${!b@}" "${!c@}" "${!d@}" "${!e@}" "${!f@}" "${!g@}" "${!h@}" "${!i@}" "${!j@}" "${!k@}" "${!l@}" "${!m@}" \
    "${!n@}" "${!o@}" "${!p@}" "${!q@}" "${!r@}" "${!s@}" "${!t@}" "${!u@}" "${!v@}" "${!w@}" "${!x@}" "${!y@}" "${!z@}" \
    "${!A@}" "${!B@}" "${!C@}" "${!D@}" "${!E@}" "${!F@}" "${!G@}" "${!H@}" "${!I@}" "${!J@}" "${!K@}" "${!L@}" "${!M@}" \
    "${!N@}" "${!O@}" "${!P@}" "${!Q@}" "${!R@}" "${!S@}" "${!T@}" "${!U@}" "${!V@}" "${!W@}" "${!X@}" "${!Y@}" "${!Z@}"; do
    case $__rein_name in
    BASH | BASH_* | BASHOPTS | BASHPID | COMP_* | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | HISTCMD) ;;
    LINENO | PIPESTATUS | PPID | PWD | RANDOM | SECONDS | SHELLOPTS | SRANDOM | UID | _ | __rein_*) ;;
    *) printf 'variable %s\n' "$__rein_name" && declare -p "$__rein_name" && printf '\0' ;;
    esac
  done
  __rein_names=$(compgen -A function) || return
  while [[ $__rein_names ]]; do
    __rein_name=${__rein_names%%$'\n'*}
    __rein_names=${__rein_names:${#__rein_name}+1}
    case $__rein_name in
    trap | __rein_*) ;;
    *) printf 'function %s\n' "$__rein_name" && declare -f "$__rein_name" && printf '\0' ;;
    esac
  done
  printf 'attributes\n' && declare -F && printf '\0'
  printf 'aliases\n' && alias -p && printf '\0'
  printf 'whole\0'
}

# An EXIT trap of the command is run after ours instead of replacing it.
trap() {
  builtin trap "$@" || return
  [[ $BASH_SUBSHELL == 0 ]] || return 0
  eval "set -- $(builtin trap -p EXIT)"
  [[ ${3-} == "$__rein_end"* ]] || builtin trap -- "$__rein_end"$'\n'"${3-}" EXIT
}

__rein_end='{ __rein_report; } 2>/dev/null'
shopt -s expand_aliases
__rein_report
builtin trap -- "$__rein_end" EXIT
. "$__rein_restore"
