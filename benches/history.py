#!/usr/bin/env python3
"""Shows whether the baseline keeps its promise over a long history: what was accepted stays known, what is new shows.

    python3 benches/history.py TREE [--seed N] [--states N] [--keep FOLDER]

TREE is a folder of real Python, JavaScript or TypeScript code that uses JWTs, a few hundred files of it. It is copied
and never changed. Good ones come from the package indexes, unpacked into one folder:

    pip download --no-binary :all: --no-deps authlib djangorestframework-simplejwt fastapi-users
    pip download --no-binary :all: --no-deps flask-jwt-extended python-jose
    npm pack @feathersjs/authentication livekit-server-sdk @auth/core oidc-provider parse-server

The copy becomes a git repository. `baseline create` accepts what is found, and `baseline accept` names the criticals,
so that everything is accepted at the start. Then come the states, each one edit and one commit, chosen by the seed.
Most edits change nothing that matters: lines, comments, formatters, moves and new names. Some bring a finding, or take
one away. For every edit it is known by construction which lines hold new findings and how many accepted ones are gone;
one scan a state is held against that.

The edits pile up. What was moved is followed by `baseline update` in some cases and left alone in others, for dozens of
later states. Edits that bring findings are taken back or accepted; what they took away is taken back or pruned. After a
state with a miss its edit is undone, so that a miss counts once.

A miss is a difference from what was expected, not yet a fault: an edit may change what the analysis sees, and somebody
has to look. Each is printed with its state; `--keep` keeps the repository, in which `git log --grep 'state 17'` finds
the edit. This is a measurement: it always ends with 0.

Edits are made in Python, JavaScript and TypeScript. Needs git; ruff, black and prettier are installed into target/
when missing.
"""

import argparse
import ast
import collections
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import programs
from compare import machine, markdown_table
from programs import TARGET, Unavailable

PRETTIER = "prettier@3.10.1"
NODE = TARGET / "bench-node"
PYTHON = (".py",)
SCRIPT = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")
OWNER = "@history"
REASON = "accepted by the history benchmark"
TRIES = 60
# A formatter that starts slowly gets so many files at most.
MOST_FORMATTED = 25
# What pytest, setuptools and Node look for under this name.
FIXED_NAMES = {"__init__", "__main__", "conftest", "setup", "manage", "index", "main", "jwt", "jose", "settings"}
TEST_FOLDERS = {"test", "tests", "__tests__", "testing", "spec", "e2e", "fixtures"}


@dataclass(frozen=True)
class Region:
    """Lines of a file, the first and the last one included."""

    path: str
    first: int
    last: int

    def holds(self, finding):
        return finding["path"] == self.path and self.first <= finding["line"] <= self.last


@dataclass
class Edit:
    """What was done, and what the next scan ought to say."""

    what: str
    # Findings here are new. All others are known.
    new: list[Region] = field(default_factory=list)
    # Findings here may be either: their own code was changed on the way.
    either: list[Region] = field(default_factory=list)
    # Two lines with the same code, of which one is new; nothing tells which.
    twins: list[Region] = field(default_factory=list)
    gone: int = 0
    moves: bool = False


@dataclass(frozen=True)
class Operation:
    name: str
    apply: Callable[["History"], Edit | None]
    weight: int = 2


@dataclass
class Row:
    states: int = 0
    followed: int = 0
    wrongly_new: int = 0
    wrongly_known: int = 0
    wrongly_gone: int = 0


@dataclass(frozen=True)
class Block:
    """A function or class: its lines, from the first decorator on."""

    name: str
    first: int
    head: int
    body: int
    last: int
    column: int
    is_class: bool

    def region(self, path):
        return Region(path, self.first, self.last)


def main():
    arguments = parse_arguments()
    try:
        ours = programs.build_ours(arguments.binary)
    except Unavailable as err:
        sys.exit(f"history.py: {err}")
    notes = []
    formatters = find_formatters(not arguments.no_install, notes)
    with tempfile.TemporaryDirectory() as folder:
        root = arguments.keep or Path(folder) / "repository"
        started = time.monotonic()
        try:
            history = History(ours, root, random.Random(arguments.seed), formatters)
            history.begin(arguments.tree)
            history.run(arguments.states)
        except Unavailable as err:
            sys.exit(f"history.py: {err}")
        notes.append(f"Seed {arguments.seed}, {time.monotonic() - started:.0f} s")
    print(report(history, arguments.tree, formatters, notes))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path, metavar="TREE", help="the code to start from; it is copied")
    parser.add_argument("--seed", type=int, default=1, help="chooses the edits (default 1)")
    parser.add_argument("--states", type=int, default=120, help="how many states (default 120)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the repository here, and keep it")
    parser.add_argument("--binary", metavar="PATH", help="a built ssot-guard; without it, cargo builds one")
    parser.add_argument("--no-install", action="store_true", help="leave out formatters that are not there yet")
    arguments = parser.parse_args()
    if not arguments.tree.is_dir():
        parser.error(f"{arguments.tree} is not a folder")
    if arguments.keep is not None and arguments.keep.exists():
        parser.error(f"{arguments.keep} is there already")
    return arguments


def find_formatters(may_install, notes):
    """The formatters that are there, by name."""
    found = {}
    for name, find in (
        ("ruff", lambda: programs.find_peer("ruff", may_install)),
        ("black", lambda: programs.find_peer("black", may_install)),
        ("prettier", lambda: find_prettier(may_install)),
    ):
        try:
            found[name] = find()
        except Unavailable as err:
            notes.append(f"Left out: {err}")
    return found


def find_prettier(may_install):
    if on_path := shutil.which("prettier"):
        return Path(on_path)
    installed = NODE / "node_modules" / ".bin" / "prettier"
    if installed.exists():
        return installed
    if not may_install or shutil.which("npm") is None:
        raise Unavailable("prettier is not on PATH, and it may not or cannot be installed with npm")
    NODE.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["npm", "install", "--silent", "--prefix", NODE, PRETTIER], stdout=sys.stderr).returncode != 0:
        raise Unavailable(f"npm could not install {PRETTIER}")
    return installed


class History:
    """A repository, and what the last scan found in it."""

    def __init__(self, ours, root, rng, formatters):
        self.ours = ours
        self.root = root
        self.rng = rng
        self.formatters = formatters
        self.findings = []
        self.commits = 0
        self.fresh = 0
        self.rows = collections.defaultdict(Row)
        self.misses = []
        self.done = 0
        self.updates = 0
        self.accepted = 0

    # The repository

    def begin(self, tree):
        ignored = shutil.ignore_patterns(".git", "node_modules", "ssot-guard.toml", "baseline.json")
        shutil.copytree(tree, self.root, ignore=ignored, symlinks=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "core.autocrlf", "false")
        self.git("config", "gc.auto", "0")
        self.commit("the tree")
        create = ["baseline", "create", "--include-tests", "--owner", OWNER]
        if self.guard(*create).returncode != 0:
            raise Unavailable("`baseline create` failed")
        self.scan()
        self.accept([finding for finding in self.findings if finding["state"] == "new"])
        self.commit("the baseline")
        self.scan()
        self.accepted = len(self.findings)
        left = sum(finding["state"] != "known" for finding in self.findings)
        if left or self.stale or not self.findings:
            raise Unavailable(f"of {len(self.findings)} findings, {left} are not known once all are accepted")

    def git(self, *arguments):
        day = f"2026-01-01T00:{self.commits // 60 % 60:02}:{self.commits % 60:02}Z"
        person = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "history"), ("EMAIL", "history@example.org"), ("DATE", day))
        }
        ran = subprocess.run(["git", *arguments], cwd=self.root, env={**os.environ, **person}, capture_output=True)
        if ran.returncode != 0:
            raise Unavailable(f"git {arguments[0]} failed: {ran.stderr.decode(errors='replace').strip()}")
        return ran.stdout.decode("utf-8", errors="replace").strip()

    def commit(self, message):
        self.commits += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def guard(self, *arguments):
        return subprocess.run([self.ours, *arguments], cwd=self.root, capture_output=True, text=True)

    def scan(self):
        ran = self.guard("scan", "--format", "json", "--include-tests")
        try:
            document = json.loads(ran.stdout)
        except ValueError as err:
            raise Unavailable(f"the scan has no report at exit code {ran.returncode}: {ran.stderr.strip()}") from err
        self.findings = document["findings"]
        self.stale = document["baseline"]["stale"]

    def accept(self, findings):
        """Accepts findings, criticals included, each by its place."""
        if not findings:
            return
        places = sorted({f"{finding['path']}:{finding['line']}" for finding in findings})
        terms = ["--reason", REASON, "--owner", OWNER, "--include-tests", "--allow-critical"]
        ran = self.guard("baseline", "accept", *terms, *places)
        if ran.returncode != 0:
            raise Unavailable(f"`baseline accept` failed: {ran.stderr.strip()}")

    # States

    def run(self, states):
        operations = [operation for operation in OPERATIONS for _ in range(operation.weight)]
        # Each operation comes up before any comes up by its weight.
        queue = list(OPERATIONS)
        self.rng.shuffle(queue)
        failures = 0
        while self.done < states and failures < 20 * len(operations):
            operation = queue.pop() if queue else self.rng.choice(operations)
            edit = operation.apply(self)
            if edit is None:
                failures += 1
                # A half-made edit is dropped.
                self.git("reset", "-q", "--hard")
                self.git("clean", "-q", "-f", "-d")
                continue
            self.state(operation.name, edit)

    def state(self, name, edit):
        self.done += 1
        before = self.git("rev-parse", "HEAD")
        earlier = self.findings
        self.commit(f"state {self.done}: {name}: {edit.what}")
        self.scan()
        if self.compare(name, edit, earlier):
            self.restore(before, f"undo state {self.done}")
            self.scan()
            return
        new = [finding for finding in self.findings if finding["state"] == "new"]
        if new and self.rng.random() < 0.4:
            self.accept(new)
            if self.stale:
                self.guard("baseline", "prune", "--include-tests")
            self.commit(f"accept state {self.done}")
            self.scan()
            self.compare("accepting", Edit(f"after state {self.done}"), self.findings, counts_state=False)
        elif new or self.stale:
            if self.stale and not new and self.rng.random() < 0.5:
                self.guard("baseline", "prune", "--include-tests")
                self.commit(f"prune after state {self.done}")
                self.scan()
                self.compare("pruning", Edit(f"after state {self.done}"), self.findings, counts_state=False)
            else:
                self.restore(before, f"revert state {self.done}")
                self.done += 1
                self.scan()
                self.compare("taking an edit back", Edit(f"of state {self.done - 1}"), self.findings)
        elif edit.moves and self.rng.random() < 0.3:
            self.update()

    def update(self):
        self.updates += 1
        self.guard("baseline", "update", "--include-tests")
        self.commit(f"update after state {self.done}")
        self.scan()
        self.compare("`baseline update`", Edit(f"after state {self.done}"), self.findings, counts_state=False)

    def restore(self, commit, message):
        self.git("read-tree", "-u", "--reset", commit)
        self.commit(message)

    def compare(self, name, edit, earlier, counts_state=True):
        """Counts what the scan says otherwise than expected; whether there was any of it."""
        row = self.rows[name]
        row.states += counts_state
        misses = []

        def miss(kind, finding):
            first_line = finding["snippet"].strip().splitlines()[:1]
            place = f"{finding['path']}:{finding['line']}"
            scope = finding["scope"] or "the module"
            misses.append(f"{kind}: {place} {finding['rule']} in {scope}: `{''.join(first_line)[:90]}`")

        pairs = collections.defaultdict(list)
        for finding in self.findings:
            if any(region.holds(finding) for region in edit.either):
                continue
            row.followed += 1
            if any(region.holds(finding) for region in edit.twins):
                pairs[finding["rule"], finding["fingerprint"]].append(finding)
                continue
            is_new = finding["state"] == "new"
            ought_to_be_new = any(region.holds(finding) for region in edit.new)
            if is_new and not ought_to_be_new:
                row.wrongly_new += 1
                miss("wrongly new", finding)
            if ought_to_be_new and not is_new:
                row.wrongly_known += 1
                miss("wrongly known", finding)
        for pair in pairs.values():
            too_many = 2 * sum(finding["state"] == "new" for finding in pair) - len(pair)
            row.wrongly_new += too_many > 0
            row.wrongly_known += too_many < 0
            if too_many:
                miss("wrongly new" if too_many > 0 else "wrongly known", pair[-1])
        for region in edit.new + edit.twins:
            if not any(region.holds(finding) for finding in self.findings):
                row.wrongly_known += 1
                misses.append(f"not found: nothing is found in {region.path}:{region.first}-{region.last}")
        if not edit.either and self.stale != edit.gone:
            row.wrongly_gone += max(self.stale - edit.gone, 0)
            said = [line for line in self.guard("baseline", "diff", "--include-tests").stdout.splitlines()]
            said = "; ".join(line.strip() for line in said if line.startswith("gone"))
            misses.append(f"gone: {self.stale}, expected {edit.gone}: {said}")
        if misses:
            self.misses.append((self.done, name, edit.what, misses, len(earlier), len(self.findings)))
        return bool(misses)

    # Looking for something to edit

    def file_with_findings(self, suffixes=PYTHON + SCRIPT):
        paths = sorted({finding["path"] for finding in self.findings if finding["path"].endswith(suffixes)})
        paths = [path for path in paths if self.can_edit(path)]
        return self.rng.choice(paths) if paths else None

    def files(self, suffixes=PYTHON + SCRIPT):
        listed = self.git("ls-files", "-z").split("\0")
        return [path for path in listed if path.endswith(suffixes) and self.can_edit(path)]

    def can_edit(self, path):
        """Whether it can be read and split into lines safely; compiled code on one long line is left alone."""
        file = self.root / path
        if path.endswith(".d.ts") or file.is_symlink() or not file.is_file():
            return False
        try:
            text = self.read(path)
        except UnicodeDecodeError:
            return False
        return not text.startswith("\ufeff") and "\r" not in text and "\f" not in text and is_sound(path, text)

    def read(self, path):
        """The text with plain line feeds."""
        return (self.root / path).read_bytes().decode("utf-8").replace("\r\n", "\n")

    def write(self, path, text):
        """Writes with the line ends that the file has."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and b"\r\n" in file.read_bytes():
            text = text.replace("\n", "\r\n")
        file.write_bytes(text.encode("utf-8"))

    def lines(self, path):
        return self.read(path).splitlines(keepends=True)

    def write_lines(self, path, lines):
        """Writes an edited file; False when it is no longer sound, and the edit is to be given up."""
        text = "".join(lines)
        if not is_sound(path, text):
            return False
        self.write(path, text)
        return True

    def found_in(self, region):
        return [finding for finding in self.findings if region.holds(finding)]

    def block(self, suffixes=PYTHON + SCRIPT, with_findings=True, classes=True, top=True):
        """A function or class with its file, and the ones beside it."""
        for _ in range(TRIES):
            path = self.file_with_findings(suffixes)
            if path is None:
                return None
            found = blocks(path, self.read(path))
            fitting = [
                block
                for block in found
                if (classes or not block.is_class)
                and (not top or block.column == 0)
                and bool(self.found_in(block.region(path))) == with_findings
            ]
            if fitting:
                return path, self.rng.choice(fitting), found
        return None

    def new_word(self, stem):
        self.fresh += 1
        return f"{stem}{self.fresh}"

    def mentions(self, word, but=None):
        """The files in which a word stands."""
        listed = subprocess.run(
            ["git", "grep", "-l", "-w", "-F", "-e", word], cwd=self.root, capture_output=True, text=True
        ).stdout.splitlines()
        return [path for path in listed if path not in (but, "baseline.json")]


# Reading code


def is_sound(path, text):
    if not path.endswith(PYTHON):
        return not any(len(line) > 1000 for line in text.split("\n"))
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def blocks(path, text):
    return python_blocks(text) if path.endswith(PYTHON) else script_blocks(text)


def python_blocks(text):
    found = []

    def visit(body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(it.lineno for it in node.decorator_list)])
                is_class = isinstance(node, ast.ClassDef)
                body_line = node.body[0].lineno
                if body_line > node.lineno:
                    found.append(
                        Block(node.name, first, node.lineno, body_line, node.end_lineno, node.col_offset, is_class)
                    )
                if is_class:
                    visit(node.body)

    visit(ast.parse(text).body)
    return found


SCRIPT_HEAD = re.compile(
    r"(export )?(default )?((async )?function\*? (?P<function>\w+)|(abstract )?class (?P<class>\w+)"
    r"|const (?P<const>\w+) = (async )?(\([^;]*|\w+ => \{)$)"
)


def script_blocks(text):
    """Functions and classes that begin in the first column and end with a brace there, as formatters leave them."""
    found = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        head = SCRIPT_HEAD.match(lines[at])
        if head is None:
            at += 1
            continue
        end = next((it for it in range(at + 1, len(lines)) if re.match(r"[^\s)]|\)", lines[it])), None)
        # `) {` on a line of its own belongs to the head.
        while end is not None and re.match(r"[)}].*(\{|=>)$", lines[end]):
            end = next((it for it in range(end + 1, len(lines)) if re.match(r"\S", lines[it])), None)
        opens = re.compile(r"(\)(: [^{]*)?|=>|^.*class .*) \{$")
        opening = next((it for it in range(at, end or at) if opens.search(lines[it])), None)
        if end is None or opening is None or not re.fullmatch(r"\};?", lines[end]):
            at += 1
            continue
        name = head["function"] or head["class"] or head["const"]
        found.append(Block(name, at + 1, at + 1, opening + 2, end + 1, 0, bool(head["class"])))
        at = end + 1
    return found


def lines_in_strings(text):
    """The lines of Python that begin inside a string, and those that carry on the one before."""
    inside, carried = set(), set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_string = token.type == tokenize.STRING or tokenize.tok_name[token.type].startswith("FSTRING")
        if is_string:
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith("\\"):
            carried.add(number + 1)
    return inside, carried


def has_open_template(lines):
    return any(line.count("`") % 2 for line in lines)


def statement_starts(text):
    """Lines of Python before which another statement may stand, with its column."""
    starts = []
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(body, list) or not body or not isinstance(body[0], ast.stmt):
                continue
            for position, statement in enumerate(body):
                # A docstring stays the first, and so do imports from the future.
                if position == 0 and isinstance(statement, ast.Expr):
                    continue
                if isinstance(node, ast.Module) and any(
                    isinstance(it, ast.ImportFrom) and it.module == "__future__" for it in body[position:]
                ):
                    continue
                decorators = getattr(statement, "decorator_list", [])
                first = min([statement.lineno, *(it.lineno for it in decorators)])
                starts.append((first, statement.col_offset))
    lines = text.split("\n")

    # `else: x = 1`, `a; b` and `elif` do not begin a line of their own.
    def is_alone(first, column):
        begin = lines[first - 1][:column].strip()
        return not begin and not lines[first - 1].lstrip().startswith("elif")

    return sorted({(first, column) for first, column in starts if is_alone(first, column)})


def script_starts(text):
    """Lines of a script before which a comment may stand, with their indentation."""
    lines = text.split("\n")
    if has_open_template(lines):
        return []
    starts = []
    for number in range(1, len(lines)):
        if lines[number - 1].rstrip().endswith((";", "{", "}")) and lines[number].strip():
            starts.append((number + 1, len(lines[number]) - len(lines[number].lstrip())))
    return starts


# What is written into files. All of it speaks of tokens, and none of it does anything.

PYTHON_COMMENTS = [
    "# jwt.decode(token, options={{'verify_signature': False}}) stood here until {n}",
    "# The clock of the other side may be {n} seconds off.",
    "# noqa comments were dropped in change {n}",
]
PYTHON_STATEMENTS = ["unrelated_{n} = {n}", "assert {n} >= 0", "unrelated_{n} = 'import jwt'"]
PYTHON_FUNCTION = '''def unrelated_{n}(value):
    """Adds {n}; jwt.decode(value, verify=False) is not what it does."""
    total = value + {n}
    return total


'''
SCRIPT_COMMENTS = [
    "// jwt.verify(token, null, {{ algorithms: ['none'] }}) stood here until {n}",
    "/* The clock of the other side may be {n} seconds off. */",
]
SCRIPT_FUNCTION = """function unrelated{n}(value) {{
  // Was jwt.decode(value) before {n}.
  const total = value + {n};
  return total;
}}

"""
PYTHON_BYPASS = """

def read_claims_{n}(token):
    import jwt

    return jwt.decode(token, options={{"verify_signature": False, "leeway": {n}}})
"""
SCRIPT_BYPASS = """
import * as appended{n} from "jsonwebtoken";

export function readClaims{n}(token{type}) {{
  return appended{n}.verify(token, "", {{ algorithms: ["none"], clockTolerance: {n} }});
}}
"""


# Edits that change no finding


def insert_comment(history):
    path = history.file_with_findings()
    if path is None:
        return None
    is_python = path.endswith(PYTHON)
    text = history.read(path)
    starts = statement_starts(text) if is_python else script_starts(text)
    if not starts:
        return None
    return insert_at(history, path, history.rng.choice(starts), PYTHON_COMMENTS if is_python else SCRIPT_COMMENTS)


def insert_statement(history):
    path = history.file_with_findings(PYTHON)
    starts = statement_starts(history.read(path)) if path else []
    # A class or a module may be read as a table of settings: functions only.
    starts = [(first, column) for first, column in starts if column > 0]
    return insert_at(history, path, history.rng.choice(starts), PYTHON_STATEMENTS) if starts else None


def insert_at(history, path, start, texts):
    first, column = start
    lines = history.lines(path)
    count = history.rng.randint(1, 4)
    added = []
    for _ in range(count):
        history.fresh += 1
        added.append(" " * column + history.rng.choice(texts).format(n=history.fresh) + "\n")
    if any("\t" in line for line in lines[first - 1 : first]):
        return None
    added.extend(["\n"] * history.rng.randint(0, 2))
    lines[first - 1 : first - 1] = added
    return Edit(f"{count} before {path}:{first}") if history.write_lines(path, lines) else None


def insert_function(history):
    found = history.block()
    if found is None:
        return None
    path, block, _ = found
    history.fresh += 1
    lines = history.lines(path)
    text = PYTHON_FUNCTION if path.endswith(PYTHON) else SCRIPT_FUNCTION
    lines[block.first - 1 : block.first - 1] = text.format(n=history.fresh).splitlines(keepends=True)
    return Edit(f"before {path}:{block.first}") if history.write_lines(path, lines) else None


def delete_function(history):
    """One that holds no finding and is named nowhere else."""
    for _ in range(TRIES):
        found = history.block(with_findings=False)
        if found is None:
            return None
        path, block, _ = found
        lines = history.lines(path)
        used = sum(len(re.findall(rf"\b{re.escape(block.name)}\b", line)) for line in lines)
        if used > 1 or history.mentions(block.name, but=path):
            continue
        del lines[block.first - 1 : block.last]
        if history.write_lines(path, lines):
            return Edit(f"{block.name} of {path}")
    return None


def delete_comments(history):
    path = history.file_with_findings()
    if path is None:
        return None
    lines = history.lines(path)
    if path.endswith(PYTHON):
        inside, carried = lines_in_strings("".join(lines))
        inside |= carried
        mark = "#"
    else:
        if has_open_template(lines):
            return None
        inside, mark = set(), "//"
    # What a comment allows is no matter of the baseline.
    means_something = re.compile(r"ssot|allow|noqa|eslint|@ts-|type:|!", re.IGNORECASE)
    kept = [
        line
        for number, line in enumerate(lines, 1)
        if number in inside or not line.lstrip().startswith(mark) or means_something.search(line)
    ]
    if len(kept) == len(lines):
        return None
    return Edit(f"{len(lines) - len(kept)} lines of {path}") if history.write_lines(path, kept) else None


def insert_docstring(history):
    found = history.block(PYTHON, top=False)
    if found is None:
        return None
    path, block, _ = found
    lines = history.lines(path)
    first = lines[block.body - 1]
    if re.match(r"\s*[rRuUbB]*[\"']", first) or not first.strip():
        return None
    indent = first[: len(first) - len(first.lstrip())]
    said = f'{indent}"""Reads a token.\n\n{indent}jwt.decode(token, verify=False) is not allowed here.\n{indent}"""\n'
    lines[block.body - 1 : block.body - 1] = said.splitlines(keepends=True)
    return Edit(f"{block.name} of {path}") if history.write_lines(path, lines) else None


def comment_in_finding(history):
    """A comment between the lines of a call that is accepted."""
    long = [it for it in history.findings if it["end_line"] > it["line"] and history.can_edit(it["path"])]
    history.rng.shuffle(long)
    for finding in long:
        path = finding["path"]
        if not path.endswith(PYTHON + SCRIPT):
            continue
        lines = history.lines(path)
        if path.endswith(PYTHON):
            inside, carried = lines_in_strings("".join(lines))
        else:
            inside, carried = set(), set()
            if has_open_template(lines):
                continue
        at = history.rng.randint(finding["line"] + 1, finding["end_line"])
        if at in inside | carried:
            continue
        indent = re.match(r"\s*", lines[at - 1])[0].rstrip("\n")
        mark = "#" if path.endswith(PYTHON) else "//"
        lines.insert(at - 1, f"{indent}{mark} the token, and don't (ever) log it\n")
        if history.write_lines(path, lines):
            return Edit(f"{path}:{at}")
    return None


def add_import(history):
    path = history.file_with_findings()
    if path is None:
        return None
    lines = history.lines(path)
    if path.endswith(PYTHON):
        added = history.rng.choice(["import collections.abc\n", "from json import dumps, loads\n", "import os, sys\n"])
        tops = [
            node.lineno
            for node in ast.parse("".join(lines)).body
            if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", None) != "__future__"
        ]
    else:
        history.fresh += 1
        added = f'import * as unrelated{history.fresh} from "node:path";\n'
        tops = [number for number, line in enumerate(lines, 1) if re.match(r"import .*;$", line)]
    if not tops:
        return None
    at = history.rng.choice(tops)
    lines.insert(at - 1, added)
    return Edit(f"{path}:{at}") if history.write_lines(path, lines) else None


def reorder_functions(history):
    """Two functions beside each other change places."""
    for _ in range(TRIES):
        found = history.block(classes=False)
        if found is None:
            return None
        path, block, others = found
        later = [it for it in others if it.column == 0 and not it.is_class and it.first > block.last]
        if not later:
            continue
        other = min(later, key=lambda it: it.first)
        lines = history.lines(path)
        here, there = lines[block.first - 1 : block.last], lines[other.first - 1 : other.last]
        between = lines[block.last : other.first - 1]
        uses = re.compile(rf"\b({re.escape(block.name)}|{re.escape(other.name)})\b")
        if block.name == other.name or any(uses.search(line) for line in between):
            continue
        if any("@" in line and uses.search(line) for line in here + there) or not lines[other.last - 1].endswith("\n"):
            continue
        lines[block.first - 1 : other.last] = there + between + here
        if history.write_lines(path, lines):
            return Edit(f"{block.name} and {other.name} of {path}")
    return None


def wrap_function(history):
    """A whole function under an `if`."""
    found = history.block(PYTHON)
    if found is None:
        return None
    path, block, _ = found
    lines = history.lines(path)
    moved = indented("".join(lines), lines, block.first, block.last)
    lines[block.first - 1 : block.last] = ["if len(__name__) > 0:\n", *moved]
    return Edit(f"{block.name} of {path}") if history.write_lines(path, lines) else None


def wrap_body(history):
    """What a function does, in a `try` that catches nothing."""
    found = history.block(classes=False, top=False)
    if found is None:
        return None
    path, block, _ = found
    lines = history.lines(path)
    first = block.body
    if path.endswith(PYTHON):
        node = next(
            it
            for it in ast.walk(ast.parse("".join(lines)))
            if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef)) and it.lineno == block.head
        )
        if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            if len(node.body) == 1:
                return None
            first = min([node.body[1].lineno, *(it.lineno for it in getattr(node.body[1], "decorator_list", []))])
        indent = " " * node.body[0].col_offset
        moved = indented("".join(lines), lines, first, block.last)
        # `yield` and `return` may stand in both.
        lines[first - 1 : block.last] = [f"{indent}try:\n", *moved, f"{indent}finally:\n", f"{indent}    pass\n"]
    else:
        body = lines[first - 1 : block.last - 1]
        if has_open_template(body) or not body:
            return None
        moved = ["  " + line if line.strip() else line for line in body]
        lines[first - 1 : block.last - 1] = ["  try {\n", *moved, "  } finally {\n", "  }\n"]
    return Edit(f"{block.name} of {path}") if history.write_lines(path, lines) else None


def indented(text, lines, first, last):
    """Lines of Python one step to the right; what begins inside a string stays where it is."""
    inside, _ = lines_in_strings(text)
    chosen = enumerate(lines[first - 1 : last], first)
    moved = ["    " + line if line.strip() and number not in inside else line for number, line in chosen]
    return [line if line.endswith("\n") else line + "\n" for line in moved]


def formatting(program, choices, suffixes, most):
    """An edit that formats one file, or all files with findings, by one of several settings."""

    def apply(history):
        if program not in history.formatters:
            return None
        settings = history.rng.choice(choices)
        if history.rng.random() < 0.5:
            path = history.file_with_findings(suffixes)
            paths = [path] if path else []
        else:
            paths = sorted({it["path"] for it in history.findings if it["path"].endswith(suffixes)})
            paths = [path for path in paths if history.can_edit(path)]
            history.rng.shuffle(paths)
            paths = paths[:most]
        if not paths:
            return None
        subprocess.run([history.formatters[program], *settings, *paths], cwd=history.root, capture_output=True)
        if not history.git("status", "--porcelain"):
            return None
        shown = paths[0] if len(paths) == 1 else f"{len(paths)} files"
        return Edit(f"{' '.join(settings)} on {shown}", moves=False)

    return apply


def ruff_settings(*settings):
    return ["format", "--isolated", "--no-cache", *(word for it in settings for word in ("--config", it))]


RUFF_WIDTHS = [ruff_settings(f"line-length={width}") for width in (40, 60, 88, 120, 200)]
RUFF_QUOTES = [ruff_settings("line-length=100", f'format.quote-style="{kind}"') for kind in ("single", "double")]
RUFF_INDENTS = [
    ruff_settings("indent-width=2"),
    ruff_settings('format.indent-style="tab"'),
    ruff_settings("indent-width=4", "format.skip-magic-trailing-comma=true"),
]
RUFF_SORT = [["check", "--isolated", "--no-cache", "--select", "I", "--fix", "--line-length", "88"]]
BLACK = [["-q", "-l", "60"], ["-q", "-l", "79", "-S"], ["-q", "-l", "120", "-C"], ["-q", "--preview", "-l", "88"]]
PRETTIER_CHOICES = [
    ["--no-config", "--no-editorconfig", "--log-level", "silent", "--write", *more]
    for more in (
        ["--print-width", "40"],
        ["--print-width", "80"],
        ["--print-width", "140", "--trailing-comma", "none"],
        ["--use-tabs", "--arrow-parens", "avoid"],
        ["--no-semi", "--no-bracket-spacing"],
        ["--quote-props", "consistent", "--object-wrap", "collapse"],
        ["--tab-width", "4", "--experimental-operator-position", "start"],
    )
]
PRETTIER_QUOTES = [
    ["--no-config", "--no-editorconfig", "--log-level", "silent", "--write", *more] for more in ([], ["--single-quote"])
]


def switch_line_ends(history):
    path = history.file_with_findings()
    if path is None:
        return None
    paths = [path] if history.rng.random() < 0.7 else history.files()
    for path in paths:
        content = (history.root / path).read_bytes()
        if b"\r\n" in content:
            content = content.replace(b"\r\n", b"\n")
        elif b"\r" not in content:
            content = content.replace(b"\n", b"\r\n")
        (history.root / path).write_bytes(content)
    return Edit(path if len(paths) == 1 else f"{len(paths)} files")


# Edits that move findings or rename what they stand in


def rename_file(history):
    """Another name in the same folder, and imports that follow."""
    for _ in range(TRIES):
        path = history.file_with_findings()
        if path is None:
            return None
        folder, _, name = path.rpartition("/")
        stem, dot, suffix = name.partition(".")
        if stem in FIXED_NAMES or not stem.isidentifier():
            continue
        history.fresh += 1
        new_stem = f"{stem}_{history.fresh}"
        target = str(Path(folder, f"{new_stem}{dot}{suffix}"))
        if move(history, path, target, stem, new_stem):
            return Edit(f"{path} to {target}", moves=True)
    return None


def move_file(history):
    """Into a new folder below its own, with imports that follow; or anywhere, when nothing imports it."""
    for _ in range(TRIES):
        path = history.file_with_findings()
        if path is None:
            return None
        folder, _, name = path.rpartition("/")
        stem = name.partition(".")[0]
        if stem in FIXED_NAMES or not stem.isidentifier():
            continue
        if history.rng.random() < 0.4:
            folders = sorted({it.rpartition("/")[0] for it in history.files()} - {"", folder})
            folders = [it for it in folders if is_test_folder(it) == is_test_folder(folder)]
            is_bound = re.search(r"^\s*from \.|(from|import|require\() ?['\"]\.", history.read(path), re.MULTILINE)
            if not folders or is_bound or history.mentions(stem, but=path):
                continue
            target = f"{history.rng.choice(folders)}/{name}"
            if (history.root / target).exists():
                continue
            (history.root / path).rename(history.root / target)
            return Edit(f"{path} to {target}", moves=True)
        below = history.new_word("part_")
        target = str(Path(folder, below, name))
        if move(history, path, target, stem, f"{below}.{stem}"):
            return Edit(f"{path} to {target}", moves=True)
    return None


def is_test_folder(folder):
    return not TEST_FOLDERS.isdisjoint(folder.lower().split("/"))


def move(history, path, target, stem, new_stem):
    """Moves a file in or below its folder and rewrites imports; False, with nothing done, where that is unsafe."""
    found_on = {(it["path"], it["line"]) for it in history.findings}
    goes_down = "." in new_stem
    changed = {}
    text = history.read(path)
    if path.endswith(PYTHON):
        line_of_import = re.compile(r"^(\s*)from (\.+)(?=[\w ])")
        for importer in [it for it in history.mentions(stem) if it.endswith(PYTHON)]:
            if importer == path or not history.can_edit(importer):
                continue
            lines = history.lines(importer)
            for at, line in enumerate(lines):
                if not re.match(r"\s*(from|import)\b", line) or not re.search(rf"\b{stem}\b", line):
                    continue
                plain = re.match(rf"(\s*from [\w.]*(?<![\w])){stem}( import .*)$", line)
                if plain is None or (importer, at + 1) in found_on:
                    return False
                lines[at] = f"{plain[1]}{new_stem}{plain[2]}\n"
            changed[importer] = "".join(lines)
        if goes_down:
            lines = text.splitlines(keepends=True)
            for at, line in enumerate(lines):
                if line_of_import.match(line):
                    if (path, at + 1) in found_on:
                        return False
                    lines[at] = line_of_import.sub(r"\1from .\2", line)
            text = "".join(lines)
            (history.root / target).parent.mkdir(parents=True)
            if (history.root / path).parent.joinpath("__init__.py").exists():
                (history.root / target).with_name("__init__.py").write_bytes(b"")
    else:
        address = re.compile(r"""(?:\bfrom |\brequire\(|\bimport\(|^import )(['"])(\.{1,2}/[^'"]+)\1""")
        if address.search(text) and goes_down:
            lines = text.splitlines(keepends=True)
            if any(address.search(line) and (path, at) in found_on for at, line in enumerate(lines, 1)):
                return False
            text = re.sub(
                r"""((?:\bfrom |\brequire\(|\bimport\(|^import )['"])(\.{1,2}/)""", r"\1../\2", text, flags=re.M
            )
            text = text.replace(".././", "../")
        wanted = without_suffix(path)
        for importer in [it for it in history.mentions(stem) if it.endswith(SCRIPT)]:
            if importer == path or not history.can_edit(importer):
                continue
            lines = history.lines(importer)
            for at, line in enumerate(lines):
                for named in address.finditer(line):
                    said = named[2]
                    led_to = os.path.normpath(os.path.join(os.path.dirname(importer), said))
                    if without_suffix(led_to) != wanted:
                        continue
                    if (importer, at + 1) in found_on:
                        return False
                    head, _, tail = said.rpartition("/")
                    lines[at] = line.replace(said, f"{head}/{new_stem.replace('.', '/')}{tail[len(stem) :]}")
            changed[importer] = "".join(lines)
    if any(not is_sound(importer, content) for importer, content in changed.items()):
        return False
    for importer, content in changed.items():
        history.write(importer, content)
    history.write(path, text)
    (history.root / target).parent.mkdir(parents=True, exist_ok=True)
    (history.root / path).rename(history.root / target)
    return True


def without_suffix(path):
    return re.sub(r"\.([mc]?[jt]sx?)$", "", path)


def rename_folder(history):
    """A folder whose name nothing imports."""
    for _ in range(TRIES):
        path = history.file_with_findings()
        if path is None or "/" not in path:
            return None
        folder = path.rpartition("/")[0]
        above, _, name = folder.rpartition("/")
        content = [it for it in history.files() if it.startswith(folder + "/")]
        is_bound = any(re.search(r"^\s*from \.\.|['\"]\.\./", history.read(it), re.MULTILINE) for it in content)
        imports = re.compile(rf"^.*(\bfrom\b|\bimport\b|require).*\b{re.escape(name)}\b", re.MULTILINE)
        outside = [it for it in history.mentions(name) if it.endswith(PYTHON + SCRIPT)]
        if name.lower() in TEST_FOLDERS | {"src", "lib"} or is_bound:
            continue
        if any(imports.search(history.read(it)) for it in outside if history.can_edit(it)):
            continue
        history.fresh += 1
        target = f"{folder}_{history.fresh}"
        (history.root / folder).rename(history.root / target)
        return Edit(f"{folder} to {target}", moves=True)
    return None


def rename_block(history):
    """Another name for a function or class that holds findings, wherever it is named."""
    for _ in range(TRIES):
        found = history.block(top=False)
        if found is None:
            return None
        path, block, _ = found
        renamed = renamed_everywhere(history, path, block)
        if renamed:
            return Edit(f"{block.name} to {renamed} in {path}", moves=True)
    return None


def renamed_everywhere(history, path, block):
    """The new name; None, with nothing done, where a finding's own code or too much else has the old one."""
    word = re.compile(rf"(?<![\w$]){re.escape(block.name)}(?![\w$])")
    if len(block.name) < 6 or block.name.startswith("__") or block.name in ("constructor", "decode", "encode"):
        return None
    if any(word.search(it["snippet"]) for it in history.findings):
        return None
    paths = history.mentions(block.name)
    if len(paths) > 12 or any(not it.endswith(PYTHON + SCRIPT + (".md", ".rst", ".txt")) for it in paths):
        return None
    paths = [it for it in paths if it.endswith(PYTHON + SCRIPT) and history.can_edit(it)]
    history.fresh += 1
    new = f"{block.name}_{history.fresh}" if path.endswith(PYTHON) else f"{block.name}{history.fresh}"
    changed = {it: word.sub(new, history.read(it)) for it in paths}
    if path not in changed or any(not is_sound(it, text) for it, text in changed.items()):
        return None
    for it, text in changed.items():
        history.write(it, text)
    return new


def rename_local(history):
    """A local variable of a function without findings."""
    for _ in range(TRIES):
        found = history.block(PYTHON, with_findings=False, classes=False, top=False)
        if found is None:
            return None
        path, block, _ = found
        text = history.read(path)
        node = next(
            it
            for it in ast.walk(ast.parse(text))
            if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef)) and it.lineno == block.head
        )
        names = sorted({it.id for it in ast.walk(node) if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store)})
        if not names:
            continue
        name = history.rng.choice(names)
        word = re.compile(rf"\b{name}\b")
        spots = [it for it in ast.walk(node) if isinstance(it, ast.Name) and it.id == name]
        lines = text.splitlines(keepends=True)
        body = "".join(lines[node.lineno - 1 : node.end_lineno])
        # Where the word is something else too, renaming it by text is no safe bet.
        if len(word.findall(body)) != len(spots):
            continue
        renamed = word.sub(history.new_word(f"{name}_"), body)
        lines[node.lineno - 1 : node.end_lineno] = [renamed]
        if history.write_lines(path, lines):
            return Edit(f"{name} in {block.name} of {path}")
    return None


def everything_at_once(history):
    """A refactoring: another name for the function, one for the file, and a formatter over it."""
    if "ruff" not in history.formatters and "prettier" not in history.formatters:
        return None
    for _ in range(TRIES):
        found = history.block(top=False)
        if found is None:
            return None
        path, block, _ = found
        folder, _, name = path.rpartition("/")
        stem, dot, suffix = name.partition(".")
        if stem in FIXED_NAMES or not stem.isidentifier():
            continue
        if renamed_everywhere(history, path, block) is None:
            continue
        history.fresh += 1
        new_stem = f"{stem}_{history.fresh}"
        target = str(Path(folder, f"{new_stem}{dot}{suffix}"))
        if not move(history, path, target, stem, new_stem):
            history.git("reset", "-q", "--hard")
            continue
        program = "ruff" if path.endswith(PYTHON) else "prettier"
        if program in history.formatters:
            settings = history.rng.choice(RUFF_WIDTHS if program == "ruff" else PRETTIER_CHOICES)
            subprocess.run([history.formatters[program], *settings, target], cwd=history.root, capture_output=True)
        return Edit(f"{block.name} of {path} to {target}", moves=True)
    return None


def move_leaving_a_shim(history):
    """A file moves, and in its old place stays one that passes its names on."""
    for _ in range(TRIES):
        path = history.file_with_findings(PYTHON)
        if path is None:
            return None
        folder, _, name = path.rpartition("/")
        stem = name.partition(".")[0]
        if stem in FIXED_NAMES or not stem.isidentifier() or stem.startswith("test"):
            continue
        target = str(Path(folder, f"{history.new_word(stem + '_')}.py"))
        (history.root / path).rename(history.root / target)
        (history.root / path).write_text(f"from .{Path(target).stem} import *  # noqa\n", encoding="utf-8")
        # What the shim imports is its own matter.
        return Edit(f"{path} to {target}", either=[Region(path, 1, 1)], moves=True)
    return None


def split_module(history):
    """A function goes to a new file, with the imports it needs: those are copies, the function is not."""
    for _ in range(TRIES):
        found = history.block(PYTHON)
        if found is None:
            return None
        path, block, _ = found
        lines = history.lines(path)
        tree = ast.parse("".join(lines))
        imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        imports = [node for node in imports if node.end_lineno < block.first]
        head = [line for node in imports for line in lines[node.lineno - 1 : node.end_lineno]]
        if not imports or any(node.col_offset for node in imports):
            continue
        folder, _, name = path.rpartition("/")
        stem = name.partition(".")[0]
        target = str(Path(folder, f"{history.new_word(stem + '_split_')}.py"))
        if stem.startswith("__"):
            continue
        moved = lines[block.first - 1 : block.last]
        if not is_sound(target, "".join([*head, "\n\n", *moved])):
            continue
        history.write(target, "".join([*head, "\n\n", *moved]))
        back = f"from {'.' if folder else ''}{Path(target).stem} import {block.name}\n"
        lines[block.first - 1 : block.last] = [back]
        if not history.write_lines(path, lines):
            continue
        copies = copied_lines(history, path, imports, target)
        return Edit(f"{block.name} of {path} to {target}", new=copies, moves=True)
    return None


def copied_lines(history, path, imports, target):
    """Where the accepted imports of a file stand in its copy: these are new there."""
    regions = []
    at = 1
    for node in imports:
        length = node.end_lineno - node.lineno + 1
        if history.found_in(Region(path, node.lineno, node.end_lineno)):
            regions.append(Region(target, at, at + length - 1))
        at += length
    return regions


# Edits that bring findings


def append_bypass(history):
    path = history.file_with_findings()
    if path is None:
        return None
    history.fresh += 1
    lines = history.lines(path)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    is_typed = path.endswith((".ts", ".mts", ".cts", ".tsx"))
    text = PYTHON_BYPASS if path.endswith(PYTHON) else SCRIPT_BYPASS
    added = text.format(n=history.fresh, type=": string" if is_typed else "").splitlines(keepends=True)
    if not history.write_lines(path, lines + added):
        return None
    return Edit(f"at the end of {path}", new=[Region(path, len(lines) + 1, len(lines) + len(added))])


def append_bypass_elsewhere(history):
    """To a file without findings."""
    found = {it["path"] for it in history.findings}
    paths = [path for path in history.files() if path not in found]
    if not paths:
        return None
    path = history.rng.choice(paths)
    history.fresh += 1
    lines = history.lines(path)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    text = PYTHON_BYPASS if path.endswith(PYTHON) else SCRIPT_BYPASS
    is_typed = path.endswith((".ts", ".mts", ".cts", ".tsx"))
    added = text.format(n=history.fresh, type=": string" if is_typed else "").splitlines(keepends=True)
    if not history.write_lines(path, lines + added):
        return None
    return Edit(f"at the end of {path}", new=[Region(path, len(lines) + 1, len(lines) + len(added))])


def copied_block(history, path, block, name):
    """The lines of a function or class under another name."""
    lines = history.lines(path)[block.first - 1 : block.last]
    word = re.compile(rf"(?<![\w$]){re.escape(block.name)}(?![\w$])")
    head = block.head - block.first
    lines[head] = word.sub(name, lines[head], count=1)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def copy_function(history):
    """An accepted function again, under another name, at the end of its file."""
    found = history.block()
    if found is None:
        return None
    path, block, _ = found
    history.fresh += 1
    lines = history.lines(path)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    copy = ["\n", "\n", *copied_block(history, path, block, f"{block.name}{history.fresh}")]
    if not history.write_lines(path, lines + copy):
        return None
    first = len(lines) + 3
    return Edit(f"{block.name} of {path}", new=regions_of_copy(history, path, block, path, first))


def regions_of_copy(history, path, block, target, first):
    """The lines of a copy that hold findings, each as a region, so that none of them may be overlooked."""
    found = history.found_in(block.region(path))
    return [Region(target, line, line) for line in sorted({it["line"] - block.first + first for it in found})]


def copy_function_elsewhere(history):
    """An accepted function, also in a file that holds findings of its own."""
    for _ in range(TRIES):
        found = history.block()
        if found is None:
            return None
        path, block, _ = found
        others = sorted({it["path"] for it in history.findings} - {path})
        others = [it for it in others if Path(it).suffix == Path(path).suffix and history.can_edit(it)]
        if not others:
            continue
        target = history.rng.choice(others)
        lines = history.lines(target)
        if not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        if any(it.name == block.name for it in blocks(target, "".join(lines))):
            continue
        copy = ["\n", "\n", *copied_block(history, path, block, block.name)]
        if not history.write_lines(target, lines + copy):
            continue
        # What is found depends on what the other file imports, but whatever is found there is new.
        whole = Region(target, len(lines) + 1, len(lines) + len(copy))
        return Edit(f"{block.name} of {path} to {target}", new=[whole]) if seen_again(history, whole) else None
    return None


def seen_again(history, region):
    """Whether anything is found in the lines without a baseline: the copy may mean nothing in another file."""
    ran = history.guard("scan", "--no-baseline", "--format", "json", "--include-tests")
    return any(region.holds(finding) for finding in json.loads(ran.stdout)["findings"])


def copy_file(history):
    """A whole file again, beside the first."""
    for _ in range(TRIES):
        path = history.file_with_findings()
        if path is None:
            return None
        folder, _, name = path.rpartition("/")
        stem, dot, suffix = name.partition(".")
        if stem in FIXED_NAMES:
            continue
        target = str(Path(folder, f"{history.new_word(stem + '_')}{dot}{suffix}"))
        shutil.copyfile(history.root / path, history.root / target)
        lines = sorted({it["line"] for it in history.findings if it["path"] == path})
        return Edit(f"{path} to {target}", new=[Region(target, line, line) for line in lines])
    return None


def repeat_statement(history):
    """An accepted line once more, right below itself."""
    order = [it for it in history.findings if it["path"].endswith(PYTHON) and history.can_edit(it["path"])]
    history.rng.shuffle(order)
    for finding in order[:TRIES]:
        path, number = finding["path"], finding["line"]
        text = history.read(path)
        spans = [
            it
            for it in ast.walk(ast.parse(text))
            if isinstance(it, (ast.Assign, ast.Expr, ast.Import, ast.ImportFrom))
            and it.lineno == number == it.end_lineno
        ]
        lines = text.splitlines(keepends=True)
        if not spans or ";" in lines[number - 1] or lines[number - 1][: spans[0].col_offset].strip():
            continue
        lines.insert(number, lines[number - 1])
        if history.write_lines(path, lines):
            return Edit(f"{path}:{number}", twins=[Region(path, number, number), Region(path, number + 1, number + 1)])
    return None


def mend_here_paste_there(history):
    """An accepted line goes, and the same line comes in another function that stands: as many as before, one new."""
    for _ in range(TRIES):
        found = history.block(PYTHON, classes=False, top=False)
        if found is None:
            return None
        path, block, others = found
        lines = history.lines(path)
        inside = [it for it in history.found_in(block.region(path)) if it["line"] == it["end_line"] >= block.body]
        others = [it for it in others if not it.is_class and (it.first > block.last or it.last < block.first)]
        others = [it for it in others if it.name != block.name]
        if not inside or not others:
            continue
        finding = history.rng.choice(inside)
        line = lines[finding["line"] - 1]
        simple = [
            it
            for it in ast.walk(ast.parse("".join(lines)))
            if isinstance(it, (ast.Assign, ast.Expr, ast.Return)) and it.lineno == finding["line"] == it.end_lineno
        ]
        gone = history.found_in(Region(path, finding["line"], finding["line"]))
        if not simple or line[: simple[0].col_offset].strip():
            continue
        other = history.rng.choice(others)
        first = lines[other.body - 1]
        if re.match(r"\s*[rRuUbB]*[\"']", first):
            continue
        indent = re.match(r"\s*", first)[0]
        pasted = indent + line.lstrip()
        mended = re.match(r"\s*", line)[0] + "pass\n"
        lines[finding["line"] - 1] = mended
        lines.insert(other.body - 1, pasted)
        if not history.write_lines(path, lines):
            continue
        at = Region(path, other.body, other.body)
        # A line that means nothing in the other function is no finding there.
        if not seen_again(history, at):
            history.git("reset", "-q", "--hard")
            continue
        return Edit(f"{path}:{finding['line']} into {other.name}", new=[at], gone=len(gone))
    return None


def delete_here_paste_there(history):
    """A function goes with its finding, and the same line comes in another function that was there before."""
    for _ in range(TRIES):
        found = history.block(PYTHON, classes=False, top=False)
        if found is None:
            return None
        path, block, others = found
        others = [it for it in others if not it.is_class and it.column == 0 and it.last < block.first]
        lines = history.lines(path)
        inside = [it for it in history.found_in(block.region(path)) if it["line"] == it["end_line"] >= block.body]
        if not others or not inside:
            continue
        finding = history.rng.choice(inside)
        other = history.rng.choice(others)
        line, first = lines[finding["line"] - 1], lines[other.body - 1]
        if re.match(r"\s*[rRuUbB]*[\"']", first) or not re.match(r"\s*(return|\w+ =) ", line):
            continue
        gone = len(history.found_in(block.region(path)))
        del lines[block.first - 1 : block.last]
        lines.insert(other.body - 1, re.match(r"\s*", first)[0] + line.lstrip())
        at = Region(path, other.body, other.body)
        if not history.write_lines(path, lines) or not seen_again(history, at):
            history.git("reset", "-q", "--hard")
            continue
        return Edit(f"{block.name} of {path} into {other.name}", new=[at], gone=gone)
    return None


def delete_file_import_elsewhere(history):
    """A file goes, and its import comes in a file that was there before."""
    imports = re.compile(r"(import|from) .*[^(\\,]$")
    found = {it["path"] for it in history.findings}
    clean = [it for it in history.files(PYTHON) if it not in found and re.search(r"^import ", history.read(it), re.M)]
    order = [it for it in history.findings if it["rule"] == "jwt-direct-import" and not it["scope"]]
    order = [it for it in order if imports.fullmatch(it["snippet"]) and history.can_edit(it["path"])]
    if not order or not clean:
        return None
    finding, target = history.rng.choice(order), history.rng.choice(clean)
    lines = history.lines(target)
    at = next(number for number, line in enumerate(lines) if line.startswith("import "))
    lines.insert(at, finding["snippet"] + "\n")
    gone = sum(it["path"] == finding["path"] for it in history.findings)
    if not history.write_lines(target, lines):
        return None
    (history.root / finding["path"]).unlink()
    region = Region(target, at + 1, at + 1)
    return Edit(f"{finding['path']} and {target}", new=[region], gone=gone) if seen_again(history, region) else None


def change_argument(history):
    """An accepted call gets another argument: other code than what was accepted."""
    order = [it for it in history.findings if it["path"].endswith(PYTHON) and history.can_edit(it["path"])]
    history.rng.shuffle(order)
    for finding in order[:TRIES]:
        path = finding["path"]
        lines = history.lines(path)
        last = finding["end_line"]
        column = finding["end_column"] - 1
        line = lines[last - 1]
        if not line.isascii() or line[column - 1 : column] != ")" or finding["rule"] == "jwt-direct-import":
            continue
        before = line[: column - 1]
        if not re.search(r"[\w\]})\"']$", before):
            continue
        history.fresh += 1
        lines[last - 1] = f"{before}, leeway={history.fresh}{line[column - 1 :]}"
        if not history.write_lines(path, lines):
            continue
        # Findings around it may take their code from it too.
        around = [it for it in history.findings if it["path"] == path and it["line"] <= last <= it["end_line"]]
        if len(around) > 1:
            history.git("reset", "-q", "--hard")
            continue
        return Edit(f"{path}:{last}", new=[Region(path, finding["line"], finding["line"])], gone=1)
    return None


def bring_back_pruned(history):
    """A function goes, its entries are pruned, and it comes back: nobody has accepted that."""
    found = history.block()
    if found is None:
        return None
    path, block, _ = found
    content = (history.root / path).read_bytes()
    expected = [
        Region(path, line, line) for line in sorted({it["line"] for it in history.found_in(block.region(path))})
    ]
    lines = history.lines(path)
    del lines[block.first - 1 : block.last]
    if not history.write_lines(path, lines):
        return None
    # Its findings may have their twins outside the function in the same scope, a class of the same name for one.
    history.guard("baseline", "prune", "--include-tests")
    history.commit("prune")
    (history.root / path).write_bytes(content)
    return Edit(f"{block.name} of {path}", new=expected)


# Edits that take findings away


def delete_finding(history):
    """The function that holds it goes."""
    found = history.block()
    if found is None:
        return None
    path, block, _ = found
    gone = len(history.found_in(block.region(path)))
    lines = history.lines(path)
    del lines[block.first - 1 : block.last]
    return Edit(f"{block.name} of {path}", gone=gone) if history.write_lines(path, lines) else None


def delete_file(history):
    path = history.file_with_findings()
    if path is None:
        return None
    (history.root / path).unlink()
    return Edit(path, gone=sum(it["path"] == path for it in history.findings))


KEEPS = "keeps"
MOVES = "moves"
ADDS = "adds"
TAKES = "takes away"

OPERATIONS_BY_KIND = {
    KEEPS: [
        Operation("insert comments", insert_comment),
        Operation("insert statements", insert_statement),
        Operation("insert a function", insert_function),
        Operation("delete an unrelated function", delete_function),
        Operation("delete comments", delete_comments),
        Operation("insert a docstring", insert_docstring),
        Operation("comment inside an accepted call", comment_in_finding, 3),
        Operation("add an import", add_import),
        Operation("swap functions", reorder_functions, 3),
        Operation("wrap a function in `if`", wrap_function),
        Operation("wrap a body in `try`", wrap_body),
        Operation("ruff format, widths", formatting("ruff", RUFF_WIDTHS, PYTHON, 10_000), 4),
        Operation("ruff format, quotes", formatting("ruff", RUFF_QUOTES, PYTHON, 10_000)),
        Operation("ruff format, indents and commas", formatting("ruff", RUFF_INDENTS, PYTHON, 10_000)),
        Operation("ruff, imports sorted", formatting("ruff", RUFF_SORT, PYTHON, 10_000)),
        Operation("black", formatting("black", BLACK, PYTHON, MOST_FORMATTED), 3),
        Operation("prettier", formatting("prettier", PRETTIER_CHOICES, SCRIPT, MOST_FORMATTED), 4),
        Operation("prettier, quotes", formatting("prettier", PRETTIER_QUOTES, SCRIPT, MOST_FORMATTED)),
        Operation("CRLF to LF and back", switch_line_ends),
        Operation("rename a local variable elsewhere", rename_local),
    ],
    MOVES: [
        Operation("rename a file", rename_file, 4),
        Operation("move a file", move_file, 4),
        Operation("rename a folder", rename_folder),
        Operation("rename a function or class", rename_block, 5),
        Operation("rename both and reformat", everything_at_once, 3),
        Operation("split a module", split_module, 1),
        Operation("move a file, leave a shim", move_leaving_a_shim, 1),
    ],
    ADDS: [
        Operation("append a bypass", append_bypass),
        Operation("append a bypass to a clean file", append_bypass_elsewhere, 1),
        Operation("copy a function", copy_function, 3),
        Operation("copy a function to another file", copy_function_elsewhere),
        Operation("copy a file", copy_file),
        Operation("repeat an accepted line", repeat_statement),
        Operation("mend here, paste there", mend_here_paste_there),
        Operation("delete here, paste there", delete_here_paste_there, 1),
        Operation("delete a file, import elsewhere", delete_file_import_elsewhere, 1),
        Operation("change an argument", change_argument),
        Operation("bring back what was pruned", bring_back_pruned),
    ],
    TAKES: [
        Operation("delete a function with findings", delete_finding),
        Operation("delete a file with findings", delete_file, 1),
    ],
}
OPERATIONS = [operation for operations in OPERATIONS_BY_KIND.values() for operation in operations]


# Report


def report(history, tree, formatters, notes):
    order = [(kind, operation.name) for kind, operations in OPERATIONS_BY_KIND.items() for operation in operations]
    listed = {name for _, name in order}
    order += [("after", name) for name in history.rows if name not in listed]
    rows = []
    total = Row()
    for kind, name in order:
        if name not in history.rows:
            continue
        row = history.rows[name]
        values = [row.states, row.followed, row.wrongly_new, row.wrongly_known, row.wrongly_gone]
        rows.append([name, kind, *(f"{value:,}" for value in values)])
        for each in vars(total):
            setattr(total, each, getattr(total, each) + getattr(row, each))
    sums = [total.states, total.followed, total.wrongly_new, total.wrongly_known, total.wrongly_gone]
    rows.append(["**all**", "", *(f"{value:,}" for value in sums)])
    headings = ["edit", "findings", "states", "followed", "wrongly new", "wrongly known", "wrongly gone"]
    versions = {"ssot-guard": programs.version(history.ours)}
    versions.update((name, programs.version(path)) for name, path in formatters.items())
    lines = [
        *markdown_table(headings, rows),
        "",
        f"- Tree: {tree.name}, {history.accepted:,} findings accepted at the start, criticals named one by one",
        f"- States: {history.done:,}, `baseline update` after {history.updates:,} of them",
        f"- Machine: {machine()}",
        "- Versions: " + ", ".join(f"{name} {shown}" for name, shown in versions.items()),
        *(f"- {note}" for note in notes),
        "",
    ]
    if not history.misses:
        lines.append("No misses.")
    for state, name, what, misses, before, after in history.misses:
        lines.append(f"- state {state}, {name}: {what} ({before} findings before, {after} after)")
        shown = 12
        lines.extend(f"  - {text}" for text in misses[:shown])
        if len(misses) > shown:
            lines.append(f"  - and {len(misses) - shown} more")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
