"""Finds the programs the benchmarks run: ours, built from this repository, and the peers.

A peer is taken from PATH first, then from the virtual environment under `target/`, where it is installed from the
Python package index unless installing was declined. A program that cannot be had is a note, never a crash.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
PEER_RULES = Path(__file__).resolve().parent / "peers"
ENVIRONMENT = TARGET / "bench-venv"

REQUIREMENTS = {
    "ruff": "ruff==0.17.5",
    "ast-grep": "ast-grep-cli==0.51.1",
    "semgrep": "semgrep==1.182.0",
    "bandit": "bandit==1.9.4",
    "black": "black==26.10.1",
    "pre-commit": "pre-commit==4.7.0",
}
SYSTEM_PROGRAMS = {
    "hyperfine": "install the `hyperfine` package of your system, or `cargo install hyperfine`",
    "rg": "install the `ripgrep` package of your system, or `cargo install ripgrep`",
}


class Unavailable(Exception):
    """A program that could not be found or installed; the message says what to do."""


def build_ours(binary):
    """The path of `ssot-guard`: the one given, else a fresh release build."""
    if binary is not None:
        path = Path(binary).resolve()
        if not os.access(path, os.X_OK):
            raise Unavailable(f"{binary} is not an executable file")
        return path
    if shutil.which("cargo") is None:
        raise Unavailable("cargo is not on PATH; install Rust or pass --binary")
    build = subprocess.run(["cargo", "build", "--release"], cwd=ROOT, stdout=sys.stderr)
    path = TARGET / "release" / "ssot-guard"
    if build.returncode != 0 or not path.exists():
        raise Unavailable("cargo build --release gave no target/release/ssot-guard; fix the build or pass --binary")
    return path


def find_system_program(name):
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not on PATH: {SYSTEM_PROGRAMS[name]}")
    return Path(path)


def find_peer(name, may_install):
    """The path of a peer that is distributed as a Python package."""
    on_path = shutil.which(name)
    if on_path is not None:
        return Path(on_path)
    installed = ENVIRONMENT / "bin" / name
    if installed.exists():
        return installed
    if not may_install:
        raise Unavailable(f"{name} is neither on PATH nor in {ENVIRONMENT.name}, and --no-install was given")
    if not (ENVIRONMENT / "bin" / "pip").exists():
        venv.create(ENVIRONMENT, with_pip=True)
    requirement = REQUIREMENTS[name]
    pip = subprocess.run(
        [ENVIRONMENT / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", requirement],
        stdout=sys.stderr,
    )
    if pip.returncode != 0 or not installed.exists():
        raise Unavailable(f"pip could not install {requirement}")
    return installed


def version(path):
    """The version a program reports of itself, as one short string."""
    # Asked for its version, Semgrep looks for a newer one, which takes minutes without a network.
    environment = {**os.environ, "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown version"
    lines = (shown.stdout or shown.stderr).strip().splitlines()
    words = [word for word in (lines[0].split() if lines else []) if word[0].isdigit()]
    return words[0] if words else "unknown version"
