#!/usr/bin/env python3
"""Shows what ssot-guard and its peers do with inputs that are hard to read.

    python3 benches/bad_inputs.py [--binary PATH] [--no-install]

Each input stands alone in a folder, holds a bypass behind an obstacle, and is scanned by every tool. A cell is `F`
when the bypass was found, else `–`, followed by the exit code; `T` means that the tool ran into the time limit. A
dash with exit code 0 is a gate that opened for a file it did not read: these are counted in the last row.

ruff and bandit have no rule for the JWT bypass. They are judged by the switched-off TLS check on the line after it
(S501, B501), which asks the same of their reading.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import programs
from compare import BYPASS_RULES, markdown_table, words
from programs import PEER_RULES, Unavailable

HEADER = "import jwt\nimport requests\n\n\n"
BYPASS = (
    "def read(token):\n"
    '    claims = jwt.decode(token, options={"verify_signature": False})\n'
    '    return claims, requests.get("https://example.org", verify=False, timeout=5)\n'
)
PLAIN = HEADER + BYPASS
COMMENT = "# a line of comment that only makes the file longer, as generated code and data tables do\n"

SECONDS_PER_RUN = 120
SECONDS_BESIDE_A_FIFO = 20


@dataclass(frozen=True)
class Input:
    """One row: `prepare` fills the folder it is given."""

    label: str
    prepare: Callable[[Path], None]
    bypass: bool = True
    seconds: int = SECONDS_PER_RUN


@dataclass(frozen=True)
class Tool:
    """One column: `found` tells from the standard output whether the bypass was reported."""

    label: str
    command: list[str]
    found: Callable[[str], bool]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", metavar="PATH", help="a built ssot-guard; without it, cargo builds one")
    parser.add_argument("--no-install", action="store_true", help="leave out peers that are not there yet")
    arguments = parser.parse_args()
    try:
        ours = programs.build_ours(arguments.binary)
    except Unavailable as err:
        sys.exit(f"bad_inputs.py: {err}")

    notes = []
    tools = list(tools_to_run(ours, not arguments.no_install, notes))
    inputs = list(INPUTS)
    if os.geteuid() == 0:
        inputs.remove(UNREADABLE_FOLDER)
        notes.append("The unreadable folder is left out: root can read every folder. Run as another user to see it.")

    rows = []
    silent_passes = dict.fromkeys((tool.label for tool in tools), 0)
    with tempfile.TemporaryDirectory() as base:
        for number, bad_input in enumerate(inputs):
            print(f"scanning: {bad_input.label}", file=sys.stderr)
            folder = Path(base) / f"input-{number}"
            bad_input.prepare(folder)
            cells = []
            for tool in tools:
                cell, passed_silently = scan(tool, folder, bad_input)
                silent_passes[tool.label] += passed_silently
                cells.append(cell)
            restore_access(folder)
            rows.append([bad_input.label, *cells])
    for tool, cell in zip(tools, rows[0][1:]):
        if not cell.startswith("F"):
            notes.append(f"{tool.label} missed the bypass in the plain file too: its column says nothing.")
    rows.append(["bypass or path missed with exit code 0", *(str(count) for count in silent_passes.values())])
    print("\n".join(markdown_table(["input", *silent_passes], rows)))
    print()
    versions = [f"{tool.label} {programs.version(tool.command[0])}" for tool in tools]
    print(f"- Versions: {', '.join(versions)}")
    for note in notes:
        print(f"- {note}")


# Inputs


def python_file(content):
    """A folder with one Python file of these bytes."""

    def prepare(folder):
        folder.mkdir()
        (folder / "service.py").write_bytes(content)

    return prepare


def long_file(size):
    def prepare(folder):
        lines = size // len(COMMENT)
        python_file((COMMENT * lines + PLAIN).encode())(folder)

    return prepare


def unreadable_folder(folder):
    python_file(b"VALUE = 1\n")(folder)
    closed = folder / "closed"
    python_file(PLAIN.encode())(closed)
    closed.chmod(0)


def restore_access(folder):
    """Opens a closed folder again, so that it can be removed."""
    closed = folder / "closed"
    if closed.exists():
        closed.chmod(0o700)


def fifo_beside_a_clean_file(folder):
    python_file(b"VALUE = 1\n")(folder)
    os.mkfifo(folder / "pipe.py")


def missing_path(folder):
    """Leaves the folder out."""


UNREADABLE_FOLDER = Input("unreadable folder", unreadable_folder)
INPUTS = [
    Input("plain file, for comparison", python_file(PLAIN.encode())),
    Input("Latin-1 byte in a comment, no coding cookie", python_file(f"# café\n{PLAIN}".encode("latin-1"))),
    Input("UTF-16 LE with byte order mark", python_file(b"\xff\xfe" + PLAIN.encode("utf-16-le"))),
    Input("file of 1.2 MB", long_file(1_200_000)),
    Input("file of 50 MB", long_file(50_000_000)),
    Input("syntax error before the bypass", python_file(f"{HEADER}def broken(:\n    pass\n\n\n{BYPASS}".encode())),
    Input("NUL byte in a comment before the bypass", python_file(f"{HEADER}# \0\n{BYPASS}".encode())),
    UNREADABLE_FOLDER,
    Input(
        f"FIFO beside a clean file, {SECONDS_BESIDE_A_FIFO} s limit",
        fifo_beside_a_clean_file,
        bypass=False,
        seconds=SECONDS_BESIDE_A_FIFO,
    ),
    Input("missing path", missing_path),
]


# Tools


def tools_to_run(ours, may_install, notes):
    """The columns of the table; a tool that is missing becomes a note."""
    yield Tool("ssot-guard", words([ours, "scan", "--format", "json", "--include-tests"]), found_by_ours)
    builders = {"ruff": ruff, "ast-grep": ast_grep, "semgrep": semgrep, "bandit": bandit}
    for name, build in builders.items():
        try:
            yield build(programs.find_peer(name, may_install))
        except Unavailable as err:
            notes.append(f"Left out: {err}")


def found_by_ours(stdout):
    findings = json.loads(stdout)["findings"]
    return any(BYPASS_RULES & {finding["rule"], *finding.get("also", [])} for finding in findings)


def ruff(program):
    def found(stdout):
        return any(json.loads(line)["code"] == "S501" for line in stdout.splitlines())

    # E902, a file that cannot be read, is in ruff's default selection; naming S501 alone would switch it off.
    command = [program, "check", "--no-cache", "--isolated", "--select", "S501,E902", "--output-format", "json-lines"]
    return Tool("ruff", words(command), found)


def ast_grep(program):
    def found(stdout):
        return any(json.loads(line)["ruleId"] == "jwt-verify-disabled" for line in stdout.splitlines())

    return Tool("ast-grep", words([program, "scan", "--rule", PEER_RULES / "ast-grep.yml", "--json=stream"]), found)


def semgrep(program):
    def found(stdout):
        return any(result["check_id"].endswith("jwt-verify-disabled") for result in json.loads(stdout)["results"])

    command = [program, "scan", "--error", "--strict", "--config", PEER_RULES / "semgrep.yml"]
    command += ["--metrics=off", "--disable-version-check", "--quiet", "--json"]
    return Tool("semgrep", words(command), found)


def bandit(program):
    def found(stdout):
        return any(result["test_id"] == "B501" for result in json.loads(stdout)["results"])

    command = [program, "--recursive", "--tests", "B501", "--quiet", "--format", "json"]
    return Tool("bandit", words(command), found)


def scan(tool, folder, bad_input):
    """The cell for one tool and input, and whether the tool passed what it should not have."""
    process = subprocess.Popen(
        [*tool.command, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        stdout, _ = process.communicate(timeout=bad_input.seconds)
    except subprocess.TimeoutExpired:
        # The whole group: a worker that still holds the pipe would keep us waiting.
        os.killpg(process.pid, 9)
        process.communicate()
        return "T", False
    try:
        found = tool.found(stdout.decode("utf-8", errors="replace"))
    except (ValueError, KeyError, TypeError):
        # A tool that gives up may print nothing, or something else than its report.
        found = False
    passed_silently = bad_input.bypass and not found and process.returncode == 0
    return f"{'F' if found else '–'} {process.returncode}", passed_silently


if __name__ == "__main__":
    main()
