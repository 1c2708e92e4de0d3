"""Reads and checks the content files."""

from __future__ import annotations

import hashlib
import os
import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type, TypeVar, Union, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from content.schema import (
    Chapter,
    Content,
    Conversation,
    Language,
    Matter,
    OwnTip,
    OwnTopic,
    Safety,
    SafetyText,
    School,
    Taxonomy,
    Topic,
    Website,
)

CONTENT = Path(__file__).parent
# The variable that names another folder for what is the school's own: school.yml, eigen/ and scholen/.
OWN_FOLDER = "OUDERWIJZER_SCHOOLMAP"

# The content for each school, by its name; None is the default school.
Schools = Dict[Optional[str], Content]

Model = TypeVar("Model", bound=BaseModel)

# As a widget's attribute and an account's setting name a school.
SCHOOL_NAME = r"[a-z0-9-]{1,20}"

# pydantic's own words are English and speak of types; these say what to do.
_REMEDIES = {
    "value_error.missing": "dit ontbreekt; vul het in",
    "value_error.extra": "deze sleutel is niet bekend; kijk of het een tikfout is of haal hem weg",
    "value_error.any_str.min_length": "dit is leeg; vul het in",
    "type_error.none.not_allowed": "dit is leeg; vul het in",
    "type_error.str": "hier hoort tekst; zet er aanhalingstekens om als er een dubbele punt in staat",
    "type_error.list": "hier hoort een lijst; begin elke regel met een streepje",
    "type_error.dict": "hier horen sleutels met een waarde",
    "type_error": "hier horen sleutels met een waarde",
    "type_error.integer": "hier hoort een getal",
    "value_error.date": "dit is geen datum; schrijf bijvoorbeeld 2026-12-24",
}
_UNKNOWN_TOPIC = "staat niet in onderwerpen.yml; schrijf hoofdstuk/onderwerp zoals het daar heet"


class ContentError(ValueError):
    """One or more content files break a rule; the message names each file, place and remedy, in Dutch."""

    def __init__(self, problems: List[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def content_version(root: Path = CONTENT, own_folder: Optional[Path] = None) -> str:
    """Return 12 hexadecimal digits that are others as soon as a file that `load_schools` would read is another."""
    digest = hashlib.sha256()
    own_folder = own_folder or Path(os.environ.get(OWN_FOLDER) or root)
    for folder in (root, *([own_folder] if own_folder != root else [])):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml", ".json")):
            text = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()} {len(text)}\n".encode())
            digest.update(text)
    return digest.hexdigest()[:12]


def read_yaml(path: Path) -> Any:
    """Return what the YAML file holds; a key that stands twice is an error, not a silent choice.

    Raises:
        ContentError: the file is missing, is not UTF-8 or is not YAML.
    """
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf8"))
    except FileNotFoundError as error:
        raise ContentError([f"{path}: dit bestand ontbreekt; zet het terug (git checkout {path})"]) from error
    except UnicodeDecodeError as error:
        raise ContentError([f"{path}: dit is geen UTF-8; sla het bestand opnieuw op als UTF-8"]) from error
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1
        raise ContentError([f"{path}, regel {line}: deze sleutel staat er al; haal één van de twee weg"]) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", regel {mark.line + 1}" if mark else ""
        remedy = "kijk of het inspringen klopt, en zet tekst met een dubbele punt tussen aanhalingstekens"
        raise ContentError([f"{path}{line}: dit is geen goede YAML ({error.problem}); {remedy}"]) from error
    except YAMLError as error:
        raise ContentError([f"{path}: dit is geen goede YAML ({error})"]) from error


def load_content(root: Path = CONTENT) -> Content:
    """Return the content for the default school, as `load_schools` does."""
    return load_schools(root)[None]


def load_schools(root: Path = CONTENT, own_folder: Optional[Path] = None) -> Schools:
    """Read every file below `root` and return the checked content for each school.

    `own_folder` is where school.yml, eigen/ and scholen/ lie: by default where OUDERWIJZER_SCHOOLMAP says, else `root`.

    Raises:
        ContentError: a file breaks a rule. All problems found are named together.
    """
    problems: List[str] = []
    taxonomy = _read_one(root / "onderwerpen.yml", Taxonomy, problems)
    websites = _read_map(root / "websites.yml", Website, problems)
    languages = _read_map(root / "talen.yml", Language, problems)
    folders = _school_folders(own_folder or Path(os.environ.get(OWN_FOLDER) or root), problems)
    schools = {name: _read_one(folder / "school.yml", School, problems) for name, folder in folders.items()}
    conversation = _read_one(root / "gesprek.yml", Conversation, problems)
    safety = _read_one(root / "veiligheid.yml", Safety, problems)
    chapters, topics, places = _read_chapters(root / "hoofdstukken", problems)
    if problems:
        raise ContentError(problems)

    problems += _disagreements(root, taxonomy.labels, topics, places)
    problems += _broken_references(chapters, topics, websites, places)
    problems += [
        problem
        for name, school in schools.items()
        for problem in _broken_places(folders[name] / "school.yml", school, topics)
    ]
    problems += [
        f"{root / 'gesprek.yml'}: beginvragen: {label!r} {_UNKNOWN_TOPIC}"
        for label in conversation.beginvragen
        if label not in topics
    ]
    problems += _broken_safety_references(root / "veiligheid.yml", safety, topics)
    own = {name: _read_own(folder / "eigen", topics, problems) for name, folder in folders.items()}
    if problems:
        raise ContentError(problems)
    return {
        name: Content(
            name=name,
            chapters={chapter.nummer: chapter for chapter in chapters},
            topics={label: _with_own(topics[label], own[name].get(label), name) for label in taxonomy.labels},
            websites=websites,
            languages=languages,
            conversation=conversation,
            safety=safety,
            school=school,
            own=own[name],
        )
        for name, school in schools.items()
    }


def load_school(name: Optional[str], asked_by: str, root: Path = CONTENT) -> Content:
    """Return the content for the school of this name; `asked_by` is the setting that names it, for an error.

    Raises:
        ContentError: there is no such school, or a file breaks a rule.
    """
    schools = load_schools(root)
    if name not in schools:
        known = ", ".join(filter(None, schools)) or "nog geen enkele"
        raise ContentError([f"{asked_by}: in content/scholen is geen school {name!r}; er staat: {known}"])
    return schools[name]


def _school_folders(own_folder: Path, problems: List[str]) -> Dict[Optional[str], Path]:
    """Return the folder of each school, by its name; that of the default school is the first."""
    folders: Dict[Optional[str], Path] = {None: own_folder}
    for folder in sorted(path for path in own_folder.glob("scholen/*") if path.is_dir()):
        if not re.fullmatch(SCHOOL_NAME, folder.name):
            problems.append(
                f"{folder}: de naam van deze map mag alleen kleine letters, cijfers en streepjes hebben, en hoogstens "
                f"20; geef hem een andere naam"
            )
        elif not (folder / "school.yml").exists():
            problems.append(
                f"{folder / 'school.yml'}: dit bestand ontbreekt; maak het: make school SCHOOL={folder.name}"
            )
        else:
            folders[folder.name] = folder
    return folders


def _read_own(folder: Path, topics: Dict[str, Topic], problems: List[str]) -> Dict[str, OwnTopic]:
    """Return what a school says of topics itself, by their labels."""
    own: Dict[str, OwnTopic] = {}
    for path in sorted(folder.glob("*.y*ml")):
        for label, values in _read_topics(path, problems).items():
            place = f"{_place(path, [label])}, {label}"
            if label not in topics:
                near = get_close_matches(label, topics, n=1)
                hint = f"; bedoel je {near[0]}?" if near else ""
                problems.append(f"{place}: dit onderwerp {_UNKNOWN_TOPIC}{hint}")
            elif label in own:
                problems.append(f"{place}: dit onderwerp staat ook in {own[label].file}; zet alles ervan bij elkaar")
            elif not isinstance(values, dict):
                problems.append(f"{place}: hier horen tips of links; vul ze in of haal het onderwerp weg")
            else:
                values = {**values, "file": str(path)}
                topic = _validate(path, f", {label}", OwnTopic, values, problems, [label])
                if topic is not None:
                    own[label] = topic
    return own


def _read_topics(path: Path, problems: List[str]) -> Dict[str, Any]:
    """Return what stands in a file under each topic; nothing where it has comments alone."""
    try:
        values = read_yaml(path)
    except ContentError as error:
        problems += error.problems
        return {}
    if values is not None and not isinstance(values, dict):
        problems.append(f"{path}: begin met een onderwerp, bijvoorbeeld samen_verantwoordelijk/pesten:")
        return {}
    return values or {}


def _with_own(topic: Topic, own: Optional[OwnTopic], school: Optional[str]) -> Topic:
    """Return the topic with the school's own tips before those of the e-book, or in their place."""
    if own is None or not own.tips:
        return topic
    name = "-".join(filter(None, ["eigen", school, topic.label.split("/")[1]]))
    tips = [
        OwnTip(id=f"{name}-{n + 1}", place=_place(Path(own.file), [topic.label, "tips", n]), **tip.dict())
        for n, tip in enumerate(own.tips)
    ]
    return topic.copy(update={"tips": [*tips, *([] if "tips" in own.vervangen else topic.tips)]})


def _place(path: Path, steps: Sequence[Union[str, int]]) -> str:
    """Return the file with the line to which `steps`, keys and indexes from its top, lead as far as they are there."""
    node, line = _compose(path.read_text(encoding="utf8")), 0
    for step in steps:
        if isinstance(node, MappingNode):
            found = next(((key.start_mark, value) for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step].start_mark, node.value[step]
        else:
            found = None
        if found is None:
            break
        line, node = found[0].line, found[1]
    return f"{path}, regel {line + 1}"


@lru_cache(maxsize=1)  # a file with many tips is asked for the line of each
def _compose(text: str) -> Optional[Node]:
    return YAML(typ="safe", pure=True).compose(text)


def _broken_safety_references(path: Path, safety: Safety, topics: Dict[str, Topic]) -> List[str]:
    """Find topics offered after a safety answer that do not exist."""
    return [
        f"{path}, {name}: verder: {label!r} is geen onderwerp uit onderwerpen.yml; verbeter de naam of haal hem weg"
        for name, field in Safety.__fields__.items()
        if field.type_ is SafetyText
        for label in getattr(safety, name).verder
        if label not in topics
    ]


def _validate(
    path: Path, where: str, model: Type[Model], values: Any, problems: List[str], at: Sequence[str] = ()
) -> Any:
    """Return the model, or None after adding to `problems` what is wrong.

    `where` names the part of the file that `values` are, and `at` are the keys that lead to it.
    """
    try:
        return model.parse_obj(values)
    except ValidationError as error:
        for problem in error.errors():
            steps = [step for step in problem["loc"] if step not in ("__root__", "__key__")]
            place = " > ".join(str(step + 1) if isinstance(step, int) else str(step) for step in steps)
            remedy = remedy_for(problem)
            line = _place(path, [*at, *steps])
            problems.append(": ".join(part for part in (f"{line}{where}", place, remedy) if part))
        return None


def remedy_for(problem: Dict[str, Any]) -> str:
    """Return what to do about one of pydantic's errors, in Dutch."""
    if problem["type"] == "value_error.const":
        return f"kies uit: {', '.join(problem['ctx']['permitted'])}"
    return _REMEDIES.get(problem["type"], problem["msg"])


def read_texts(path: Path, model: Type[Model]) -> Model:
    """Return one file of texts that stands apart from what parents read, as its `model`.

    Raises:
        ContentError: it is missing, or breaks a rule; the message names place and remedy.
    """
    problems: List[str] = []
    texts = _read_one(path, model, problems)
    if problems:
        raise ContentError(problems)
    return texts


def _read_one(path: Path, model: Type[Model], problems: List[str]) -> Any:
    try:
        values = read_yaml(path)
    except ContentError as error:
        problems += error.problems
        return None
    return _validate(path, "", model, values, problems)


def _read_map(path: Path, model: Type[Model], problems: List[str]) -> Dict[str, Any]:
    try:
        values = read_yaml(path)
    except ContentError as error:
        problems += error.problems
        return {}
    if not isinstance(values, dict):
        problems.append(f"{path}: {_REMEDIES['type_error.dict']}")
        return {}
    return {key: _validate(path, f", {key}", model, value, problems, [key]) for key, value in values.items()}


def _read_chapters(folder: Path, problems: List[str]) -> Tuple[List[Chapter], Dict[str, Topic], Dict[str, str]]:
    """Return the chapters, the topics by label, and for each label the place to name in an error."""
    chapters, topics, places = [], {}, {}
    for path in sorted(folder.glob("*.yml")):
        try:
            values = read_yaml(path)
        except ContentError as error:
            problems += error.problems
            continue
        if not isinstance(values, dict) or not isinstance(values.get("onderwerpen"), dict):
            problems.append(f"{path}: onderwerpen: dit ontbreekt; zet hier de onderwerpen van het hoofdstuk")
            continue
        entries = values.pop("onderwerpen")
        chapter = _validate(path, "", Chapter, values, problems)
        if chapter is None:
            continue
        for key in ("nummer", "intent"):
            if getattr(chapter, key) in [getattr(other, key) for other in chapters]:
                problems.append(
                    f"{path}: {key}: een ander hoofdstuk heeft {getattr(chapter, key)!r} al; kies een eigen"
                )
        chapters.append(chapter)
        for name, entry in entries.items():
            label = f"{chapter.intent}/{name}"
            places[label] = f"{path}, onderwerp {name}"
            if not isinstance(entry, dict):
                problems.append(f"{places[label]}: hier horen titel, vraag, kern en tips; vul ze in")
                continue
            values = {**entry, "label": label, "hoofdstuk": chapter.nummer}
            topic = _validate(path, f", onderwerp {name}", Topic, values, problems, ["onderwerpen", name])
            if topic is not None:
                topics[label] = topic
    return chapters, topics, places


def _disagreements(root: Path, taxonomy: List[str], topics: Dict[str, Topic], places: Dict[str, str]) -> List[str]:
    """Compare the topics that have content with the one list of topics."""
    missing = [
        f"{root / 'hoofdstukken'}: onderwerp {label} heeft geen inhoud; voeg het toe aan het bestand van "
        f"{label.split('/')[0]} of haal het uit onderwerpen.yml"
        for label in taxonomy
        if label not in topics
    ]
    unknown = [
        f"{places[label]}: dit onderwerp staat niet in onderwerpen.yml; voeg het daar toe of verbeter de naam"
        for label in topics
        if label not in taxonomy
    ]
    return missing + unknown


def _broken_references(
    chapters: List[Chapter],
    topics: Dict[str, Topic],
    websites: Dict[str, Website],
    places: Dict[str, str],
) -> List[str]:
    """Find names that point nowhere, and names that stand for two things."""
    problems = []
    numbers = sorted(chapter.nummer for chapter in chapters)
    choices = ", ".join(map(str, numbers))
    seen: Dict[str, Dict[str, str]] = {"tip": {}, "titel": {}, "vraag": {}}
    for label, topic in topics.items():
        place = places[label]
        for key in topic.links:
            if key not in websites:
                problems.append(f"{place}: links: {key!r} staat niet in websites.yml; kies uit: {', '.join(websites)}")
        for other in topic.verwant:
            if other == label:
                problems.append(f"{place}: verwant: {other!r} is dit onderwerp zelf; kies een ander of haal het weg")
            elif other not in topics:
                problems.append(f"{place}: verwant: {other!r} {_UNKNOWN_TOPIC}")
        if topic.bron is not None and topic.bron not in numbers:
            problems.append(f"{place}: bron: hoofdstuk {topic.bron} bestaat niet; kies uit: {choices}")
        for kind, value in [("titel", topic.titel), ("vraag", topic.vraag), *(("tip", tip.id) for tip in topic.tips)]:
            if value in seen[kind]:
                problems.append(
                    f"{place}: {kind} {value!r} is ook van {seen[kind][value]}; maak er twee verschillende van"
                )
            seen[kind][value] = label
    return problems


def _broken_places(path: Path, school: School, topics: Dict[str, Topic]) -> List[str]:
    """Find places of a school's own links that do not exist."""
    others = ["veiligheid", "leerling", *(f"praktisch/{matter}" for matter in get_args(Matter))]
    return [
        f"{path}: links, {link.titel}: bij: {place!r} {_UNKNOWN_TOPIC}, of kies uit: {', '.join(others)}"
        for link in school.links
        for place in link.bij
        if place not in topics and place not in others
    ]
