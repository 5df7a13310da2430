"""The requirements files fit together, and constraints.txt pins what they install."""

import re

from tests.light_install import light_packages, requirements
from tests.script_runs import ROOT

FILES = sorted(path.name for path in ROOT.glob("requirements*.txt"))


def test_constraints_cover_the_light_install():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    # On Windows and old Pythons only.
    assert sorted(light_packages() - pinned) == []


def test_a_package_has_the_same_range_in_every_file():
    ranges = {}
    for file in FILES:
        for requirement in requirements(file):
            ranges.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert {name: found for name, found in ranges.items() if len(found) > 1} == {}
