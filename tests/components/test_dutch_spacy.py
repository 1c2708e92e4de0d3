"""The Dutch spaCy pipeline: the trained one is found, and the blank one gives the same tokens."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from rasa.nlu.model import InvalidModelError

from components import dutch_spacy
from components.dutch_spacy import BLANK, DutchSpacyNLP
from tests.pipeline_wheel import build_wheel
from tools.server import ROOT

# A trained pipeline of full size; it lies beside some checkouts.
FULL_SIZE = ROOT.parent / "shared/spacy/nl_udwiki_sm-0.1.0-py3-none-any.whl"

MESSAGES = [
    "Mijn kind wordt gepest, wat kan ik doen?",
    "hoi, m'n zoon (8) wil ’s ochtends niet naar school!!",
    "Daan zit in groep 5/6; z'n juf zegt: 'hij doet z'n best niet'...",
    "Wat is het verschil tussen bv. de MR en de ouderraad?",
    "ik heb een mail gestuurd naar info@school.nl maar geen antwoord :-(",
    "dochter 3havo krijgt 5x per week een melding v/d app, moet dat nou",
    "Ik mag het dossier niet inzien.Klopt dat?Zie https://www.oudersenonderwijs.nl/dossier",
    "12.50 euro ouderbijdrage is 't verplicht 😡😡",
    "",
]

LOAD = """
import json, sys
from components.dutch_spacy import DutchSpacyNLP
loaded = DutchSpacyNLP.load_model(sys.argv[1])
DutchSpacyNLP.ensure_proper_language_model(loaded.model)
docs = [loaded.model(text) for text in json.loads(sys.argv[2])]
print(json.dumps({
    "name": loaded.model_name,
    "tokens": [[token.text for token in doc] for doc in docs],
    "persons": [entity.text for doc in docs for entity in doc.ents if entity.label_ == "PERSON"],
}))
"""


def run_load(folder: Path, wanted: str) -> subprocess.CompletedProcess:
    """Have DutchSpacyNLP load `wanted` in a process that sees the packages of `folder` too."""
    return subprocess.run(
        [sys.executable, "-c", LOAD, wanted, json.dumps(MESSAGES)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def load_with(folder: Path, wanted: str) -> Dict[str, Any]:
    """Return what was loaded: its name, the tokens of MESSAGES, and the persons in them."""
    result = run_load(folder, wanted)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def unpack(wheel: Path, folder: Path) -> Path:
    """Put the packages of a wheel into `folder`, as an installer does with a wheel of pure Python."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def blank_tokens() -> List[List[str]]:
    blank = spacy.blank("nl")
    return [[token.text for token in blank(text)] for text in MESSAGES]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without any trained pipeline."""
    monkeypatch.setattr(spacy.util, "get_installed_models", lambda: [])
    dutch_spacy._say_blank.cache_clear()


def test_without_a_trained_pipeline_a_blank_one_is_loaded_and_said_once(
    nothing_installed: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger=dutch_spacy.__name__):
        loaded = DutchSpacyNLP.load_model("nl_core_news_sm")
        DutchSpacyNLP.load_model("nl_core_news_sm")
    DutchSpacyNLP.ensure_proper_language_model(loaded.model)
    assert loaded.model_name == BLANK
    assert [[token.text for token in loaded.model(text)] for text in MESSAGES] == blank_tokens()
    assert len(caplog.records) == 1
    assert "make spacy-model" in caplog.text


def test_the_trained_pipeline_is_found_and_gives_the_same_tokens(tmp_path: Path) -> None:
    found = load_with(unpack(build_wheel(tmp_path, "nl_proef_sm"), tmp_path / "site"), "nl_proef_sm")
    assert found == {"name": "nl_proef_sm", "tokens": blank_tokens(), "persons": ["Daan"]}


@pytest.mark.skipif(not FULL_SIZE.exists(), reason="no trained pipeline lies beside this checkout")
def test_a_trained_pipeline_of_full_size_gives_the_same_tokens(tmp_path: Path) -> None:
    found = load_with(unpack(FULL_SIZE, tmp_path), "nl_udwiki_sm")
    assert found["name"] == "nl_udwiki_sm"
    assert found["tokens"] == blank_tokens()


def test_another_dutch_pipeline_is_taken_where_the_wanted_one_is_missing(tmp_path: Path) -> None:
    # The name comes first in the alphabet, since the environment may have a Dutch pipeline too.
    found = load_with(unpack(build_wheel(tmp_path, "nl_aaa_sm"), tmp_path / "site"), "nl_weg_sm")
    assert found["name"] == "nl_aaa_sm"


def test_a_broken_pipeline_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    site = unpack(build_wheel(tmp_path, "nl_kapot_sm"), tmp_path / "site")
    (site / "nl_kapot_sm/nl_kapot_sm-1.0.0/config.cfg").unlink()
    result = run_load(site, "nl_kapot_sm")
    assert result.returncode == 1
    assert "InvalidModelError: The spaCy pipeline nl_kapot_sm is installed but cannot be loaded" in result.stderr
    assert "make spacy-model" in result.stderr


def test_a_pipeline_of_another_language_is_refused() -> None:
    with pytest.raises(InvalidModelError, match="Dutch"):
        DutchSpacyNLP.ensure_proper_language_model(spacy.blank("en"))
