"""The figures of `make bench`, on messages and stores whose figures are known beforehand."""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import sqlite3
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from content import Content
from tools.bench import figures
from tools.bench.__main__ import write_docs
from tools.bench.client import ANSWERED, FAILED, PRESSED, TYPED, Step, cycle, talk_all
from tools.bench.kept import Kept, Size, count_kept, ids_in, size_of
from tools.bench.page import load_rows, ratio, speed_rows, write_page
from tools.bench.processes import MemoryOverTime, family, memory, processor_seconds
from tools.bench.scale import Assumptions, capacity, need
from tools.bench.systems import example_scripts, own_scripts


def test_percentiles_lie_between_two_values_by_distance() -> None:
    assert figures.percentile([10.0, 20.0, 30.0, 40.0], 50) == 25.0
    assert figures.percentile([10.0, 20.0, 30.0, 40.0], 95) == pytest.approx(38.5)
    assert figures.spread([1.0, 2.0, 3.0, 4.0, 5.0]).show() == "3.0 (2.0 to 4.0)"
    with pytest.raises(ValueError, match="no message was answered"):
        figures.percentile([], 50)


def test_growth_leaves_out_the_turns_that_warm_up() -> None:
    talk = [900.0] * 5 + [10.0] * 10 + [500.0] * 5 + [20.0] * 10
    assert figures.growth([talk, talk]) == (10.0, 20.0)
    assert figures.turn_medians([[1.0, 5.0], [3.0, 5.0], [2.0, 8.0]]) == [2.0, 5.0]
    assert figures.ends([99.0] * 10 + [1.0] * 10 + [50.0] * 70 + [2.0] * 10) == (1.0, 2.0)


def test_thinned_keeps_both_ends() -> None:
    assert figures.thinned(list(range(100)), 4) == [0, 33, 66, 99]
    assert figures.thinned([1, 2], 4) == [1, 2]


def test_a_ratio_says_how_many_times_better_ours_is() -> None:
    assert ratio(20.0, 30.0) == 1.5
    assert ratio(60.0, 30.0, more_is_better=True) == 2.0
    assert ratio(0.0, 30.0) is None


def test_lost_and_doubled_messages_are_counted() -> None:
    assert count_kept(["a", "b", "c", "d"], ["a", "c", "c", "d", "of another"]) == Kept(4, 1, 1)


def test_the_store_is_read_by_ids_and_size(tmp_path: Path) -> None:
    rows = [("x", "user", "a"), ("x", "bot", None), ("x", "user", "b"), ("y", "user", None), ("y", "action", None)]
    with sqlite3.connect(tmp_path / "g.db") as database:
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id, type_name, data)")
        for sender, kind, message in rows:
            data = json.dumps({"message_id": message})
            database.execute("INSERT INTO events (sender_id, type_name, data) VALUES (?, ?, ?)", (sender, kind, data))
    assert ids_in(tmp_path / "g.db") == ["a", "b"]
    assert size_of(tmp_path / "g.db") == Size(2, 3, 5, os.path.getsize(tmp_path / "g.db"))


class Assistant:
    """An assistant in this process that breaks down at some of its messages."""

    def __init__(self, breaks_at: Optional[int] = None) -> None:
        self.breaks_at = breaks_at
        self.said: List[Any] = []
        self.at_once, self.most_at_once, self.begun = 0, 0, 0

    def talk(self, session: Any) -> Assistant:
        self.begun += 1
        return self

    async def begin(self) -> None:
        pass

    async def say(self, step: Step, message_id: str) -> str:
        self.said.append((step.text, message_id))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        if len(self.said) == self.breaks_at:
            raise asyncio.TimeoutError
        return ANSWERED


SCRIPTS = [(Step(text="a"), Step(payload="/b", kind=PRESSED)), (Step(text="c"),)]


def test_one_user_replays_the_scripts_in_order_until_there_are_enough_messages() -> None:
    assistant = Assistant()
    crowd = talk_all(assistant.talk, SCRIPTS, messages=4)
    assert [text for text, _ in assistant.said] == ["a", None, "c", "a", None]
    assert (len(crowd.ms(TYPED)), len(crowd.ms(PRESSED)), crowd.conversations) == (3, 2, 3)


def test_users_talk_at_the_same_time_and_each_message_has_an_id_of_its_own() -> None:
    assistant = Assistant()
    crowd = talk_all(assistant.talk, SCRIPTS, users=5, conversations=20)
    assert (assistant.begun, crowd.conversations, assistant.most_at_once) == (20, 20, 5)
    assert len({message_id for _, message_id in assistant.said}) == len(crowd.replies) == 30


def test_a_failure_is_counted_and_the_users_go_on() -> None:
    crowd = talk_all(Assistant(breaks_at=2).talk, SCRIPTS, messages=6)
    assert (crowd.count(FAILED), len(crowd.ms()), len(crowd.replies)) == (1, 5, 6)
    assert len(crowd.failures) == 1


def test_users_stop_when_their_time_is_up() -> None:
    crowd = talk_all(Assistant().talk, [cycle([Step(text="a")], 10_000)], users=2, seconds=0.1)
    assert crowd.replies and crowd.conversations == 0


def test_memory_and_processor_time_of_processes_and_their_children() -> None:
    own = os.getpid()
    assert own in family([os.getppid()]) and os.getppid() not in family([own])
    # Asked of the system itself: Python may take from, and give back to, what other tests left with it.
    with mmap.mmap(-1, 60_000_000) as held:
        held.write(b"x" * len(held))
        taken = memory([own])
    assert taken.rss - memory([own]).rss == pytest.approx(60, abs=5)
    assert 0 < taken.pss <= taken.rss
    assert processor_seconds([own]) > 0
    with MemoryOverTime(lambda: [own], interval=60) as over_time:
        pass
    assert len(over_time.samples) == 1


def test_our_conversations_are_replayed_and_none_that_erases(content: Content) -> None:
    steps = [step for script in own_scripts(content) for step in script]
    assert {step.kind for step in steps if step.text} == {TYPED, PRESSED}
    assert all(step.kind == PRESSED for step in steps if not step.text)
    assert "Wis alles wat je van mij hebt" not in {step.text for step in steps}


def test_the_bot_of_rasa_init_gets_its_own_sentences(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, text in {
        "nlu": "nlu:\n- intent: hi\n  examples: |\n    - hey\n    - hello\n- intent: bye\n  examples: |\n    - cu\n",
        "stories": "stories:\n- story: s\n  steps:\n  - intent: hi\n  - action: utter_hi\n  - intent: bye\n",
        "rules": "rules:\n- rule: r\n  steps:\n  - intent: bye\n  - action: utter_bye\n",
    }.items():
        (tmp_path / f"data/{name}.yml").write_text(text, encoding="utf8")
    scripts = [[step.text for step in script] for script in example_scripts(tmp_path)]
    assert scripts == [["hey", "cu"], ["cu"], ["hello", "cu"], ["cu"]]


def system(ms: float, seconds: float, processes: Dict[str, float]) -> Dict[str, Any]:
    return {
        "starts": [15.0, 16.0, 17.0],
        "memory": [{"rss": 40 * ms, "pss": 35 * ms}],
        "one_user": [{"typed": [ms] * 3, "pressed": [ms / 2]}, {"typed": [ms] * 2, "pressed": []}],
        "crowd": [{"seconds": seconds, "ms": [4 * ms] * 100, "processor_ms": processes}],
        "turns": [[ms] * 20 + [2 * ms] * 10],
        "unanswered": 0,
        "failed": 0,
    }


def long_run(lost: Optional[int]) -> Dict[str, Any]:
    return {
        "seconds": 10.0,
        "conversations": 100,
        "messages": 300,
        "unanswered": 0,
        "failed": 0,
        "failures": [],
        "lost": lost,
        "doubled": None if lost is None else 0,
        "p50": 100.0,
        "p95": 200.0,
        "ms_ends": [100.0, 105.0],
        "memory_ends": [1000.0, 1200.0],
        "memory": [[0.0, 0, 1000.0], [10.0, 300, 1200.0]],
    }


@pytest.fixture
def measured() -> figures.Measured:
    """Ours takes 20 ms and answers 50 a second, the other 30 ms and 25 a second; one of our messages is lost."""
    where = {"date": "2026-01-02", "rasa": "3.6.21", "cores": 2, "processor": "a processor"}
    own, other = system(20.0, 2.0, {"rasa": 15.0, "actions": 2.0}), system(30.0, 4.0, {"rasa": 30.0})
    store = {"conversations": 100, "messages": 300, "rows": 2700, "bytes": 600_000}
    runs = {"ouderwijzer": long_run(lost=1), "rasa_init": long_run(lost=None)}
    many = {"users": 10, "conversations": 10_000, "load_users": 50, "load_seconds": 600.0, "load_pause": 1.0}
    return {
        "speed": {**where, "users": 10, "store": store, "systems": {"ouderwijzer": own, "rasa_init": other}},
        "load": {**where, **many, "many": runs, "load": runs},
    }


def test_the_table_sets_both_side_by_side_and_says_what_is_met(measured: figures.Measured) -> None:
    rows = {row.name: row.cells()[1:] for row in speed_rows(measured["speed"])}
    assert rows["1 user, p50"] == [
        "20.0 (20.0 to 20.0) ms",
        "30.0 (30.0 to 30.0) ms",
        "1.50 times",
        "at most 20 ms; 1.5 times",
        "yes",
    ]
    assert rows["10 users, answers a second"][2:] == ["2.00 times", "2.5 times", "no"]
    assert rows["memory: PSS of all its processes"][3:] == ["at most 1,100 MB", "yes"]
    assert rows["turns 6–15 to 21–30, median"][0] == "20.0 to 40.0 ms, 2.00 times"
    assert rows["turns 6–15 to 21–30, median"][3:] == ["flat", "no"]


def test_what_is_lost_shows(measured: figures.Measured) -> None:
    rows = {row.name: row.cells()[1:] for row in load_rows(measured["load"])["load"]}
    assert rows["lost"] == ["1", "–", "–", "0", "no"]
    assert rows["doubled"][3:] == ["0", "yes"]
    assert rows["memory (RSS), second tenth to last"][3:] == ["flat", "no"]
    assert rows["time of an answer, second tenth to last"][3:] == ["flat", "yes"]


def test_scaling_follows_from_the_figures(measured: figures.Measured) -> None:
    one = capacity(measured["speed"])
    assert (one.messages_a_second, one.rows, one.bytes) == (50.0, 9.0, 2000.0)
    given = Assumptions(parents=360_000, asking=0.1, messages=5, peak_hour=0.4, burst=1.5, load=0.6, ordinary_day=0.0)
    found = need(given, one)
    # 36,000 conversations of 5 messages, 72,000 of these in the busiest hour: 20 a second, 30 in the busiest minute.
    assert (found.conversations, found.mean, found.peak) == pytest.approx((36_000, 20, 30))
    assert (found.instances, found.machines) == (1, 2)
    assert need(Assumptions(parents=720_000, asking=0.1, burst=1.5), one).instances == 2
    assert found.gigabytes == pytest.approx(180_000 * 2000 / 1e9)
    assert found.busy == {"rasa": pytest.approx(0.45), "actions": pytest.approx(0.06)}


def test_pages_plots_and_figures_are_written_and_read_again(tmp_path: Path, measured: figures.Measured) -> None:
    write_docs(measured, tmp_path)
    assert figures.read(tmp_path / "prestaties") == measured
    for name in ("speed", "turns", "memory"):
        assert (tmp_path / f"prestaties/{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "prestaties.md").read_text(encoding="utf8")
    assert "a processor" in page and "LONG=1" in page
    scale = (tmp_path / "schalen.md").read_text(encoding="utf8")
    assert "2.400.000" in scale and "De processor van Rasa. Een bericht kost Rasa 15,0 ms" in scale


def test_without_a_long_run_its_part_is_left_out(tmp_path: Path, measured: figures.Measured) -> None:
    assert "LONG=1" not in write_page({"speed": measured["speed"]})
    assert figures.read(tmp_path) == {}
