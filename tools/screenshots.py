"""Makes the pictures that README.md and docs/ show: `python -m tools.screenshots`.

Those of the widget are of a real conversation on the demo page, with the trained model, and one of them of a school
with the own tip that content/eigen/eigen.yml shows; that of `make inzicht` is of the made-up month of tests/month.py.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Iterator, Optional, Tuple, Union

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tools.insight.__main__ import make
from tools.insight.counts import ZONE
from tools.insight.source import STORE
from tools.server import ROOT, Server, ServerError, free_port

PICTURES = ROOT / "docs/plaatjes"
OWN_TOPICS = "content/eigen/eigen.yml"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu"]
DESKTOP = {"viewport": {"width": 1100, "height": 760}, "device_scale_factor": 1.5}
SHEET = {"viewport": {"width": 860, "height": 1000}, "device_scale_factor": 1.5}
PHONE = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True}
LOOKS = {"licht": "light", "donker": "dark"}
COLOURS = 128
PATIENCE = 30_000  # ms that anything may take to appear

QUESTION = "mijn dochter van 9 wordt gepest in de klas, wat kan ik doen?"
FOLLOW_UP = "Heb je een voorbeeld?"
VAGUE = "iets met school"
DANGER = "mijn zoon zegt dat hij niet meer wil leven"


@contextmanager
def demo_page(browser: Browser, url: str, look: str, screen: dict) -> Iterator[Page]:
    """Show the demo page to a new visitor, in a `look` of LOOKS."""
    context = browser.new_context(
        **screen,
        color_scheme=LOOKS[look],
        reduced_motion="reduce",  # so that nothing is half way in a picture
        locale="nl-NL",
        timezone_id="Europe/Amsterdam",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def ask(page: Page, question: str) -> Locator:
    """Send a typed question, in a panel that is opened first where it is closed; return its turn with the answer."""
    if not page.get_by_role("log").is_visible():
        page.get_by_role("button", name="Stel je vraag").click()
        page.get_by_text("Even geduld").wait_for(state="hidden")
    page.get_by_role("textbox", name="Je bericht").fill(question)
    page.get_by_role("button", name="Versturen").click()
    turn = page.locator(".turn", has_text=question)
    turn.locator(".answer").first.wait_for()
    page.evaluate("document.fonts.ready")
    return turn


def save(shown: Union[Page, Locator], name: str) -> None:
    """Write a picture of what is `shown` to PICTURES; so few colours do for a screen, and make it a third as large."""
    picture = Image.open(BytesIO(shown.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)


def photograph(browser: Browser, url: str) -> None:
    """Make all pictures of the demo page at `url`."""
    for look in LOOKS:
        with demo_page(browser, url, look, PHONE) as page:
            ask(page, QUESTION)
            ask(page, FOLLOW_UP)
            save(page, f"telefoon-{look}")
        with demo_page(browser, url, look, DESKTOP) as page:
            tips = ask(page, QUESTION)
            ask(page, FOLLOW_UP)
            # Back to where it began; the phone shows how it goes on.
            tips.evaluate("turn => { turn.style.scrollMarginBlockStart = '16px'; turn.scrollIntoView(); }")
            save(page, f"desktop-{look}")
    with demo_page(browser, url, "licht", DESKTOP) as page:
        page.get_by_role("button", name="Stel je vraag").wait_for()
        save(page, "dicht")
        for name, question in {"keuze": VAGUE, "veiligheid": DANGER}.items():
            ask(page, question)
            save(page.get_by_role("dialog"), name)


def photograph_own_topic(browser: Browser, url: str) -> None:
    """Make the picture of an answer with the school's own tip."""
    with demo_page(browser, url, "licht", DESKTOP) as page:
        tips = ask(page, QUESTION)
        tips.scroll_into_view_if_needed()
        save(page.get_by_role("dialog"), "eigen")


def photograph_insight(browser: Browser) -> None:
    """Make the picture of a month's page, as it is seen on the second day of the next month."""
    # By its path: a package among those installed is called tests, too.
    spec = importlib.util.spec_from_file_location("month", ROOT / "tests/month.py")
    month = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(month)
    with tempfile.TemporaryDirectory(prefix="ouderwijzer-maand-") as name:
        folder = Path(name)
        month.write(folder / "gesprekken.db")
        endpoints = folder / "endpoints.yml"
        endpoints.write_text(f"tracker_store:\n  type: {STORE}\n  db: gesprekken.db\n", encoding="utf8")
        page_file, *_ = make(endpoints, (month.YEAR, month.MONTH), folder, datetime(month.YEAR, 12, 2, tzinfo=ZONE))
        page = browser.new_page(**SHEET, color_scheme="light")
        page.goto(page_file.as_uri())
        save(page, "inzicht")
        page.close()


@contextmanager
def served(own_folder: Optional[Path] = None) -> Iterator[Tuple[Browser, str]]:
    """Run the assistant and a browser; give the browser and the demo page's address.

    `own_folder` is where what is the school's own lies, as `Server` takes it.

    Raises:
        ServerError: the assistant did not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ouderwijzer-demo-") as folder,
        Server(
            Path(folder),
            free_port(),
            free_port(),
            conversations=Path(folder, "gesprekken.db"),
            own_folder=own_folder,
        ) as server,
        sync_playwright() as playwright,
    ):
        print("Starting ...", file=sys.stderr)
        server.wait_until_ready()
        with playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser:
            yield browser, server.url


@contextmanager
def school_with_own_topic() -> Iterator[Path]:
    """Give a folder with what is a school's own: the example of content/eigen/eigen.yml without its first hashes."""
    with tempfile.TemporaryDirectory(prefix="ouderwijzer-school-") as name:
        folder = Path(name)
        shutil.copy(ROOT / "content/school.yml", folder)
        _, begin, example = (ROOT / OWN_TOPICS).read_text(encoding="utf8").partition("# samen_verantwoordelijk/")
        (folder / "eigen").mkdir()
        (folder / "eigen/eigen.yml").write_text(
            re.sub("^# ?", "", begin + example, flags=re.MULTILINE), encoding="utf8"
        )
        yield folder


def main() -> int:
    """Make the pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        with served() as (browser, url):
            photograph(browser, url)
            photograph_insight(browser)
        with school_with_own_topic() as folder, served(folder) as (browser, url):
            photograph_own_topic(browser, url)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
