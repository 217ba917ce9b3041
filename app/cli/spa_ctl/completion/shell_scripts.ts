/** Shells that the program knows. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** A line of `spa_ctl __complete` that says: file names of this machine. */
export const LOCAL_FILES = ':files';

/** The program completes its own command line: the scripts pass on what is typed and show what it answers. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for spa_ctl. In ~/.bashrc: source <(spa_ctl completion bash)
_spa_ctl() {
  local line IFS=$'\\n'
  COMPREPLY=()
  for line in $("\${COMP_WORDS[0]}" __complete --line "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null); do
    if [ "$line" = ${LOCAL_FILES} ]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")")
  done
}
complete -F _spa_ctl spa_ctl
`,
  zsh: `#compdef spa_ctl
# zsh completion for spa_ctl. In ~/.zshrc, after compinit: source <(spa_ctl completion zsh)
_spa_ctl() {
  local line
  local -a lines values texts
  lines=("\${(@f)$("\${words[1]}" __complete --line "\${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines}"; do
    [[ -z "$line" ]] && continue
    if [[ "$line" == ${LOCAL_FILES} ]]; then
      _files
      return
    fi
    values+=("\${line%%$'\\t'*}")
    texts+=("\${line//$'\\t'/  }")
  done
  (( \${#values} )) && compadd -d texts -a values
}
if [[ "\${funcstack[1]}" == _spa_ctl ]]; then
  _spa_ctl "$@"
else
  compdef _spa_ctl spa_ctl
fi
`,
};

export function shellScript(shell: Shell): string {
  return SCRIPTS[shell];
}
