"""docs/schalen.md: what all Dutch schools together would take, computed from the measured figures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Dict, List

from tools.bench.figures import Measured, spread
from tools.bench.page import throughput
from tools.compare.tables import table

HOUR, DAYS_KEPT = 3_600, 30  # seconds; endpoints.yml, retention_days
SHARES = (0.005, 0.01, 0.02, 0.05, 0.10)  # of parents, in the second table


@dataclass(frozen=True)
class Assumptions:
    """What nobody has measured: the size of the question, and guesses."""

    schools: int = 6_600
    parents: int = 2_400_000
    asking: float = 0.02  # of the parents, on the busiest evening
    peak_hour: float = 0.4  # of that evening's messages, in the busiest hour
    burst: float = 2.0  # busiest minute over the mean of that hour
    messages: int = 5  # a conversation
    ordinary_day: float = 0.2  # of the busiest evening's messages, on any other day
    load: float = 0.6  # of what an instance can do that is planned with
    vm_euros: float = 20.0  # a month, a virtual machine with two cores and 4 GB
    data_euros: float = 100.0  # a month, one with four cores and 16 GB, for PostgreSQL and Redis


@dataclass(frozen=True)
class Capacity:
    """What was measured: what one instance does, and what a message costs."""

    messages_a_second: float  # answered by one Rasa with one action server
    processor_ms: Dict[str, float]  # of one message, by process
    rows: float  # a message
    bytes: float  # a message, in SQLite with its indexes


@dataclass(frozen=True)
class Need:
    """What it takes."""

    conversations: float  # on the busiest evening
    mean: float  # messages a second in the busiest hour
    peak: float  # messages a second in the busiest minute
    instances: int  # of Rasa with an action server, the spare one left out
    rows: float  # a second, in the busiest minute
    messages_kept: float
    gigabytes: float
    euros: float  # a month
    busy: Dict[str, float]  # cores in use in the busiest minute, by process

    @property
    def machines(self) -> int:
        """Machines with an instance each: one more than is needed, so that one may fail."""
        return self.instances + 1


def capacity(speed: Measured) -> Capacity:
    """Return what an instance can do, from what `runs.measure_speed` measured."""
    own, store = speed["systems"]["ouderwijzer"], speed["store"]
    names = own["crowd"][0]["processor_ms"]
    used = {name: spread([block["processor_ms"][name] for block in own["crowd"]]).median for name in names}
    rows, size = store["rows"] / store["messages"], store["bytes"] / store["messages"]
    return Capacity(throughput(own).median, used, rows, size)


def need(given: Assumptions, one: Capacity) -> Need:
    """Return what it takes under these assumptions."""
    conversations = given.parents * given.asking
    messages = conversations * given.messages
    mean = messages * given.peak_hour / HOUR
    peak = mean * given.burst
    instances = math.ceil(peak / (one.messages_a_second * given.load))
    kept = messages * (1 + given.ordinary_day * (DAYS_KEPT - 1))
    return Need(
        conversations,
        mean,
        peak,
        instances,
        peak * one.rows,
        kept,
        kept * one.bytes / 1e9,
        (instances + 1 + 1) * given.vm_euros + given.data_euros,  # and one for nginx
        {name: peak * ms / 1000 for name, ms in one.processor_ms.items()},
    )


def write_scale(speed: Measured, given: Assumptions = Assumptions()) -> str:
    """Return docs/schalen.md; only numbers change in it between two runs."""
    one = capacity(speed)
    found = need(given, one)
    names = {"rasa": "Rasa", "actions": "de actieserver"}
    first = names[max(found.busy, key=found.busy.get)]
    cores = " en ".join(f"{name} {_number(found.busy[key], 1)}" for key, name in names.items())
    per_message = " en ".join(f"{name} {_number(one.processor_ms[key], 1)} ms" for key, name in names.items())
    return f"""# Voor alle scholen tegelijk
Wat is er nodig als {_number(given.schools)} scholen Ouderwijzer samen gebruiken, op een drukke maandagavond? Dit is een
berekening: niemand heeft het zo gedraaid. De metingen komen van `make bench` ({speed["date"]}, {speed["cores"]} kernen,
{speed["processor"]}); dezelfde opdracht rekent deze pagina opnieuw uit. De aannames staan in `tools/bench/scale.py`.
Hoe je het op meer machines zet, staat in [installeren.md](installeren.md#meer-machines).

## Wat we aannemen
{_assumptions(given)}

## Wat er gemeten is
{_measured(one, speed["users"])}

## Wat het vraagt
{_needed(found, given)}

Het aantal machines is de drukste minuut, gedeeld door wat één Rasa aankan, waarvan we {_number(100 * given.load)} %
gebruiken, naar boven afgerond. Eén machine is reserve: valt er een uit, dan nemen de andere het over.

De avond weegt zwaar, en daar weten we het minst van. Zo verandert het antwoord mee:

{_by_share(given, one)}

## Wat het eerst vol is
De processor van {first}. Een bericht kost {per_message} processortijd.
Daarvoor zijn in de drukste minuut zoveel kernen nodig: {cores}.

Eén Rasa gebruikt niet meer dan één kern, want alle berichten lopen door één thread. Een snellere processor helpt dus,
meer kernen per Rasa niet. Meer machines met Rasa helpen ook: die delen alleen PostgreSQL en de sloten in Redis.

Daarna komt waarschijnlijk PostgreSQL, want daarvan is er één. In de drukste minuut schrijft het {_number(found.rows)}
rijen per seconde. Rasa wacht op de database in diezelfde thread: staat PostgreSQL ver weg, dan gaat dat van het aantal
antwoorden af. Zet het dus dichtbij.

## Wat we niet weten
- Hoeveel ouders op één avond iets vragen. Meet dat eerst op een paar scholen, met `/metrics`.
- Wat PostgreSQL en Redis aankunnen: de meting gebruikt SQLite en een slot in het geheugen.
- Of een gehuurde machine even snel is als de machine van de meting. Draai daar zelf `make bench`.
- Wat een bestuur kwijt is aan beheer, reservekopieën en berichten van WhatsApp. Dat staat niet in de prijs.
"""


def _assumptions(given: Assumptions) -> str:
    rows = [
        ["Scholen", _number(given.schools)],
        ["Ouders", _number(given.parents)],
        ["Ouders die op de drukste avond iets vragen", f"{_number(100 * given.asking, 1)} %"],
        ["Deel van die avond in het drukste uur", f"{_number(100 * given.peak_hour)} %"],
        ["Drukste minuut, vergeleken met dat uur", f"{_number(given.burst, 1)} keer zo druk"],
        ["Berichten per gesprek", _number(given.messages)],
        ["Berichten op een gewone dag, vergeleken met die avond", f"{_number(100 * given.ordinary_day)} %"],
        ["Gesprekken blijven bewaard", f"{DAYS_KEPT} dagen"],
        ["Machine met 2 kernen en 4 GB", f"€ {_number(given.vm_euros)} per maand"],
        ["Machine met 4 kernen en 16 GB, voor PostgreSQL en Redis", f"€ {_number(given.data_euros)} per maand"],
    ]
    return table(["Aanname", "Waarde"], rows)


def _measured(one: Capacity, users: int) -> str:
    rows = [
        [
            f"Antwoorden per seconde, één Rasa met één actieserver, {users} ouders tegelijk",
            _number(one.messages_a_second, 1),
        ],
        *[
            [f"Processortijd per bericht: {name}", f"{_number(one.processor_ms[key], 1)} ms"]
            for key, name in (("rasa", "Rasa"), ("actions", "actieserver"))
        ],
        ["Rijen in de database per bericht", _number(one.rows, 1)],
        ["Ruimte in de database per bericht, met indexen (SQLite)", f"{_number(one.bytes / 1000, 1)} kB"],
    ]
    return table(["Gemeten", "Waarde"], rows)


def _needed(found: Need, given: Assumptions) -> str:
    rows = [
        ["Gesprekken op die avond", _number(found.conversations)],
        ["Berichten per seconde, drukste uur", _number(found.mean, 1)],
        ["Berichten per seconde, drukste minuut", _number(found.peak, 1)],
        ["Machines met Rasa en acties, de reserve erbij", _number(found.machines)],
        ["Andere machines", "1 voor nginx, 1 voor PostgreSQL en Redis"],
        ["Berichten in de database, na 30 dagen", _number(found.messages_kept)],
        ["Grootte van de database", f"{_number(found.gigabytes, 1)} GB"],
        ["Prijs", f"€ {_number(found.euros)} per maand"],
        ["Prijs per school", f"€ {_number(12 * found.euros / given.schools, 2)} per jaar"],
    ]
    return table(["Nodig", "Waarde"], rows)


def _by_share(given: Assumptions, one: Capacity) -> str:
    rows: List[List[str]] = []
    for share in SHARES:
        found = need(replace(given, asking=share), one)
        rows.append(
            [
                f"{_number(100 * share, 1)} %",
                _number(found.peak, 1),
                _number(found.machines),
                f"{_number(found.gigabytes, 1)} GB",
                f"€ {_number(found.euros)}",
            ]
        )
    header = ["Ouders die iets vragen", "Berichten per seconde", "Machines met Rasa", "Database", "Prijs per maand"]
    return table(header, rows)


def _number(value: float, decimals: int = 0) -> str:
    """Return a number as it is written in Dutch: 2.400.000 and 1,5."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
