# Restores the state of a session's shell before a command, and saves it when the shell exits: at the command's end, by
# exit, under set -e, or after a syntax error. bash reads this file first because BASH_ENV names it; the command itself
# stays an ordinary `bash -c`, in its error messages and in the list of processes.
# shell-state.ts decides which part of the state persists. The folder $REIN_SHELL holds:
#   before   the state of the fresh shell, before `restore`
#   restore  the script that restores the state of the last command
#   after    the state that this command leaves

__rein_folder=$REIN_SHELL
unset BASH_ENV REIN_SHELL

# Saves the state into the file of this name. Run it without standard error, so that `set -x` does not trace it.
__rein_save() {
  __rein_status=$?
  { printf 'options\n' && umask -p && shopt -p; set +o && printf '\0'; } >|"$__rein_folder/$1"
  set +eu
  builtin trap - DEBUG ERR RETURN
  __rein_describe "$__rein_folder/names" >>"$__rein_folder/$1"
  return "$__rein_status"
}

# Prints records, each ended by a null character, the last of them "whole". Names go through a file, which costs less
# than a fork and works with bash 3.2.
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

# An EXIT trap of the command is run after ours instead of replacing it.
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
