"""Checks that everything that the project says of a topic agrees: `python -m tools.validate`.

Content, domain, rules and sentences, how easily the tips read, and that no sentence of the e-book is among them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict, Iterable, List, Set, Tuple

from rasa_sdk.executor import ActionExecutor

from content import ContentError, load_schools
from content.loader import read_yaml
from tools import checks
from tools.book_runs import read_hashes
from tools.checks import Example, Step

ROOT = Path(__file__).resolve().parent.parent

# What is compared of Rasa's own files.
_SECTIONS = {"domain.yml": ("intents", "entities", "slots", "actions"), "config.yml": ("pipeline",)}

# Where no sentence of the e-book may stand.
PRODUCT = (
    "README.md",
    "content/**/*.yml",
    "data/nlu/*.yml",
    *(f"{folder}/**/*.py" for folder in ("actions", "channels", "components", "content", "tools")),
)


def existing_actions() -> Set[str]:
    """Return the names of the actions that the action server finds in actions/."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return set(executor.actions)


def read_section(path: Path, key: str) -> Any:
    """Return what stands under `key` in a YAML file.

    Raises:
        ContentError: the file is missing or no YAML, or has no such key.
    """
    values = read_yaml(path)
    if not isinstance(values, dict) or key not in values:
        raise ContentError([f"{path}: {key} ontbreekt; vul het in of haal het bestand weg"])
    return values[key]


def read_steps(path: Path) -> List[Step]:
    """Return which action each rule gives each of its intents.

    Raises:
        ContentError: the file is no YAML, or a rule is something else than one intent, or several, and one action.
    """
    steps = []
    for rule in read_section(path, "rules"):
        try:
            asked, answer = rule["steps"]
            steps += [Step(rule["rule"], one["intent"], answer["action"]) for one in asked.get("or", [asked])]
        except (KeyError, ValueError) as error:
            name = rule.get("rule", rule)
            raise ContentError(
                [f"{path}, {name}: een regel is een intent (of meer, onder or) en een action"]
            ) from error
    return steps


def read_nlu(paths: Iterable[Path]) -> Tuple[List[Example], List[str]]:
    """Return the sentences, and the names of the patterns.

    Raises:
        ContentError: a file is no YAML, or examples are not lines of text.
    """
    examples: List[Example] = []
    patterns: List[str] = []
    for path in paths:
        place = f"data/nlu/{path.name}"
        for entry in read_section(path, "nlu"):
            if "regex" in entry:
                patterns.append(entry["regex"])
            elif "intent" in entry:
                if not isinstance(entry.get("examples"), str):
                    raise ContentError([f"{place}, {entry['intent']}: schrijf de zinnen onder 'examples: |'"])
                lines = [line.strip() for line in entry["examples"].splitlines() if line.strip()]
                examples += [Example(place, entry["intent"], line) for line in lines]
    return examples, patterns


def product_texts(root: Path) -> Dict[str, str]:
    """Return every text below `root` in which no sentence of the e-book may stand, by the name of its file."""
    paths = sorted({path for pattern in PRODUCT for path in root.glob(pattern)})
    return {str(path.relative_to(root)): path.read_text(encoding="utf8") for path in paths}


def find_problems(root: Path) -> Tuple[List[str], str]:
    """Return everything that is wrong below `root`, and one line that says how much was checked.

    Raises:
        ContentError: a file cannot be read, so that there is nothing to compare.
    """
    schools = load_schools(root / "content")
    content = schools[None]
    domain, config = ({key: read_section(root / name, key) for key in keys} for name, keys in _SECTIONS.items())
    steps = read_steps(root / "data/rules.yml")
    examples, patterns = read_nlu(sorted((root / "data/nlu").glob("*.yml")))
    problems = [
        *checks.check_domain(domain, content, existing_actions()),
        *checks.check_entities(domain, config, patterns, content),
        *checks.check_rules(steps, domain, content),
        *checks.check_amounts(examples, domain),
        *checks.check_sentences(examples),
        *checks.check_readability(content),
        *(problem for school in schools.values() for problem in checks.check_own_tips(school)),
        *checks.check_book(product_texts(root), read_hashes()),
    ]
    tips = sum(len(topic.tips) for topic in content.topics.values())
    checked = (
        f"{len(content.topics)} onderwerpen, {tips} tips, {len(domain['intents'])} intents, {len(examples)} zinnen"
    )
    return problems, checked


def main(root: Path = ROOT) -> int:
    """Print what is wrong below `root`, or one line when nothing is; return the exit status."""
    try:
        problems, checked = find_problems(root)
    except ContentError as error:
        problems, checked = error.problems, ""
    if problems:
        print(
            f"Er klopt iets niet ({len(problems)}):",
            *(f"- {problem}" for problem in problems),
            sep="\n",
            file=sys.stderr,
        )
        return 1
    print(f"Alles klopt: {checked}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
