"""Asks for a school's own data and writes its school.yml: `python -m tools.school [--school NAME]`.

Only what changes is written anew, so that comments stay, and only once the loader has accepted it. What it prints is
in Dutch, as a school's web editor reads it.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import questionary
from pydantic import ValidationError
from ruamel.yaml import YAML

from content import ContentError, load_schools
from content.loader import CONTENT, OWN_FOLDER, SCHOOL_NAME, read_yaml, remedy_for
from content.schema import School, WidgetSettings

# Asked one by one, each with the present value as the default.
QUESTIONS = {
    "naam": "Hoe noemen ouders de school?",
    "contactpersoon": "Wie kan een ouder aanspreken? (midden in een zin, zoals: de administratie)",
    "telefoon": "Welk telefoonnummer hoort daarbij?",
    "email": "En welk e-mailadres?",
    "bereikbaar": "Wanneer is daar iemand? (achter het nummer, zoals: op schooldagen tot 16.30 uur)",
}
HOURS = "Op welke tijden precies? (zoals: maandag 8.30-16.30, vrijdag 8.30-12.00; leeg mag)"
WEBSITES = "Op welke websites komt de chat? (zoals: https://www.school.nl, meer met een komma ertussen; leeg mag)"
COLOUR = "Welke kleur heeft de knop? (zoals: #1f5f4a; leeg is blauwgroen)"
TONE = "Hoe praat Ouderwijzer?"
REMOVE, KEEP = "Ja, weghalen", "Nee, laten staan"

Values = Dict[str, Any]


def ask(present: Values, is_new: bool) -> Values:
    """Ask in the terminal; return the values that are not as `present`.

    Raises:
        KeyboardInterrupt: who answers stopped.
    """
    values = {key: _ask_text(text, present.get(key, ""), _fault_in(School, key)) for key, text in QUESTIONS.items()}
    hours = _ask_text(HOURS, hours_as_text(present.get("tijden", {})), _fault_in(School, "tijden", hours_of_text))
    values["tijden"] = hours_of_text(hours)
    widget = present.get("widget", {})
    websites = _ask_text(WEBSITES, ", ".join(widget.get("websites", [])), _fault_in(WidgetSettings, "websites", items))
    # What letters can be read on a colour follows from it: those that were chosen for another one go with it.
    colour = _ask_text(COLOUR, widget.get("kleur", ""), _fault_in_colour)
    kept = widget if colour == widget.get("kleur", "") else {"kleur": colour} if colour else {}
    values["widget"] = {**kept, "websites": items(websites)}
    tones = ["hartelijk", "zakelijk"]
    values["toon"] = _choose(TONE, tones, present.get("toon", tones[0]))
    if present.get("links") and (is_new or values["naam"] != present.get("naam")):
        text = f"In het bestand staan nog links en nummers van {present.get('naam')}. Weghalen?"
        if _choose(text, [REMOVE, KEEP], REMOVE) == REMOVE:
            values["links"] = []
    return {key: value for key, value in values.items() if is_new or value != present.get(key)}


def _choose(text: str, choices: List[str], default: str) -> str:
    return questionary.select(text, choices, default, instruction="(pijltjes en Enter)").unsafe_ask()


def hours_as_text(hours: Values) -> str:
    """Return `tijden` of school.yml as one line."""
    return ", ".join(f"{day} {time['van']}-{time['tot']}" for day, time in hours.items())


def hours_of_text(text: str) -> Values:
    """Return `tijden` out of one line.

    Raises:
        ValueError: a part of it has not the form of a day with its hours.
    """
    hours = {}
    for part in items(text):
        match = re.fullmatch(r"(\S+) +([\d.]+) *- *([\d.]+)", part)
        if match is None:
            raise ValueError(f"{part!r} klopt niet; schrijf bijvoorbeeld: maandag 8.30-16.30")
        hours[match[1].lower()] = {"van": match[2], "tot": match[3]}
    return hours


def items(text: str) -> List[str]:
    """Return what stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def with_value(text: str, key: str, value: Any) -> str:
    """Return the text of a YAML file with another value for one key of its top; a key that was not there comes last."""
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    yaml.dump({key: value}, written)
    # The key's line, and the lines that belong to its value: those further in.
    pattern = re.compile(rf"^{key}:.*\n(?:[ -].*\n)*", re.MULTILINE)
    changed, count = pattern.subn(lambda _: written.getvalue(), f"{text.rstrip()}\n", count=1)
    return changed if count else f"{changed}\n{written.getvalue()}"


def check(folder: Path, file: Path, text: str) -> None:
    """Have the loader read what the schools' own `folder` would be with `text` as `file`.

    Raises:
        ContentError: it does not accept that.
    """
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / "map"
        for name in ("school.yml", "eigen", "scholen"):
            if (folder / name).is_dir():
                shutil.copytree(folder / name, trial / name)
            elif (folder / name).exists():
                trial.mkdir(exist_ok=True)
                shutil.copy(folder / name, trial)
        copy = trial / file.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf8")
        try:
            load_schools(own_folder=trial)
        except ContentError as error:
            raise ContentError([problem.replace(str(trial), str(folder)) for problem in error.problems]) from error


def write(file: Path, text: str) -> None:
    """Write the file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".nieuw")
    new.write_text(text, encoding="utf8")
    os.replace(new, file)


def _ask_text(question: str, default: str, fault: Callable[[str], Optional[str]]) -> str:
    return questionary.text(question, default, validate=lambda text: fault(text) or True).unsafe_ask().strip()


def _fault_in(model: Any, key: str, read: Callable[[str], Any] = str.strip) -> Callable[[str], Optional[str]]:
    """Return what tells what is wrong with an answer, as the loader would: None where nothing is."""

    def fault(text: str) -> Optional[str]:
        try:
            value = read(text)
        except ValueError as error:
            return str(error)
        _, error = model.__fields__[key].validate(value, {}, loc=key)
        return remedy_for(ValidationError([error], model).errors()[0]) if error else None

    return fault


def _fault_in_colour(text: str) -> Optional[str]:
    return _fault_in(WidgetSettings, "kleur")(text) if text.strip() else None


def main(arguments: Optional[List[str]] = None) -> int:
    """Ask, check and write; return the exit status."""
    parser = argparse.ArgumentParser(description="Vraagt de gegevens van een school en schrijft haar school.yml.")
    parser.add_argument("--school", help="de naam van een map in content/scholen, als er meer scholen zijn")
    name = parser.parse_args(arguments).school
    folder = Path(os.environ.get(OWN_FOLDER) or CONTENT)
    file = folder / "scholen" / name / "school.yml" if name else folder / "school.yml"
    if name and not re.fullmatch(SCHOOL_NAME, name):
        print(f"SCHOOL={name} kan niet: hoogstens 20 kleine letters, cijfers en streepjes.", file=sys.stderr)
        return 1
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            f"make school stelt vragen, en dat kan alleen in een terminal. Zonder terminal: pas {file} zelf aan en "
            f"controleer het met make validate.",
            file=sys.stderr,
        )
        return 1
    try:
        model = file if file.exists() else folder / "school.yml"  # a new school begins with the comments of the first
        present, text = read_yaml(model), model.read_text(encoding="utf8")
        print(f"De antwoorden komen in {file}. Enter laat staan wat er staat; met Ctrl-C stop je.")
        changes = ask(present, is_new=model != file)
        for key, value in changes.items():
            text = with_value(text, key, value)
        if not changes:
            print("Er is niets veranderd.")
            return 0
        check(folder, file, text)
        write(file, text)
    except KeyboardInterrupt:
        print("Gestopt. Er is niets veranderd.", file=sys.stderr)
        return 1
    except ContentError as error:
        print("Er is niets bewaard, want er klopt iets niet:", *error.problems, sep="\n- ", file=sys.stderr)
        return 1
    print(f"Bewaard in {file}. Start Ouderwijzer opnieuw, dan geldt het.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
