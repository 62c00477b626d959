# armrun.bash — completion of armrun for bash.
_armrun_severities="informational low medium high"
_armrun_tags="malicious tor proxy vpn hosting allow"
_armrun_options="--intel --tune --now --learn-until --only --except --min-severity --since --until --format --output
  --rejects --fail-on --quiet --stats --threads --memory --fold --lateness --help --version"

_armrun() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  case $before in
    --min-severity | --fail-on) mapfile -t COMPREPLY < <(compgen -W "$_armrun_severities" -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word"); return ;;
    --intel) mapfile -t COMPREPLY < <(compgen -S = -W "$_armrun_tags" -- "$word"); compopt -o nospace; return ;;
  esac
  if [[ $word == -* ]]; then
    local options=$_armrun_options
    case $command in
      check) options="--tune --intel --sandbox --quiet --help --version" ;;
      new) options="--rules --specs --help --version" ;;
      test) options="--help" ;;
      simulate) options="--seed --principals --days --shape --attacks --without --from --output --labels --self-check
        --quiet --help" ;;
      evaluate) options="--beside --format --output --reports --gate --help" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi
  if ((COMP_CWORD == 1)); then mapfile -t COMPREPLY < <(compgen -W "builtin check new test simulate evaluate" -- "$word"); fi
  mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _armrun armrun
