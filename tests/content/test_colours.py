"""Whether text can be read on a colour."""

from __future__ import annotations

from itertools import product

import pytest

from content.colours import ACCENT, BLACK, READABLE, WHITE, contrast, letters_on
from tools.server import ROOT


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [(BLACK, WHITE, 21), (WHITE, WHITE, 1), ("#767676", WHITE, 4.54), (WHITE, "#ff0000", 4.0)],
)
def test_the_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_the_widgets_own_colour_is_that_of_its_css() -> None:
    assert f"--school-kleur, {ACCENT})" in (ROOT / "widget/src/styles.css").read_text(encoding="utf8")
    assert letters_on(ACCENT) == WHITE


def test_on_every_colour_white_or_black_can_be_read() -> None:
    steps = [f"{value:02x}" for value in range(0, 256, 15)]
    colours = [f"#{red}{green}{blue}" for red, green, blue in product(steps, repeat=3)]
    assert all(contrast(colour, letters_on(colour)) >= READABLE for colour in colours)
