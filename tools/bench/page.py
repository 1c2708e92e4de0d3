"""docs/prestaties.md: the figures of both systems, their ratios, and what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from tools.bench.figures import Measured, Spread, by_block, growth, spread
from tools.compare.tables import table

HEADER = ["", "Ouderwijzer", "bot of `rasa init`", "better by", "asked for", "met"]
NONE = "–"
FLAT = 1.1  # what may grow by a tenth, within which two runs on one machine differ too, counts as flat


@dataclass(frozen=True)
class Row:
    """A figure of both systems; `ratio` says how many times better ours is, None where that cannot be said.

    `asked` is what was asked for, in words, and `met` whether it is so; None and None where nothing was.
    """

    name: str
    own: str
    other: str
    ratio: Optional[float] = None
    asked: Optional[str] = None
    met: Optional[bool] = None

    def cells(self) -> List[str]:
        """Return it as the table shows it."""
        ratio = NONE if self.ratio is None else f"{self.ratio:.2f} times"
        met = NONE if self.met is None else "yes" if self.met else "no"
        return [self.name, self.own, self.other, ratio, self.asked or NONE, met]


def ratio(own: float, other: float, more_is_better: bool = False) -> Optional[float]:
    """Return how many times better `own` is than `other`; None where one of them is 0."""
    if not own or not other:
        return None
    return own / other if more_is_better else other / own


def speed_rows(measured: Measured) -> List[Row]:
    """Return the rows on speed and memory, of what `runs.measure_speed` measured."""
    own, other = (measured["systems"][key] for key in ("ouderwijzer", "rasa_init"))
    users = measured["users"]
    return [
        *_one_user(own, other),
        *_several_users(own, other, users),
        _row(
            "start to first answer",
            own,
            other,
            lambda s: spread(s["starts"]),
            "s",
            "at most 20 s",
            lambda v, _: v <= 20,
        ),
        _row(
            "memory: PSS of all its processes",
            own,
            other,
            lambda s: spread([taken["pss"] for taken in s["memory"]]),
            "MB",
            "at most 1,100 MB",
            lambda v, _: v <= 1100,
            form="{:,.0f}",
        ),
        _row(
            "memory: RSS of all its processes",
            own,
            other,
            lambda s: spread([taken["rss"] for taken in s["memory"]]),
            "MB",
            form="{:,.0f}",
        ),
        _growth_row(own, other),
        _row(
            f"processor time of one message, {users} users",
            own,
            other,
            lambda s: spread([sum(block["processor_ms"].values()) for block in s["crowd"]]),
            "ms",
        ),
        Row("no answer, or a failure", *(f"{s['unanswered']} and {s['failed']}" for s in (own, other))),
    ]


def load_rows(measured: Measured) -> Dict[str, List[Row]]:
    """Return the rows on many conversations and on the long load, of what `runs.measure_load` measured."""
    return {run: _long_rows(measured[run]["ouderwijzer"], measured[run]["rasa_init"]) for run in ("many", "load")}


def write_page(measured: Measured) -> str:
    """Return docs/prestaties.md; only figures change in it between two runs."""
    parts = ["# Speed, memory and load, in figures"]
    if "speed" in measured:
        parts += _speed_part(measured["speed"])
    if "load" in measured:
        parts += _load_part(measured["load"])
    return "\n\n".join(parts) + "\n"


def _speed_part(speed: Measured) -> List[str]:
    own = speed["systems"]["ouderwijzer"]
    blocks, crowds = len(own["one_user"]), len(own["crowd"])
    counts = [sum(len(block["typed"]) for block in speed["systems"][key]["one_user"]) for key in speed["systems"]]
    return [
        f"Written by `make bench`. {_circumstances(speed)} Both assistants ran on this machine in the same run and "
        "were asked in turns, block by block, so that what else happens there hits both. A figure is the median "
        "over the blocks, with their quartiles.",
        "Ouderwijzer answers by its terminal connector, NLU, rules, action server and SQLite store; it replays the "
        "conversations of `tests/conversations/`, without those that erase what is counted or send what never reaches "
        "Rasa. The bot of `rasa init` is the one that `rasa init --no-prompt` makes and trains, served by `rasa run` "
        "with its REST channel; it replays its stories and rules with its own example sentences. **It has no custom "
        "actions, so no action server, and keeps conversations in memory as they are: each message takes less work "
        "than one of ours.** Times are what a client with a kept connection waits.",
        table(HEADER, [row.cells() for row in speed_rows(speed)]),
        f"One user: {blocks} blocks a system, {counts[0]} and {counts[1]} messages that NLU reads. "
        f"{speed['users']} users, who ask on as soon as they are answered: {crowds} blocks of "
        f"{own['crowd'][0]['seconds']:.0f} s a system. Start and memory: each system alone on the machine, "
        f"{len(own['starts'])} times; memory after some forty messages. Turns: {len(own['turns'])} conversations of "
        f"{len(own['turns'][0])} turns, a system's same few messages over and over.",
        "![How many answers come within a time](prestaties/speed.png)",
        "![Time of an answer along a conversation](prestaties/turns.png)",
    ]


def _load_part(load: Measured) -> List[str]:
    rows = load_rows(load)
    return [
        "## Many conversations, and a long load",
        f"Written by `make bench LONG=1`. {_circumstances(load)} Here Ouderwijzer answers by the widget's connector, "
        "where each message has an id: lost is a message that was answered and is not in the tracker store, doubled "
        "one that stands in it more than once. REST knows no ids, and the store of `rasa init` is memory. The systems "
        "ran one after the other, each freshly started.",
        f"### {load['conversations']:,} conversations, {load['users']} at the same time\n"
        + table(HEADER, [row.cells() for row in rows["many"]]),
        f"### {load['load_users']} users at the same time for {load['load_seconds'] / 60:.1f} minutes\n"
        f"Each sends the next message {load['load_pause']:g} s after an answer, sooner than anybody has read it.\n\n"
        + table(HEADER, [row.cells() for row in rows["load"]]),
        "![Memory over conversations and over time](prestaties/memory.png)",
    ]


def _one_user(own: Dict[str, Any], other: Dict[str, Any]) -> List[Row]:
    def of(share: float) -> Callable[[Dict[str, Any]], Spread]:
        return lambda s: by_block([block["typed"] for block in s["one_user"]], share)

    pressed = [block["pressed"] for block in own["one_user"]]
    return [
        _row(
            "1 user, p50",
            own,
            other,
            of(50),
            "ms",
            "at most 20 ms; 1.5 times",
            lambda v, r: v <= 20 and (r or 0) >= 1.5,
        ),
        _row("1 user, p95", own, other, of(95), "ms"),
        Row("1 user, p50 of pressed buttons", f"{by_block(pressed, 50).show()} ms" if any(pressed) else NONE, NONE),
    ]


def _several_users(own: Dict[str, Any], other: Dict[str, Any], users: int) -> List[Row]:
    def of(share: float) -> Callable[[Dict[str, Any]], Spread]:
        return lambda s: by_block([block["ms"] for block in s["crowd"]], share)

    return [
        _row(f"{users} users, p50", own, other, of(50), "ms"),
        _row(f"{users} users, p95", own, other, of(95), "ms", "at most 250 ms", lambda v, _: v <= 250),
        _row(
            f"{users} users, answers a second",
            own,
            other,
            throughput,
            "",
            "2.5 times",
            lambda _, r: (r or 0) >= 2.5,
            more_is_better=True,
        ),
    ]


def throughput(system: Dict[str, Any]) -> Spread:
    """Return how many messages were answered a second while several users talked."""
    return spread([len(block["ms"]) / block["seconds"] for block in system["crowd"]])


def _growth_row(own: Dict[str, Any], other: Dict[str, Any]) -> Row:
    pairs = [growth(system["turns"]) for system in (own, other)]
    shown = [f"{early:.1f} to {late:.1f} ms, {late / early:.2f} times" for early, late in pairs]
    grown = [late / early for early, late in pairs]
    turns = len(own["turns"][0])
    return Row(f"turns 6–15 to {turns - 9}–{turns}, median", *shown, ratio(*grown), "flat", grown[0] <= FLAT)


def _long_rows(own: Dict[str, Any], other: Dict[str, Any]) -> List[Row]:
    def both(show: Callable[[Dict[str, Any]], str]) -> List[str]:
        return [show(own), show(other)]

    def ends(name: str, unit: str) -> List[str]:
        return both(lambda s: f"{s[name][0]:,.0f} to {s[name][1]:,.0f} {unit}, {s[name][1] / s[name][0]:.2f} times")

    grown = {name: [s[name][1] / s[name][0] for s in (own, other)] for name in ("memory_ends", "ms_ends")}
    rates = [(s["messages"] - s["failed"] - s["unanswered"]) / s["seconds"] for s in (own, other)]
    kept = [None if own[name] is None else str(own[name]) for name in ("lost", "doubled")]
    return [
        Row("messages", *both(lambda s: f"{s['messages']:,}")),
        Row("failed", *both(lambda s: f"{s['failed']:,}"), asked="0", met=own["failed"] == 0),
        Row("no answer", *both(lambda s: f"{s['unanswered']:,}"), asked="0", met=own["unanswered"] == 0),
        Row("lost", kept[0] or NONE, NONE, asked="0", met=own["lost"] == 0),
        Row("doubled", kept[1] or NONE, NONE, asked="0", met=own["doubled"] == 0),
        Row("answers a second", *(f"{rate:.1f}" for rate in rates), ratio(*rates, more_is_better=True)),
        Row("p50", *both(lambda s: f"{s['p50']:,.0f} ms"), ratio(own["p50"], other["p50"])),
        Row("p95", *both(lambda s: f"{s['p95']:,.0f} ms"), ratio(own["p95"], other["p95"])),
        Row(
            "memory (RSS), second tenth to last",
            *ends("memory_ends", "MB"),
            ratio(*grown["memory_ends"]),
            "flat",
            grown["memory_ends"][0] <= FLAT,
        ),
        Row(
            "time of an answer, second tenth to last",
            *ends("ms_ends", "ms"),
            ratio(*grown["ms_ends"]),
            "flat",
            grown["ms_ends"][0] <= FLAT,
        ),
    ]


def _row(
    name: str,
    own: Dict[str, Any],
    other: Dict[str, Any],
    of: Callable[[Dict[str, Any]], Spread],
    unit: str,
    asked: Optional[str] = None,
    is_met: Optional[Callable[[float, Optional[float]], bool]] = None,
    more_is_better: bool = False,
    form: str = "{:.1f}",
) -> Row:
    found = [of(own), of(other)]
    times = ratio(found[0].median, found[1].median, more_is_better)
    shown = [f"{each.show(form)} {unit}".strip() for each in found]
    return Row(name, *shown, times, asked, is_met(found[0].median, times) if is_met else None)


def _circumstances(measured: Measured) -> str:
    return (
        f"Measured on {measured['date']} with Rasa {measured['rasa']} on {measured['cores']} cores "
        f"({measured['processor']}), which the client shares."
    )
