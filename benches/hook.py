#!/usr/bin/env python3
"""Measures how long a commit waits for `ssot-guard hook run`, and what is left when it is stopped half-way.

    python3 benches/hook.py SOURCE [--files N]       a repository made of copies of the source files in a folder
    python3 benches/hook.py --repository REPOSITORY  a clone of a repository of your own

A generated repository holds 10,000 files: those of SOURCE under other folders, as often as it takes, each with a line
of its own, so that no two are one object to git. Neither SOURCE nor REPOSITORY is changed.

For 1, 10 and 20 staged files, with and without a committed baseline: every run stages another edit of these files,
which is not timed, and then runs the hook as git would. Warm runs follow each other; before a cold one the cache folder
is deleted. The same stage is timed for `git diff --cached --name-only`, which is the floor, `git status`, and the
pre-commit framework with a hook that does nothing. Half of the files, where there are that many, speak of JWTs.

Then a bypass is staged, and the hook must block with exit code 2 whatever happens: two hooks that start at once without
a cache, and runs that are killed at random moments. After each the index and the work tree must be what they were, and
the next run must say the same, to the byte, as one without any cache.

Needs git and a Linux machine (the cache is moved by XDG_CACHE_HOME). pre-commit is installed into target/ when missing.
"""

import argparse
import collections
import hashlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import programs
from compare import NOT_APPLICABLE, machine, markdown_table
from programs import Unavailable

SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")
STAGED = (1, 10, 20)
PASS, CRITICAL = 0, 2
HOOKS_AT_ONCE = 2
# A file of more bytes would decide the time by itself.
LARGEST_STAGED = 60_000
NOTHING_HOOK = """repos:
- repo: local
  hooks:
  - {id: nothing, name: nothing, language: system, entry: "true"}
"""
BYPASS = """import jwt


def hook_bypass(token):
    return jwt.decode(token, options={"verify_signature": False})
"""


def main():
    arguments = parse_arguments()
    notes = []
    try:
        ours = programs.build_ours(arguments.binary)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            bench = Bench(ours, Path(folder), arguments, notes)
            bench.prepare()
            rows = [] if arguments.checks_only else bench.latencies()
            checks = bench.checks()
            print(report(bench, arguments, rows, checks, notes))
    except Unavailable as err:
        sys.exit(f"hook.py: {err}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path, metavar="SOURCE", help="the folder to copy source files from")
    parser.add_argument("--repository", type=Path, help="clone this repository instead of making one")
    parser.add_argument("--files", type=int, default=10_000, help="files of a made repository (default 10000)")
    parser.add_argument("--runs", type=int, default=30, help="timed runs of each kind (default 30)")
    parser.add_argument("--cold-runs", type=int, help="timed runs without a cache (default: as many)")
    parser.add_argument("--kills", type=int, default=20, help="runs that are killed (default 20)")
    parser.add_argument("--checks-only", action="store_true", help="leave out the latencies")
    parser.add_argument("--seed", type=int, default=1, help="chooses the files and the moments (default 1)")
    parser.add_argument("--binary", metavar="PATH", help="a built ssot-guard; without it, cargo builds one")
    parser.add_argument("--no-install", action="store_true", help="leave out pre-commit when it is not there yet")
    arguments = parser.parse_args()
    if (arguments.source is None) == (arguments.repository is None):
        parser.error("give exactly one of SOURCE and --repository")
    for folder in (arguments.source, arguments.repository):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is not a folder")
    arguments.cold_runs = arguments.runs if arguments.cold_runs is None else arguments.cold_runs
    if min(arguments.runs, arguments.cold_runs) < 1:
        parser.error("--runs and --cold-runs must be at least 1")
    return arguments


class Bench:
    def __init__(self, ours, folder, arguments, notes):
        self.ours = ours
        self.root = folder / "repository"
        self.cache = folder / "cache"
        self.configuration = folder / "pre-commit.yaml"
        self.arguments = arguments
        self.notes = notes
        self.rng = random.Random(arguments.seed)
        self.edits = 0
        identity = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "bench"), ("EMAIL", "bench@example.org"))
        }
        home = {"XDG_CACHE_HOME": str(self.cache), "PRE_COMMIT_HOME": str(folder / "pre-commit")}
        self.environment = {**os.environ, **identity, **home}
        try:
            self.pre_commit = programs.find_peer("pre-commit", not arguments.no_install)
        except Unavailable as err:
            self.pre_commit = None
            notes.append(f"Left out: {err}")

    # The repository

    def prepare(self):
        if self.arguments.repository is not None:
            self.call("git", "clone", "-q", "--no-hardlinks", self.arguments.repository.resolve(), self.root, at=".")
        else:
            self.root.mkdir()
            self.call("git", "init", "-q", "-b", "main")
            self.copy_sources()
        self.call("git", "config", "gc.auto", "0")
        (self.root / "baseline.json").unlink(missing_ok=True)
        self.call("git", "add", "-A")
        self.call("git", "commit", "-q", "--allow-empty", "--no-verify", "-m", "the tree")
        self.call("git", "repack", "-a", "-d", "-q")
        self.configuration.write_text(NOTHING_HOOK, encoding="utf-8")
        self.choose_files()

    def copy_sources(self):
        """Copies until there are enough; the ignore files of the source are no matter of the copy."""
        print("copying the source files", file=sys.stderr)
        sources = []
        for folder, folders, names in os.walk(self.arguments.source):
            folders[:] = sorted(it for it in folders if it not in (".git", "node_modules"))
            sources += [Path(folder) / name for name in sorted(names) if name.endswith(SUFFIXES)]
        sources = [it for it in sources if it.is_file() and not it.is_symlink()]
        if not sources:
            raise Unavailable(f"there are no source files in {self.arguments.source}")
        for number in range(self.arguments.files):
            source = sources[number % len(sources)]
            relative = source.relative_to(self.arguments.source)
            target = self.root / f"part{number // len(sources)}" / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes().rstrip(b"\n") + f"\n{mark(source)} copy {number}\n".encode())

    def choose_files(self):
        listed = self.call("git", "ls-files", "-z").split("\0")
        self.count = len(listed) - 1
        paths = [it for it in listed if it.endswith(SUFFIXES) and (self.root / it).stat().st_size < LARGEST_STAGED]
        self.rng.shuffle(paths)
        speaks = re.compile(rb"\bjwt\b|jsonwebtoken")
        with_jwt = []
        for path in paths:
            if len(with_jwt) == max(STAGED) // 2:
                break
            if speaks.search((self.root / path).read_bytes()):
                with_jwt.append(path)
        others = [it for it in paths if it not in with_jwt]
        needed = max(STAGED)
        mixed = [it for pair in zip(with_jwt, others) for it in pair]
        self.chosen = (mixed + others[len(with_jwt) :])[:needed]
        if len(self.chosen) < needed:
            raise Unavailable(f"the repository has fewer than {needed} source files to stage")

    def call(self, *command, at=None):
        ran = subprocess.run(command, cwd=at or self.root, env=self.environment, capture_output=True)
        if ran.returncode != 0:
            raise Unavailable(f"{command[0]} {command[1]} failed: {ran.stderr.decode(errors='replace').strip()}")
        return ran.stdout.decode("utf-8", errors="surrogateescape")

    def stage(self, count):
        """Another edit of the first of the chosen files."""
        self.edits += 1
        for path in self.chosen[:count]:
            with open(self.root / path, "ab") as file:
                file.write(f"{mark(path)} edit {self.edits} of {path}\n".encode())
        self.call("git", "add", "--", *self.chosen[:count])

    def stage_bypass(self):
        """In a file of its own in the top folder: what is found in test code would not block."""
        (self.root / "hook_bypass.py").write_text(BYPASS, encoding="utf-8")
        self.call("git", "add", "--", "hook_bypass.py")

    def forget_cache(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def unstage(self):
        self.call("git", "reset", "-q", "--hard")

    # Latency

    def latencies(self):
        rows = []
        for with_baseline in (False, True):
            if with_baseline:
                print("accepting what is found", file=sys.stderr)
                self.call(self.ours, "baseline", "create", "--owner", "@bench")
                self.call("git", "add", "baseline.json")
                self.call("git", "commit", "-q", "--no-verify", "-m", "the baseline")
            for count in STAGED:
                rows += self.rows(count, with_baseline)
                self.unstage()
        return rows

    def rows(self, count, with_baseline):
        said = "yes" if with_baseline else "no"
        print(f"{count} staged, baseline: {said}", file=sys.stderr)
        hook = [self.ours, "hook", "run"]
        kinds = {"warm": self.arguments.runs, "cold": self.arguments.cold_runs}
        times = collections.defaultdict(list)
        codes = collections.defaultdict(collections.Counter)

        def timed(label, command):
            seconds, code = self.time(command)
            times[label].append(seconds)
            codes[label][code] += 1

        self.stage(count)
        self.time(hook)
        for cache, runs in kinds.items():
            for _ in range(runs):
                self.stage(count)
                if cache == "cold":
                    self.forget_cache()
                timed(f"ssot-guard hook run, {cache}", hook)
                if cache == "cold":
                    continue
                timed("git diff --cached --name-only", ["git", "diff", "--cached", "--name-only"])
                timed("git status", ["git", "status"])
                if self.pre_commit:
                    configured = ["run", "--config", self.configuration]
                    timed("pre-commit run, a hook that does nothing", [self.pre_commit, *configured])
        for label, counted in codes.items():
            if set(counted) != {PASS}:
                self.notes.append(f"{label}, {count} staged, baseline {said}: exit codes {dict(counted)}, expected 0")
        return [
            [label, str(count), said, str(len(each)), milliseconds(statistics.median(each)), milliseconds(p95(each))]
            for label, each in times.items()
        ]

    def time(self, command):
        started = time.perf_counter()
        nothing = subprocess.DEVNULL
        ran = subprocess.run(
            command, cwd=self.root, env=self.environment, stdin=nothing, stdout=nothing, stderr=nothing
        )
        return time.perf_counter() - started, ran.returncode

    # Soundness

    def start(self):
        command = [self.ours, "hook", "run", "--color", "never"]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=pipe, stderr=pipe)

    def verdict(self, process=None):
        """The exit code of a run and what it said, but for the time it took."""
        process = process or self.start()
        stdout, stderr = process.communicate()
        said = re.sub(rb"\b\d+(\.\d+)? ?(ms|s)\b", b"TIME", stdout + stderr)
        return process.returncode, said

    def checks(self):
        self.unstage()
        self.stage(max(STAGED))
        self.stage_bypass()
        self.forget_cache()
        reference = self.verdict()
        if reference[0] != CRITICAL:
            last_line = (reference[1].decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
            self.notes.append(f"The staged bypass ended with exit code {reference[0]}: {last_line}")
        checks = [("a staged bypass without a cache blocks", 1, int(reference[0] == CRITICAL))]
        checks.append(("the same with the cache of that run", 1, int(self.verdict() == reference)))
        checks += self.hooks_at_once(reference)
        checks += self.kills(reference)
        return checks

    def hooks_at_once(self, reference):
        rounds = 10
        same = sound = 0
        for number in range(rounds):
            # Without a cache both write all of it.
            if number % 2 == 0:
                self.forget_cache()
            running = [self.start() for _ in range(HOOKS_AT_ONCE)]
            same += all(self.verdict(process) == reference for process in running)
            sound += self.verdict() == reference
        return [
            ("two hooks at once: both say the same", rounds, same),
            ("the cache they leave is sound", rounds, sound),
        ]

    def kills(self, reference):
        """Runs that are killed: half of them with no cache to start from."""
        usual = {}
        for cold in (False, True):
            if cold:
                self.forget_cache()
            started = time.perf_counter()
            self.verdict()
            usual[cold] = time.perf_counter() - started
        untouched = clean = right = in_time = 0
        leftovers = set()
        for number in range(self.arguments.kills):
            cold = number % 2 == 0
            if cold:
                self.forget_cache()
            # Another edit each time, so that there is something to write to the cache.
            self.touch_unrelated()
            before = self.state()
            process = self.start()
            time.sleep(self.rng.uniform(0, usual[cold]))
            in_time += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate()
            untouched += self.state() == before
            clean += not (self.root / ".git" / "index.lock").exists()
            after = self.verdict()
            right += after[0] == CRITICAL and after == self.without_cache()
            leftovers |= {it.name for it in self.cache.rglob("*") if it.is_file()}
        kills = self.arguments.kills
        self.notes.append(f"{in_time} of {kills} runs were still going when they were killed")
        self.notes.append(f"Files in the cache folder after all of it: {len(leftovers)}")
        return [
            ("killed: index and work tree byte-identical", kills, untouched),
            ("killed: no lock is left", kills, clean),
            ("killed: the next run says what one without a cache says", kills, right),
        ]

    def touch_unrelated(self):
        self.edits += 1
        path = self.chosen[1]
        with open(self.root / path, "ab") as file:
            file.write(f"{mark(path)} edit {self.edits}\n".encode())
        self.call("git", "add", "--", path)

    def without_cache(self):
        kept = self.cache.with_name("kept")
        shutil.rmtree(kept, ignore_errors=True)
        if self.cache.exists():
            self.cache.rename(kept)
        answer = self.verdict()
        self.forget_cache()
        if kept.exists():
            kept.rename(self.cache)
        return answer

    def state(self):
        """Hashes of the index, of what git says of the work tree, and of the staged files. Git must not refresh it."""
        status = self.call("git", "--no-optional-locks", "status", "--porcelain=v2", "-z", "--untracked-files=all")
        index = (self.root / ".git" / "index").read_bytes()
        files = b"".join((self.root / path).read_bytes() for path in self.chosen)
        parts = (status.encode("utf-8", "surrogateescape"), index, files)
        return [hashlib.sha256(part).hexdigest() for part in parts]


def mark(path):
    return "#" if str(path).endswith(".py") else "//"


def p95(times):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def milliseconds(seconds):
    return f"{seconds * 1000:,.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


def report(bench, arguments, rows, checks, notes):
    source = arguments.repository or arguments.source
    what = f"{'a clone' if arguments.repository else 'copies'} of {source.resolve().name}"
    versions = {"ssot-guard": bench.ours, "git": Path(shutil.which("git") or "git")}
    if bench.pre_commit:
        versions["pre-commit"] = bench.pre_commit
    shown = ", ".join(f"{name} {programs.version(path)}" for name, path in versions.items())
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else NOT_APPLICABLE
    lines = [
        *(markdown_table(["command", "staged files", "baseline", "runs", "p50 ms", "p95 ms"], rows) if rows else []),
        "",
        *markdown_table(["check", "times", "held"], [[name, str(times), str(held)] for name, times, held in checks]),
        "",
        f"- Repository: {what}, {bench.count:,} files",
        f"- Machine: {machine()}; load at the end {load}",
        f"- Versions: {shown}",
        *(f"- {note}" for note in notes),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
