"""The comparison of systems: real workers on tiny sets, and input that is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Sequence, Tuple

import pytest

from tools.compare.__main__ import main
from tools.compare.bench import Bench, WorkerError, choose
from tools.compare.files import compare_files, read_files
from tools.compare.sentences import InputError, Sentence, Task
from tools.compare.systems import rasa_data

SCHOOL, MARKS, ALONE = "school/vakantie en vrij", "cijfers {toetsen} (rapport)", 'alleen "één" [zin]'
SENTENCES = [
    (SCHOOL, "- wanneer is de [vakantie](datum) van school?"),
    (SCHOOL, 'is het "vrij" op goede vrijdag'),
    (SCHOOL, "vrij vragen (buiten de vakantie) voor school"),
    (SCHOOL, "/hoe lang duurt de zomervakantie{1}"),
    (SCHOOL, "vakantie: wanneer zijn we vrij"),
    (MARKS, "- [ ] het cijfer voor de toets is laag"),
    (MARKS, "mijn zoon krijgt een 'slecht' rapport"),
    (MARKS, "cijfers (en toetsen) bekijken in het rapport"),
    (MARKS, "* hoeveel toetsen en cijfers per rapport #cijfer"),
    (MARKS, "het rapport {van juni} en zijn cijfers"),
    (ALONE, "fietsenstalling <b>\\n&amp; | helm"),
]


def write(path: Path, rows: Sequence[Tuple[str, str]]) -> str:
    path.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf8")
    return str(path)


def cells_of(table: str, system: str) -> Sequence[str]:
    row = next(line for line in table.splitlines() if line.startswith(f"| {system}"))
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_our_pipeline_learns_and_answers_sentences_with_any_sign_in_them(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", SENTENCES)
    table = compare_files(train, train, ["ouderwijzer"], tmp_path / "logs")
    assert table.startswith(f"{train}\n")
    accuracy, right, _, p50, p95, training, memory = cells_of(table, "Ouderwijzer")
    assert re.fullmatch(r"\d+\.\d % \(\d+\.\d to \d+\.\d\)", accuracy)
    assert right in ("10 of 11", "11 of 11")
    assert 0 < float(p50.split()[0]) <= float(p95.split()[0])
    assert float(training.split()[0]) > 0 and float(memory.split()[0]) > 20
    assert (tmp_path / "logs/compare-ouderwijzer.log").is_file()


def test_a_worker_imports_no_more_than_its_system_needs() -> None:
    code = "import sys, tools.compare.__main__, tools.compare.systems as s; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "tools.compare.systems" in loaded
    assert not {"numpy", "sklearn", "rasa", "ruamel.yaml", "tools.compare.bench"} & set(loaded)


def test_rasa_reads_the_sentences_as_they_stand(tmp_path: Path) -> None:
    from rasa.shared.nlu.training_data.loading import load_data

    path = tmp_path / "nlu.json"
    texts = [text for _, text in SENTENCES]
    path.write_text(json.dumps(rasa_data(texts, ["label_000"] * len(texts), [("a.b", r"\bx\b")])), encoding="utf8")
    data = load_data(str(path))
    assert [example.get("text") for example in data.intent_examples] == texts
    assert not data.entity_examples
    assert data.regex_features == [{"name": "a.b", "pattern": r"\bx\b"}]


def test_folds_are_pooled_and_unknown_labels_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write(tmp_path / "first.tsv", SENTENCES)
    second = write(tmp_path / "second.tsv", [row for row in SENTENCES if row[0] != ALONE])
    table = compare_files(f"{first},{second}", f"{first}, {first}", ["tfidf"], tmp_path)
    assert "2 folds, pooled" in table
    right, count = map(int, cells_of(table, "scikit-learn")[1].split(" of "))
    assert count == 22 and 19 <= right <= 21
    said = [line for line in capsys.readouterr().err.splitlines() if "count as wrong" in line]
    assert len(said) == 1 and said[0].startswith("1 test") and ALONE in said[0]


def test_each_test_file_is_a_set_of_its_own(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", SENTENCES)
    other = write(tmp_path / "other.tsv", SENTENCES[:3])
    [(names, task)] = read_files(train, f"{train} {other}")
    assert names == (train,) * 11 + (other,) * 3
    assert task.test[-1] == Sentence("vrij vragen (buiten de vakantie) voor school", SCHOOL)


def test_a_failing_worker_is_explained_by_its_log(tmp_path: Path) -> None:
    task = Task((Sentence("!", "a"), Sentence("?", "b")), (Sentence("x", "a"),))
    with Bench(["tfidf"], tmp_path) as bench, pytest.raises(WorkerError) as error:
        bench.ask_all([task])
    assert str(tmp_path / "compare-tfidf.log") in str(error.value)
    assert "empty vocabulary" in str(error.value).splitlines()[-1]


@pytest.mark.parametrize(
    ("train", "test", "complaint"),
    [
        ("good.tsv", "", "TRAIN without TEST"),
        ("", "good.tsv", "TEST without TRAIN"),
        ("good.tsv,good.tsv", "good.tsv good.tsv good.tsv", "2 files to train on, but 3 to test on"),
        ("nowhere.tsv", "good.tsv", "nowhere.tsv: cannot be read"),
        ("good.tsv", "swapped.tsv", "swapped.tsv: needs a first line with the columns label and text"),
        ("good.tsv", "empty.tsv", "empty.tsv: needs a first line"),
        ("good.tsv", "heading.tsv", "heading.tsv: has no sentences"),
        ("good.tsv", "blank.tsv", "blank.tsv, line 4: label or text is missing"),
        ("one.tsv", "good.tsv", "one.tsv: has one label only"),
    ],
)
def test_wrong_input_is_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    train: str,
    test: str,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("good.tsv"), SENTENCES)
    write(Path("one.tsv"), SENTENCES[:2])
    write(Path("heading.tsv"), [])
    Path("swapped.tsv").write_text("intent\ttext\na\tb\n", encoding="utf8")
    Path("empty.tsv").write_text("", encoding="utf8")
    Path("blank.tsv").write_text("label\ttext\na\tb\n\na\t / \n", encoding="utf8")
    assert main(["--train", train, "--test", test]) == 1
    assert complaint in capsys.readouterr().err


def test_systems_are_chosen_by_their_short_names() -> None:
    assert choose("") == ["ouderwijzer", "rasa_init", "rasa_spacy", "tfidf"]
    assert choose("tfidf, ouderwijzer") == ["ouderwijzer", "tfidf"]
    with pytest.raises(InputError, match="there is no bert. Choose from ouderwijzer"):
        choose("bert")
