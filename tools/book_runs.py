"""The e-book's runs of eight words, as hashes: enough to notice a sentence of the book, too little to read it.

    python -m tools.book_runs ouderboek.txt     write tools/ouderboek_8woorden.txt anew from the book's text

The e-book itself is no part of the project; only its facts are. `tools.validate` looks for these runs in all that
stands here.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path
from typing import Iterator, Set, Tuple

HASHES = Path(__file__).parent / "ouderboek_8woorden.txt"
LENGTH = 8
DIGITS = 12  # of the hash, hexadecimal

_WORD = re.compile(r"\w+")
_BROKEN_WORD = re.compile(r"(?<=\w)-[^\S\n]*\n\s*(?=\w)")


def runs(text: str) -> Iterator[Tuple[str, str, int]]:
    """Yield every eight words that follow each other: their hash, the words, and where in the text they begin.

    Letter case, punctuation and white space make no difference.
    """
    found = list(_WORD.finditer(text))
    words = [word.group().lower() for word in found]
    for first in range(len(words) - LENGTH + 1):
        run = " ".join(words[first : first + LENGTH])
        digest = hashlib.sha256(run.encode("utf8")).hexdigest()[:DIGITS]
        yield digest, run, found[first].start()


def book_hashes(book: str) -> Set[str]:
    """Return the hashes of the book's runs: as it is, and with the words that a line's end breaks joined."""
    texts = (book, _BROKEN_WORD.sub("", book))
    return {digest for text in texts for digest, _, _ in runs(text)}


def read_hashes(path: Path = HASHES) -> Set[str]:
    """Return the hashes that `main` wrote."""
    return set(path.read_text(encoding="ascii").split())


def main() -> int:
    """Write the hashes of the book named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the hashes of a book's runs of eight words.")
    parser.add_argument("source", type=Path, metavar="SOURCE.txt", help="the whole text of the e-book, UTF-8")
    parser.add_argument("--output", type=Path, default=HASHES, help="default: %(default)s")
    arguments = parser.parse_args()
    hashes = sorted(book_hashes(arguments.source.read_text(encoding="utf8")))
    arguments.output.write_text("".join(f"{digest}\n" for digest in hashes), encoding="ascii")
    print(f"{len(hashes)} hashes in {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
