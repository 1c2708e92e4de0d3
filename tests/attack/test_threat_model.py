"""docs/veiligheid.md names a test for each threat: all of them are there."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple

import pytest

from tools.server import ROOT

PAGE = (ROOT / "docs/veiligheid.md").read_text(encoding="utf8")
THREATS = [row.split(" | ") for row in PAGE.split("\n## ")[0].splitlines() if row.startswith("| ")][2:]


def named(tests: str) -> Iterator[Tuple[str, Optional[str]]]:
    """Yield the files and functions of `file.py::function`, where `::function` is of the file before it."""
    file = ""
    for name in re.findall(r"`([\w/]*\.py(?:::\w+)?|::\w+)[^`]*`", tests):
        path, _, function = name.partition("::")
        file = path or file
        yield file, function or None


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat[0].strip("| "))
def test_the_tests_of_a_threat_exist(threat: Tuple[str, str, str]) -> None:
    tests = list(named(threat[2]))
    assert tests
    for file, function in tests:
        source = (ROOT / "tests" / file).read_text(encoding="utf8")
        assert function is None or f"def {function}(" in source, f"{file}::{function}"
