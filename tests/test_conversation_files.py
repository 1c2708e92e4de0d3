"""A mistake in a file of conversations is named, with file, conversation and turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from content import Content
from tests.conversation_files import ConversationFileError, read_conversations

GOOD = """
- naam: Pesten
  gesprek:
    - ouder: Mijn kind wordt gepest
      soort: tips
      onderwerp: samen_verantwoordelijk/pesten
      tips: 3
    - kies: 1
      soort: tips
      onderwerp: samen_verantwoordelijk/pesten
"""


def read(tmp_path: Path, content: Content, text: str) -> list:
    path = tmp_path / "thema.yml"
    path.write_text(text, encoding="utf8")
    return read_conversations(path, content)


def test_good_file(tmp_path: Path, content: Content) -> None:
    (conversation,) = read(tmp_path, content, GOOD)
    assert conversation.naam == "Pesten"
    assert [turn.ouder for turn in conversation.gesprek] == ["Mijn kind wordt gepest", None]
    assert conversation.gesprek[1].kies == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tips: 3", "tip: 3", "thema.yml, conversation 'Pesten', turn 1, tip: extra fields not permitted"),
        (
            "soort: tips\n      onderwerp: samen_verantwoordelijk/pesten\n      tips",
            "tips",
            "turn 1, soort: field required",
        ),
        ("soort: tips", "soort: tip", "turn 1, soort: unexpected value"),
        ("tips: 3", "tips: drie", "turn 1, tips: value is not a valid integer"),
        ("kies: 1", "kies: 1\n      ouder: ja", "turn 2: a turn has exactly one of `ouder`, `knop` and `kies`"),
        ("tips: 3\n    - kies: 1", "tips: 3\n    - bevat: [a]", "turn 2: a turn has exactly one"),
        (
            "soort: tips\n      onderwerp: samen_verantwoordelijk/pesten\n      tips",
            "soort: tips\n      tips",
            "needs `onderwerp`",
        ),
        ("soort: tips", "soort: gesprek", "turn 1: onderwerp, tips, nog_meer, eerst are for `soort: tips` only"),
        ("/pesten", "/pest", "'samen_verantwoordelijk/pest' is no topic"),
        ("kies: 1", "knop: /pesten", "turn 2: no button has the payload '/pesten'"),
        ("tips: 3", 'bevat: ["{telefoonn}"]', "{telefoonn}"),
        ("naam: Pesten", "titel: Pesten", "conversation 'number 1', naam: field required"),
        (GOOD, GOOD + GOOD, "another conversation in this file has that name"),
        (GOOD, "naam: Pesten", "thema.yml: this must be a list of conversations"),
        (GOOD, "- naam: Pesten\n  gesprek: []", "at least one turn"),
    ],
)
def test_mistake(tmp_path: Path, content: Content, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConversationFileError) as error:
        read(tmp_path, content, GOOD.replace(old, new))
    assert message in str(error.value)
