"""The figures of the evaluation, on parses whose figures are known."""

from pathlib import Path

import pytest

from tools.evaluate import InputError, Question, outcome_of, read_questions, report

KNOWN = {"a/een", "a/twee", "b/drie", "groet", "veiligheid/zelfdoding"}


def parse(intent: str, *ranking: tuple) -> dict:
    entries = [{"name": name, "confidence": p} for name, p in ranking]
    return {"intent": {"name": intent, "confidence": ranking[0][1]}, "intent_ranking": entries}


def test_tips_a_choice_and_a_refusal_are_told_apart() -> None:
    tips = outcome_of(parse("a.een", ("a.een", 0.9), ("a.twee", 0.05)))
    assert (tips.answer, tips.first, tips.probability, tips.offered) == ("tips", "a/een", 0.9, ())
    choice = outcome_of(parse("nlu_fallback", ("nlu_fallback", 0.5), ("a.een", 0.4), ("groet", 0.3), ("b.drie", 0.2)))
    assert (choice.answer, choice.first, choice.offered) == ("keuze", "a/een", ("a/een", "b/drie"))
    refusal = outcome_of(parse("buiten_bereik", ("buiten_bereik", 0.8), ("a.een", 0.1)))
    assert (refusal.answer, refusal.offered) == ("buiten_bereik", ("a/een",))
    nothing_near = outcome_of(parse("nlu_fallback", ("nlu_fallback", 0.5), ("groet", 0.3)))
    assert nothing_near.answer == "buiten_bereik"
    danger = outcome_of(parse("veiligheid.zelfdoding", ("veiligheid.zelfdoding", 1.0)))
    assert danger.answer == "veiligheid"


def test_the_report_counts() -> None:
    questions = [Question("x", (label,)) for label in ["a/een", "a/een", "a/twee", "b/drie"]]
    parses = [
        parse("a.een", ("a.een", 0.9)),
        parse("a.twee", ("a.twee", 0.8), ("a.een", 0.1)),
        parse("nlu_fallback", ("nlu_fallback", 0.5), ("b.drie", 0.4), ("a.twee", 0.3)),
        parse("buiten_bereik", ("buiten_bereik", 0.9)),
    ]
    text = report(questions, [outcome_of(found) for found in parses], worst=5)
    figures = {line.split(":", 1)[1].split("%")[0].strip() for line in text.splitlines() if line.startswith("topic:")}
    assert figures == {
        "right first                    25.0",
        "right first or offered         50.0",
        "right among the first three    75.0",
        "right chapter                  50.0",
        "wrong tips, no choice          25.0",
        "taken for two questions         0.0",
        "a choice offered               25.0",
        "turned away                    25.0",
    }
    assert "1  a/een  ->  a/twee" in text


def test_both_topics_of_two_questions_count_in_their_order() -> None:
    found = {
        **parse("a.een", ("nlu_fallback", 0.5), ("b.drie", 0.4)),
        "questions": [{"name": "a.een"}, {"name": "b.drie"}],
    }
    questions = [Question("x", ("a/een", "b/drie")), Question("x", ("b/drie", "a/een"))]
    text = report(questions, [outcome_of(found)] * 2, worst=5)
    assert "double: both answered, in order       50.0 %" in text
    assert "double: first topic is one of both   100.0 %" in text


def test_missed_danger_stands_among_the_misses() -> None:
    missed = outcome_of(parse("a.een", ("a.een", 0.9)))
    text = report([Question("help", ("veiligheid/zelfdoding",))], [missed], worst=5)
    assert "safety: noticed                        0.0 %" in text
    assert "veiligheid/zelfdoding  ->  tips a/een (0.90): help" in text


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("tekst\tlabel\nx\ta/een\n", "columns label and text"),
        ("", "columns label and text"),
        ("label\ttext\na/een\tx\na/vier\ty\n", "line 3: 'a/vier' is no label"),
        ("label\ttext\na/een\t \n", "line 2: label or text is missing"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "questions.tsv"
    path.write_text(content, encoding="utf8")
    with pytest.raises(InputError, match=complaint):
        read_questions(path, KNOWN)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "nothing.tsv", KNOWN)


def test_quotes_and_two_labels_are_read_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "questions.tsv"
    path.write_text('label\tlabel2\ttext\na/een\tb/drie\t"hoe" en waarom\nbuiten_bereik/ver\t\tweer\n', encoding="utf8")
    double, far = read_questions(path, KNOWN)
    assert double == Question('"hoe" en waarom', ("a/een", "b/drie"))
    assert far.kind == "buiten_bereik/ver"
