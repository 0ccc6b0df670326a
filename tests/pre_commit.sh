#!/usr/bin/env bash
# The hook under the real pre-commit framework: what is staged is judged, whatever lies in the work tree.
# Needs pre-commit and git on PATH. Argument: the program.
set -euo pipefail
program=$(realpath "$1")
pre-commit validate-manifest "$(dirname "$0")/../.pre-commit-hooks.yaml"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder PRE_COMMIT_HOME=$folder/cache XDG_CACHE_HOME=$folder/cache
mkdir "$folder/repository"
cd "$folder/repository"
git init --quiet
git config user.name A
git config user.email a@example.org
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: local
    hooks:
      - id: ssot-guard
        name: ssot-guard
        entry: $program hook run
        language: system
        pass_filenames: false
        always_run: true
YAML
echo 'x = 1' > app.py
git add --all
pre-commit install > /dev/null
git commit --quiet --message first

bypass='jwt.decode(token, options={"verify_signature": False})'
printf 'import jwt\n%s\n' "$bypass" > app.py
git add app.py
# The framework stashes what is not staged, and puts it back.
echo 'x = 2' > app.py
if git commit --quiet --message second 2> said; then
    echo 'a staged bypass went through the framework' >&2
    exit 1
fi
grep --quiet 'COMMIT BLOCKED: 1 critical finding' said
grep --quiet 'x = 2' app.py
git restore --staged app.py
git commit --quiet --all --message second
git rm --quiet app.py
git commit --quiet --message 'a deletion'
