"""The hashes of the book's runs of eight words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.book_runs import HASHES, book_hashes, read_hashes, runs

TEXT = "Een twee drie, vier vijf\nzes zeven ACHT negen."


def test_every_eight_words_that_follow_each_other_are_a_run() -> None:
    assert [(words, start) for _, words, start in runs(TEXT)] == [
        ("een twee drie vier vijf zes zeven acht", 0),
        ("twee drie vier vijf zes zeven acht negen", 4),
    ]


def test_a_hash_is_of_the_lower_case_words() -> None:
    assert next(runs(TEXT))[0] == "0943e0959785"
    assert next(runs("een TWEE: drie -- vier\n\n vijf 'zes' zeven acht"))[0] == "0943e0959785"


def test_seven_words_are_no_run() -> None:
    assert list(runs("een twee drie vier vijf zes zeven")) == []


def test_a_word_broken_at_the_end_of_a_line_counts_both_ways() -> None:
    hashes = book_hashes("een twee drie vier vijf zes zeven voort- \n gezet onderwijs")
    joined = next(runs("een twee drie vier vijf zes zeven voortgezet"))[0]
    as_it_stands = next(runs("een twee drie vier vijf zes zeven voort gezet"))[0]
    assert {joined, as_it_stands} <= hashes
    assert len(hashes) == 5


def test_a_dash_inside_a_line_joins_nothing() -> None:
    assert len(book_hashes("een twee drie vier vijf zes zeven acht-negen")) == 2


def test_the_command_writes_what_is_read_back(tmp_path: Path) -> None:
    book, output = tmp_path / "boek.txt", tmp_path / "hashes.txt"
    book.write_text(TEXT, encoding="utf8")
    command = [sys.executable, "-m", "tools.book_runs", str(book), "--output", str(output)]
    subprocess.run(command, check=True, cwd=HASHES.parent.parent, capture_output=True)
    assert read_hashes(output) == book_hashes(TEXT)
    lines = output.read_text(encoding="ascii").splitlines()
    assert lines == sorted(set(lines))


def test_the_project_has_the_books_hashes() -> None:
    hashes = read_hashes()
    assert len(hashes) > 3000
    assert all(len(digest) == 12 and int(digest, 16) >= 0 for digest in hashes)
