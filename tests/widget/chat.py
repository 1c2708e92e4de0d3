"""The chat widget on a page, used as a parent uses it: by the roles and names that the page tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, Route, expect

ROOT = Path(__file__).resolve().parent.parent.parent
TEXTS: Dict[str, str] = json.loads((ROOT / "content/widget.json").read_text(encoding="utf8"))
AXE = ROOT / "widget/node_modules/axe-core/axe.min.js"
API = "/webhooks/web"
MESSAGES = f"**{API}/messages"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Chat:
    """The widget on `page`, which is at the page that holds it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: List[Request] = []  # all that the page has asked for, in order
        self.errors: List[str] = []  # what went wrong in the page's scripts, uncaught
        page.on("request", lambda request: self.requests.append(request))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

        self.element = page.locator("ouder-wijzer").first
        self.launcher = self.element.get_by_role("button", name=TEXTS["openen"])
        self.panel = self.element.get_by_role("dialog")
        self.log = self.panel.get_by_role("log", name=TEXTS["gesprek"])
        self.input = self.panel.get_by_role("textbox", name=TEXTS["bericht"])
        self.send_button = self.panel.get_by_role("button", name=TEXTS["versturen"])
        self.close_button = self.panel.get_by_role("button", name=TEXTS["sluiten"])
        self.erase_button = self.panel.get_by_role("button", name=TEXTS["wis"], exact=True)
        self.retry_button = self.panel.get_by_role("button", name=TEXTS["opnieuw"])
        self.status = self.panel.locator(".status").get_by_role("status")
        self.alert = self.panel.get_by_role("alert")
        self.starters = self.panel.get_by_role("list", name=TEXTS["beginvragen"]).get_by_role("button")
        # Turns and answers have no roles of their own; who listens hears their words.
        self.turns = self.log.locator(".turn")
        self.questions = self.log.locator(".question")
        self.answers = self.log.locator(".turn .answer")

    def goes_to(self, url: str) -> None:
        """Load a page that holds the widget, and wait until it shows."""
        self.page.goto(url)
        expect(self.launcher.or_(self.panel)).to_be_visible()

    def opens(self) -> None:
        """Open the panel by its button, and wait for the greeting."""
        self.launcher.click()
        expect(self.answers.first).to_be_visible()
        expect(self.input).to_be_focused()

    def types(self, text: str) -> Locator:
        """Type `text`, send it by Enter, and return its turn once that is answered."""
        self.input.fill(text)
        return self._sends(lambda: self.input.press("Enter"))

    def presses(self, name: str) -> Locator:
        """Press the newest button in the log with this name; return its turn once that is answered."""
        button = self.log.get_by_role("button", name=name, exact=True).last
        return self._sends(button.click)

    def is_answered(self) -> None:
        """Wait until nothing is waiting for an answer, and the newest turn has one."""
        expect(self.turns.last.locator(".answer").last).to_be_attached()
        expect(self.send_button).to_be_enabled()

    def erases(self) -> None:
        """Wipe the conversation, and wait until the widget says that it is gone."""
        self.erase_button.click()
        self.panel.get_by_role("button", name=TEXTS["wis_ja"]).click()
        expect(self.status).to_have_text(TEXTS["gewist"])

    def question_texts(self) -> List[str]:
        """Return what the parent said, as the log shows it, without the hidden "Jij:"."""
        return [text.removeprefix(f"{TEXTS['jij']} ") for text in self.questions.all_text_contents()]

    def sent(self) -> List[Dict[str, str]]:
        """Return the bodies of the messages sent so far, repeats included."""
        posts = [request for request in self.requests if request.method == "POST" and is_message(request)]
        return [json.loads(request.post_data) for request in posts]

    def sent_ids(self) -> List[str]:
        """Return the ids of the messages sent so far, each once."""
        return list(dict.fromkeys(message["id"] for message in self.sent()))

    def saved(self) -> Dict[str, Any]:
        """Return what the widget remembers in this tab; empty if nothing."""
        return json.loads(self.page.evaluate("sessionStorage.getItem('ouderwijzer')") or "{}")

    def token(self) -> Optional[str]:
        """Return the session's token."""
        return self.saved().get("token")

    def storage(self) -> Dict[str, Any]:
        """Return the names of all that the browser keeps for this page, by kind; kinds with nothing are left out."""
        kept = self.page.evaluate(
            """async () => ({
                sessionStorage: Object.keys(sessionStorage),
                localStorage: Object.keys(localStorage),
                indexedDB: (await indexedDB.databases()).map(({ name }) => name),
                caches: await caches.keys(),
                workers: (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
            })"""
        )
        kept["cookies"] = [cookie["name"] for cookie in self.page.context.cookies()]
        return {kind: names for kind, names in kept.items() if names}

    def focused(self) -> Optional[str]:
        """Return the role of what has the focus in the widget and its name, as "button Sluiten"; None if nothing."""
        return self.page.evaluate(
            """() => {
                const { shadowRoot } = document.querySelector('ouder-wijzer');
                const focused = shadowRoot.activeElement;
                if (!focused) return null;
                const roles = { A: 'link', BUTTON: 'button', TEXTAREA: 'textbox' };
                const role = focused.getAttribute('role') ?? roles[focused.tagName] ?? focused.tagName;
                const label = focused.labels?.[0]?.textContent;
                const name = focused.ariaLabel ?? label ?? focused.textContent;
                return `${role} ${name.replace(/\\s+/g, ' ').trim()}`;
            }"""
        )

    def comes_to_rest(self) -> None:
        """Wait until nothing moves any more, but for what moves on and on."""
        self.page.evaluate(
            """() => Promise.all(
                document.getAnimations()
                    .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
                    .map(({ finished }) => finished),
            )"""
        )

    def violations(self) -> List[str]:
        """Return what axe finds wrong on the page under WCAG 2.2 A and AA, and where."""
        self.page.evaluate(AXE.read_text(encoding="utf8"))
        self.comes_to_rest()  # half of a movement is no colour to judge
        found = self.page.evaluate("(levels) => axe.run({ runOnly: { type: 'tag', values: levels } })", LEVELS)
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def answers_with(self, *answers: Dict[str, Any]) -> None:
        """Let the next message be answered with these instead of by the server."""

        def reply(route: Route) -> None:
            if route.request.method != "POST":
                return route.fallback()
            message = json.loads(route.request.post_data)
            return route.fulfill(json={"id": message["id"], "answers": answers})

        self.page.route(MESSAGES, reply, times=1)

    def holds_messages(self) -> Held:
        """Keep the messages that are sent from now on under way."""
        return Held(self.page)

    def _sends(self, act: Callable[[], None]) -> Locator:
        before = self.turns.count()
        act()
        turn = self.turns.nth(before)
        expect(turn).to_be_attached()
        self.is_answered()
        return turn


class Held:
    """Messages that have left the widget and did not reach the server yet."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._routes: List[Route] = []
        self._holding = True
        page.route(MESSAGES, self._take)

    def first(self) -> Route:
        """Wait until there is one, and return the first."""
        while not self._routes:
            self._page.wait_for_timeout(20)
        return self._routes[0]

    def release(self) -> None:
        """Let them go on, and those that come after them."""
        self.leave()
        for route in self._routes:
            route.continue_()

    def leave(self) -> None:
        """Let them wait forever; those that come after them go on."""
        self._holding = False

    def _take(self, route: Route) -> None:
        if self._holding and route.request.method == "POST":
            self._routes.append(route)
        else:
            route.fallback()


def answer(**fields: Any) -> Dict[str, Any]:
    """Return an answer as the server sends it, with these fields in it."""
    nothing = {
        "soort": "gesprek",
        "onderwerp": None,
        "hoofdstuk": None,
        "vooraf": None,
        "kern": "Een antwoord.",
        "tips": [],
        "links": [],
        "bron": None,
        "nog_meer": 0,
        "keuzes": [],
        "knoppen": [],
    }
    return {**nothing, **fields}


def is_message(request: Request) -> bool:
    """Tell whether a request is to the messages of a session (GET: the history, POST: a message)."""
    return urlsplit(request.url).path == f"{API}/messages"
