"""Install everything into the Python that runs this: the requirements files, Unsloth last.

python tools/install.py            # users: scripts 01 to 08, tests and lint
python tools/install.py --light    # scripts 01 to 04 only
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pip(*arguments: str) -> None:
    """Run pip of this very Python; leave with its exit code when it fails."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    print("$ pip install " + " ".join(arguments), flush=True)
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        print("error: pip failed: see its message above, then try again", file=sys.stderr)
        raise SystemExit(done.returncode)


def main() -> None:
    """Install what the flags ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--light", action="store_true", help="only what scripts 01 to 04 need")
    args = parser.parse_args()
    if args.light:
        pip("--quiet", "-r", "requirements.txt")
        return
    print("Installing (a few minutes, about 2 GB; more with a CUDA build of torch)", flush=True)
    pip("--quiet", "-r", "requirements-dev.txt")
    pip("--quiet", "--no-deps", "-r", "requirements-unsloth.txt")


if __name__ == "__main__":
    main()
