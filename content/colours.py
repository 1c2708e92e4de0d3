"""Colours, and whether text can be read on them, as WCAG 2.2 defines it: https://www.w3.org/TR/WCAG22/."""

from __future__ import annotations

WHITE, BLACK = "#ffffff", "#000000"
ACCENT = "#0b5d6b"  # the widget's own, as in widget/src/styles.css
BY_ITSELF = "vanzelf"  # for letters: as `letters_on` has it
READABLE = 4.5  # the contrast of text that level AA asks for, success criterion 1.4.3


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours such as #0b5d6b: 1 (the same) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def letters_on(colour: str) -> str:
    """Return white where that can be read on the colour, else black, which then can."""
    return WHITE if contrast(WHITE, colour) >= READABLE else BLACK


def _luminance(colour: str) -> float:
    """Return the relative luminance, 0 (black) to 1 (white)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
