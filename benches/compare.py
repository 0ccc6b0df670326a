#!/usr/bin/env python3
"""Compares ssot-guard with its peers on one source tree: time, memory, and what each of them found.

    python3 benches/compare.py TREE                  a tree of your own, its Python files
    python3 benches/compare.py --fetch python        a large Python project from the package index
    python3 benches/compare.py --fetch typescript    large JavaScript and TypeScript packages
    python3 benches/compare.py --startup             the fixed cost of one run instead

Every tool runs once first, which fills the file cache, measures peak memory and collects the findings; a tool that
fails there is reported and not timed. One hyperfine run then times the others; Semgrep, which takes about a minute
per run, is timed once unless --full is given. The report is Markdown on stdout, progress goes to stderr.

All peers look at every file, ignored and hidden ones included; ssot-guard keeps to the ignore files of the tree and
reads all its languages, but only findings in files of the compared language are counted for it.

Needs Python 3.11.4 or newer, hyperfine and rg. ruff, ast-grep and semgrep are installed into target/ when missing.
"""

import argparse
import collections
import json
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import programs
from programs import PEER_RULES, TARGET, Unavailable

TREES = TARGET / "bench-trees"
PYTHON_SOURCE = "homeassistant==2024.3.3"
TYPESCRIPT_PACKAGES = [
    "n8n@2.41.3",
    "@directus/api@39.2.1",
    "parse-server@9.10.0",
    "@backstage/plugin-auth-backend@0.30.1",
    "typescript@5.9.3",
]

BYPASS_RULES = {"jwt-verify-disabled", "jwt-unverified-read"}
DIRECT_IMPORT_RULE = "jwt-direct-import"
# What the rules in `peers` look for.
SAME_RULES = ["jwt-verify-disabled", "jwt-direct-import", "jwt-direct-decode", "jwt-direct-encode"]
OURS_SAME = "ssot-guard, the same rules"
OURS_JWT = "ssot-guard, JWT rules"
OURS_ALL = "ssot-guard, all rules"
NOT_APPLICABLE = "–"


@dataclass(frozen=True)
class Language:
    name: str
    suffixes: tuple[str, ...]
    ripgrep_types: tuple[str, ...]


PYTHON = Language("python", (".py", ".pyi"), ("py",))
TYPESCRIPT = Language(
    "typescript", (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"), ("ts", "js")
)
LANGUAGES = {language.name: language for language in (PYTHON, TYPESCRIPT)}


@dataclass
class Seen:
    """What a tool says it found and examined, ready to print."""

    bypasses: str
    direct_uses: str
    files: str


@dataclass
class Row:
    label: str
    program: Path
    command: list[str]
    good_exit_codes: set[int]
    read: Callable[[str, str], Seen]
    slow: bool = False


@dataclass
class Measured:
    row: Row
    peak_bytes: int
    seen: Seen
    median: float | None = None


def main():
    arguments = parse_arguments()
    try:
        ours = programs.build_ours(arguments.binary)
        if arguments.startup:
            print(startup_report(ours, arguments.runs or 50))
            return
        tree = arguments.tree or fetch(arguments.fetch)
    except Unavailable as err:
        sys.exit(f"compare.py: {err}")
    language = LANGUAGES[arguments.fetch or arguments.language]
    runs = arguments.runs or 5

    notes = []
    rows = list(comparison(ours, tree, language, not arguments.no_install, notes))
    measured = [result for row in rows if (result := measure(row, notes)) is not None]
    try:
        hyperfine = programs.find_system_program("hyperfine")
        quick = [result for result in measured if arguments.full or not result.row.slow]
        slow = [result for result in measured if result not in quick]
        time_together(hyperfine, quick, runs, warmup=1)
        time_together(hyperfine, slow, runs=1, warmup=0)
    except Unavailable as err:
        notes.append(f"Nothing was timed: {err}")
    print(comparison_report(measured, tree, language, runs, arguments.full, notes))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", nargs="?", type=Path, metavar="TREE", help="the source tree to scan")
    parser.add_argument("--fetch", choices=sorted(LANGUAGES), help="download a public tree instead of TREE")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="python", help="what to compare on TREE")
    parser.add_argument("--runs", type=int, help="timed runs of each tool (default 5; 50 with --startup)")
    parser.add_argument("--full", action="store_true", help="time Semgrep as often as the others")
    parser.add_argument("--startup", action="store_true", help="time `--version` and the scan of one small file")
    parser.add_argument("--binary", metavar="PATH", help="a built ssot-guard; without it, cargo builds one")
    parser.add_argument("--no-install", action="store_true", help="leave out peers that are not there yet")
    arguments = parser.parse_args()
    if arguments.runs is not None and arguments.runs < 1:
        parser.error("--runs must be at least 1")
    chosen = [arguments.tree is not None, arguments.fetch is not None, arguments.startup]
    if sum(chosen) != 1:
        parser.error("give exactly one of TREE, --fetch and --startup")
    if arguments.tree is not None:
        if not arguments.tree.is_dir():
            parser.error(f"{arguments.tree} is not a folder")
        arguments.tree = arguments.tree.resolve()
    return arguments


# Trees


def fetch(language_name):
    """Downloads and unpacks a public tree once; later runs use what is there."""
    tree = TREES / language_name
    if tree.exists():
        return tree
    TREES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TREES) as work:
        archives = Path(work) / "archives"
        archives.mkdir()
        if language_name == "python":
            download_python(archives)
        else:
            download_typescript(archives)
        unpacked = Path(work) / "unpacked"
        for archive in sorted(archives.iterdir()):
            with tarfile.open(archive) as contents:
                contents.extractall(unpacked / re.sub(r"\.(tgz|tar\.gz)$", "", archive.name), filter="data")
        # Renamed only when complete, so that an interrupted download is not taken for a tree.
        unpacked.rename(tree)
    return tree


def download_python(folder):
    pip = [sys.executable, "-m", "pip", "download", "--no-binary", ":all:", "--no-deps", "--dest", folder]
    run_download([*pip, PYTHON_SOURCE], PYTHON_SOURCE)


def download_typescript(folder):
    if shutil.which("npm") is None:
        raise Unavailable("npm is not on PATH; install Node.js, or give a TREE and --language typescript")
    for package in TYPESCRIPT_PACKAGES:
        run_download(["npm", "pack", "--silent", "--pack-destination", folder, package], package)


def run_download(command, what):
    print(f"downloading {what}", file=sys.stderr)
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise Unavailable(f"{what} could not be downloaded")


# Rows


def comparison(ours, tree, language, may_install, notes):
    """The rows of the table; a tool that is missing becomes a note."""
    builders = [
        lambda: ripgrep_row(programs.find_system_program("rg"), tree, language),
        lambda: ours_row(ours, tree, language, OURS_SAME, SAME_RULES, notes),
        lambda: ours_row(ours, tree, language, OURS_JWT, jwt_rules(ours), notes),
        lambda: ours_row(ours, tree, language, OURS_ALL, [], notes),
        lambda: ast_grep_row(programs.find_peer("ast-grep", may_install), tree, language),
        lambda: semgrep_row(programs.find_peer("semgrep", may_install), tree, language),
    ]
    if language is PYTHON:
        builders.insert(4, lambda: ruff_row(programs.find_peer("ruff", may_install), tree))
    else:
        notes.append("ruff is left out: it reads Python only.")
    for build_row in builders:
        try:
            yield build_row()
        except Unavailable as err:
            notes.append(f"Left out: {err}")


def ripgrep_row(program, tree, language):
    types = [word for name in language.ripgrep_types for word in ("-t", name)]

    def read(stdout, stderr):
        lines = sum(int(line.rpartition(":")[2]) for line in stdout.splitlines())
        listed = subprocess.run([program, "--files", "-uu", "--null", *types, tree], capture_output=True)
        files = listed.stdout.count(b"\0")
        return Seen(NOT_APPLICABLE, f"{lines:,} lines with jwt", f"{files:,}")

    command = [program, "-c", "-uu", "--with-filename", *types, "jwt", tree]
    return Row("rg -c jwt", program, words(command), {0, 1}, read)


def jwt_rules(program):
    """The ids of every JWT rule the binary has, so that a renamed or new rule is not left out unseen."""
    listed = subprocess.run([program, "rules", "list", "--format", "json"], capture_output=True, text=True)
    try:
        rules = [rule["id"] for rule in json.loads(listed.stdout) if rule["id"].startswith("jwt-")]
    except (ValueError, KeyError, TypeError):
        rules = []
    if not rules:
        raise Unavailable(f"{OURS_JWT}: `rules list --format json` named no JWT rule")
    return rules


def ours_row(program, tree, language, label, rules, notes):
    def read(stdout, stderr):
        document = json.loads(stdout)
        if document["verdict"]["exit_code"] == 3:
            notes.append(f"{label}: the scan was incomplete, {len(document['problems']):,} problems.")
        counts = collections.Counter()
        for finding in document["findings"]:
            if finding["path"].endswith(language.suffixes):
                hit = {finding["rule"], *finding.get("also", [])}
                counts["jwt-verify-disabled"] += bool(hit & BYPASS_RULES)
                counts["jwt-direct-import"] += DIRECT_IMPORT_RULE in hit
                counts["jwt-direct-call"] += any(
                    rule.startswith("jwt-direct-") and rule != DIRECT_IMPORT_RULE for rule in hit
                )
        return seen(counts, document["scope"]["files_scanned"])

    selection = [word for rule in rules for word in ("--rule", rule)]
    command = [program, "scan", tree, "--format", "json", "--include-tests", *selection]
    # 3 may be an incomplete scan, which has a report, or wrong usage, which has none and fails in `read`.
    return Row(label, program, words(command), {0, 1, 2, 3}, read)


def ruff_row(program, tree):
    configuration = ["--config", PEER_RULES / "ruff.toml"]

    def read(stdout, stderr):
        messages = [json.loads(line)["message"] for line in stdout.splitlines()]
        imports = sum(message.startswith(("`jwt`", "`jose`")) for message in messages)
        show_files = [program, "check", *configuration, "--show-files", tree]
        listed = subprocess.run(show_files, capture_output=True, text=True)
        files = sum(line.endswith(PYTHON.suffixes) for line in listed.stdout.splitlines())
        return Seen(NOT_APPLICABLE, f"{imports:,} imports", f"{files:,}")

    command = [program, "check", "--no-cache", *configuration, "--exit-zero", "-q"]
    command += ["--output-format", "json-lines", tree]
    return Row("ruff check, TID251", program, words(command), {0}, read)


def ast_grep_row(program, tree, language):
    if language is PYTHON:
        rules = ["--rule", PEER_RULES / "ast-grep.yml"]
    else:
        # A rule belongs to one grammar, and the files need two: the same three rules are given for both.
        tsx = (PEER_RULES / "ast-grep-typescript.yml").read_text(encoding="utf-8")
        typescript = tsx.replace("language: tsx", "language: typescript")
        project = PEER_RULES / "ast-grep-typescript-project.yml"
        rules = ["--config", project, "--inline-rules", f"{tsx}\n---\n{typescript}"]

    def read(stdout, stderr):
        counts = collections.Counter(json.loads(line)["ruleId"] for line in stdout.splitlines())
        scanned = re.search(r"scannedFileCount=(\d+)", stderr)
        return seen(counts, int(scanned[1]) if scanned else None)

    ignore_kinds = ("hidden", "dot", "exclude", "global", "parent", "vcs")
    everything = [word for kind in ignore_kinds for word in ("--no-ignore", kind)]
    command = [program, "scan", *rules, *everything, "--json=stream", "--inspect", "summary", tree]
    return Row("ast-grep, 3 rules", program, words(command), {0, 1}, read)


def semgrep_row(program, tree, language):
    rules = PEER_RULES / ("semgrep.yml" if language is PYTHON else "semgrep-typescript.yml")

    def read(stdout, stderr):
        document = json.loads(stdout)
        counts = collections.Counter(result["check_id"].rpartition(".")[2] for result in document["results"])
        return seen(counts, len(document["paths"]["scanned"]))

    command = [program, "scan", "--config", rules, "--metrics=off", "--disable-version-check", "--quiet", "--json"]
    # Its built-in ignore list leaves out tests; only this option of the installed version switches that off.
    command += ["--no-git-ignore", "--x-ignore-semgrepignore-files", "--max-target-bytes", "0", tree]
    return Row("semgrep, 3 rules", program, words(command), {0, 1}, read, slow=True)


def seen(counts, files):
    imports, calls = counts["jwt-direct-import"], counts["jwt-direct-call"]
    direct_uses = f"{imports:,} imports, {calls:,} calls"
    return Seen(f"{counts['jwt-verify-disabled']:,}", direct_uses, "unknown" if files is None else f"{files:,}")


def words(command):
    return [str(word) for word in command]


# Measuring


def measure(row, notes):
    """Runs a row once for its findings and its peak memory; None, with a note, when it failed."""
    print(f"running {row.label}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        stdout, stderr = Path(folder) / "stdout", Path(folder) / "stderr"
        helper = [sys.executable, "-I", "-S", Path(__file__).with_name("peak_memory.py"), stdout, stderr]
        usage = json.loads(subprocess.run([*helper, *row.command], capture_output=True, check=True).stdout)
        said = stdout.read_text(encoding="utf-8", errors="replace")
        complained = stderr.read_text(encoding="utf-8", errors="replace")
    last_line = (complained.strip().splitlines() or ["no message"])[-1]
    if usage["exit_code"] not in row.good_exit_codes:
        notes.append(f"{row.label} failed with exit code {usage['exit_code']}: {last_line}")
        return None
    try:
        return Measured(row, usage["peak_bytes"], row.read(said, complained))
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        reason = f"{type(err).__name__}: {err}"
        notes.append(f"{row.label}: no readable report ({reason}) at exit code {usage['exit_code']}: {last_line}")
        return None


def time_together(hyperfine, measured, runs, warmup):
    """Fills in the medians from one hyperfine run over all the rows given."""
    if not measured:
        return
    commands = {result.row.label: result.row.command for result in measured}
    for result, times in zip(measured, hyperfine_times(hyperfine, commands, runs, warmup)):
        result.median = statistics.median(times)


def hyperfine_times(hyperfine, commands, runs, warmup):
    """The times in seconds of every labelled command, in the order given."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "times.json"
        options = ["-N", "--warmup", str(warmup), "--runs", str(runs), "--ignore-failure", "--export-json", export]
        named = [word for label, command in commands.items() for word in ("-n", label, shlex.join(command))]
        subprocess.run([hyperfine, "--style", "basic", *options, *named], stdout=sys.stderr, check=True)
        return [result["times"] for result in json.loads(export.read_text())["results"]]


# Reports


def comparison_report(measured, tree, language, runs, full, notes):
    medians = {result.row.label: result.median for result in measured}
    headings = [
        "tool", "median s", "ratio to rg", "ratio to ours, the same rules", "ratio to all our rules", "peak MB",
        "bypasses found", "direct uses found", "files examined",
    ]
    rows = [
        [
            result.row.label,
            NOT_APPLICABLE if result.median is None else f"{result.median:.3f}",
            ratio(result.median, medians.get("rg -c jwt")),
            ratio(result.median, medians.get(OURS_SAME)),
            ratio(result.median, medians.get(OURS_ALL)),
            f"{result.peak_bytes / 1e6:.0f}",
            result.seen.bypasses,
            result.seen.direct_uses,
            result.seen.files,
        ]
        for result in measured
    ]
    files, total_bytes, language_files, language_bytes = tree_size(tree, language.suffixes)
    times = f"{runs} timed runs after a warm-up" + ("" if full else ", Semgrep 1")
    versions = {result.row.program.name: programs.version(result.row.program) for result in measured}
    if hyperfine := shutil.which("hyperfine"):
        versions["hyperfine"] = programs.version(hyperfine)
    lines = [
        *markdown_table(headings, rows),
        "",
        f"- Machine: {machine()}",
        f"- Tree: {tree.name}, {files:,} files, {total_bytes / 1e6:,.0f} MB; of these "
        f"{language_files:,} {language.name} files, {language_bytes / 1e6:,.0f} MB",
        f"- Times: {times}",
        "- Versions: " + ", ".join(f"{name} {shown}" for name, shown in versions.items()),
        *(f"- {note}" for note in notes),
    ]
    return "\n".join(lines)


def startup_report(ours, runs):
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.py"
        small.write_text('import jwt\n\nclaims = jwt.decode(token, options={"verify_signature": False})\n')
        commands = {
            "ssot-guard --version": words([ours, "--version"]),
            "ssot-guard scan, one small file": words([ours, "scan", small, "--format", "json"]),
        }
        all_times = hyperfine_times(programs.find_system_program("hyperfine"), commands, runs, warmup=3)
    rows = []
    for label, times in zip(commands, all_times):
        ordered = sorted(times)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        rows.append([label, f"{statistics.median(ordered) * 1000:.1f}", f"{p95 * 1000:.1f}"])
    lines = [
        *markdown_table(["command", "median ms", "p95 ms"], rows),
        "",
        f"- Machine: {machine()}",
        f"- Times: {runs} runs after a warm-up of 3, no shell",
        f"- Versions: ssot-guard {programs.version(ours)}",
    ]
    return "\n".join(lines)


def markdown_table(headings, rows):
    return [f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows)]


def ratio(time, base):
    return NOT_APPLICABLE if time is None or base is None else f"{time / base:.2f}x"


def tree_size(tree, suffixes):
    files = total_bytes = language_files = language_bytes = 0
    for folder, folders, names in os.walk(tree):
        if ".git" in folders:
            folders.remove(".git")
        for name in names:
            size = os.lstat(os.path.join(folder, name)).st_size
            files += 1
            total_bytes += size
            if name.endswith(suffixes):
                language_files += 1
                language_bytes += size
    return files, total_bytes, language_files, language_bytes


def machine():
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


if __name__ == "__main__":
    main()
