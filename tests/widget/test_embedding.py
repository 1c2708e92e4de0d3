"""The widget on a school's website as it may be: of another origin, with loud CSS, strict policies, other scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Route, expect

from tests.browserless import ORIGIN
from tests.widget.chat import API, ROOT, TEXTS, Chat
from tools.server import Server

FOREIGN = "https://www.kwaad.example"  # not in content/school.yml
QUESTION = "mijn kind wordt gepest"
SCRIPT = '<script src="{script}" defer></script>'
TAG = '<ouder-wijzer><a href="/contact">Contact met school</a></ouder-wijzer>'
WIDGET = ROOT / "widget/dist/ouderwijzer.js"
GUIDE = (ROOT / "docs/inbouwen.md").read_text(encoding="utf8")
STYLES = (ROOT / "widget/src/styles.css").read_text(encoding="utf8")
MODULES = ROOT / "widget/node_modules"
MODULES_AT = "/modules/"  # of the website


class Site:
    """A school's website in one tab of a parent's browser, where alone it exists; the bot's server is the real one."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        """`server` is the bot's address."""
        self.server = server
        self.page = context.new_page()
        self.chat = Chat(self.page)
        self.console: List[str] = []
        self.page.on("console", self._keep)
        self.page.add_init_script(
            """window.violations = [];
            document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
                violations.push(`${effectiveDirective} ${blockedURI}`));"""
        )

    def shows(
        self, body: str, head: str = "", root: str = 'lang="nl"', origin: str = ORIGIN, policy: str = "", **files: str
    ) -> Chat:
        """Load a page with these parts and `root`, the attributes of <html>; return its widget.

        `policy` is a Content-Security-Policy. `files` are further scripts of the site: "menu" is at /menu.js.
        """
        page = f"<!DOCTYPE html><html {root}><head><title>School</title>{head}</head><body>{body}</body></html>"
        page = page.replace("{script}", f"{self.server}{API}/ouderwijzer.js").replace("{server}", self.server)
        scripts = {f"/{name}.js": script for name, script in files.items()}

        def reply(route: Route) -> None:
            path = urlsplit(route.request.url).path
            if path == "/":
                policies = {"Content-Security-Policy": policy}
                route.fulfill(body=page, content_type="text/html; charset=utf-8", headers=policies)
            elif path in scripts:
                route.fulfill(body=scripts[path], content_type="text/javascript; charset=utf-8")
            elif path.startswith(MODULES_AT):
                route.fulfill(path=MODULES / path.removeprefix(MODULES_AT), content_type="text/javascript")
            else:
                route.fulfill(status=404, body="")

        self.page.route(f"{origin}/**", reply)
        self.page.goto(origin)
        # While a page has routes, Playwright itself answers what the browser asks before a cross-origin request.
        self.page.unroute_all()
        return self.chat

    def _keep(self, message: ConsoleMessage) -> None:
        if not message.location["url"].endswith("/favicon.ico"):  # the browser's own wish
            self.console.append(message.text)

    def violations(self) -> List[str]:
        """Return what the page's policy had to block."""
        return self.page.evaluate("violations")


@pytest.fixture
def new_site(new_context: Callable[..., BrowserContext], server: Server) -> Callable[..., Site]:
    """Return what makes a website in another parent's browser; it takes Playwright's options for a context."""

    def make(**options: Any) -> Site:
        # A header of the tests' own would have to be allowed to a page of another origin.
        context = new_context(extra_http_headers={}, **options)
        for origin in (ORIGIN, FOREIGN):  # Chromium protects this machine, where the bot runs now, from websites
            context.grant_permissions(["local-network-access"], origin=origin)
        return Site(context, server.url)

    return make


@pytest.fixture
def site(new_site: Callable[..., Site]) -> Site:
    return new_site(reduced_motion="reduce")


def answers(chat: Chat) -> None:
    """Have the widget, closed, prove that it works."""
    chat.opens()
    expect(chat.types(QUESTION).get_by_role("listitem").first).to_be_visible()
    assert chat.errors == []


# Origins


def test_a_website_that_the_school_allows_gets_answers_and_sends_no_cookies(site: Site) -> None:
    chat = site.shows(SCRIPT + TAG)
    answers(chat)
    chat.erases()
    requests = [request for request in chat.requests if request.url.startswith(site.server)]
    assert {"POST", "GET", "DELETE"} == {request.method for request in requests}
    assert not any("cookie" in request.all_headers() for request in requests)
    assert site.page.context.cookies() == []


def test_a_website_that_the_school_does_not_allow_says_so_plainly_and_names_the_contact(site: Site) -> None:
    chat = site.shows(SCRIPT + TAG, origin=FOREIGN)
    chat.launcher.click()
    alert = chat.panel.get_by_role("alert")
    expect(alert).to_contain_text(TEXTS["geweigerd"])
    expect(alert.get_by_role("link", name=TEXTS["contact"])).to_have_attribute("href", f"{FOREIGN}/contact")
    expect(chat.status).to_have_text("")
    assert chat.errors == []


def test_the_conversation_goes_along_to_another_page_of_the_website(site: Site) -> None:
    chat = site.shows(SCRIPT + TAG)
    answers(chat)
    site.shows(f"<h1>Een andere pagina</h1>{TAG}{SCRIPT}")
    expect(chat.questions).to_have_text(re.compile(QUESTION))
    chat.presses("Meer tips")
    assert len(chat.sent_ids()) == 2


# Where the script and the tag stand


@pytest.mark.parametrize(
    "head, body",
    [
        ('<script src="{script}"></script>', TAG),
        ('<script src="{script}" defer></script>', TAG),
        ('<script src="{script}" async></script>', TAG),
        ("", f'<script src="{{script}}"></script>{TAG}'),
        ("", f'{TAG}<script src="{{script}}"></script>'),
        (SCRIPT * 2, TAG),
        (SCRIPT, f'{TAG}<script src="{{script}}"></script>'),
    ],
    ids=["head", "head-defer", "head-async", "before-the-tag", "at-the-end", "twice", "twice-around-the-tag"],
)
def test_the_script_may_stand_anywhere_and_twice(site: Site, head: str, body: str) -> None:
    answers(site.shows(body, head))
    assert site.console == []


def test_the_script_may_come_after_the_page_has_loaded(site: Site) -> None:
    chat = site.shows(TAG)
    expect(site.page.get_by_role("link", name="Contact met school")).to_be_visible()
    site.page.add_script_tag(url=f"{site.server}{API}/ouderwijzer.js")
    answers(chat)


def test_the_tag_may_be_made_by_a_script_later(site: Site) -> None:
    chat = site.shows("<main></main>", SCRIPT)
    site.page.evaluate(
        """() => {
            const tag = document.createElement('ouder-wijzer');
            tag.setAttribute('titel', 'Vraag het ons');
            document.querySelector('main').append(tag);
        }"""
    )
    answers(chat)
    expect(chat.panel).to_have_accessible_name("Vraag het ons")


def test_a_tag_that_a_script_moves_goes_on_with_its_conversation(site: Site) -> None:
    chat = site.shows(TAG + "<main></main>", SCRIPT)
    answers(chat)
    site.page.evaluate("document.querySelector('main').append(document.querySelector('ouder-wijzer'))")
    expect(chat.questions).to_have_text(re.compile(QUESTION))
    chat.presses("Meer tips")
    assert chat.errors == []


def test_of_two_tags_the_first_shows_and_the_console_tells_why(site: Site) -> None:
    chat = site.shows(TAG + TAG, SCRIPT)
    answers(chat)
    chat.close_button.click()
    expect(site.page.get_by_role("button", name=TEXTS["openen"])).to_have_count(1)
    expect(site.page.get_by_role("link", name="Contact met school")).to_be_hidden()
    assert any("twice" in line for line in site.console)


def test_without_javascript_the_link_to_the_school_stands_there(new_site: Callable[..., Site]) -> None:
    site = new_site(java_script_enabled=False)
    chat = site.shows(TAG, SCRIPT)
    expect(site.page.get_by_role("link", name="Contact met school")).to_be_visible()
    expect(chat.launcher).to_be_hidden()


def test_a_script_that_cannot_know_its_server_leaves_the_link_to_the_school(site: Site) -> None:
    site.shows(TAG + '<script src="{script}" type="module"></script>')
    site.page.wait_for_function("() => Boolean(customElements.get('ouder-wijzer'))")
    expect(site.page.get_by_role("link", name="Contact met school")).to_be_visible()
    assert any("does not know its server" in line for line in site.console)


# Attributes


def test_the_title_and_an_own_greeting_are_shown_as_text(site: Site) -> None:
    markup = "<b>Welkom</b><img src=x onerror=alert(1)>"
    attributes = f'titel="Vraag het {markup}" begroeting="Hallo! {markup}"'
    chat = site.shows(f"<ouder-wijzer {attributes}></ouder-wijzer>", SCRIPT)
    expect(chat.launcher).to_have_accessible_name(f"{TEXTS['openen']} (Vraag het {markup})")
    chat.opens()
    expect(chat.panel).to_have_accessible_name(f"Vraag het {markup}")
    first = chat.log.get_by_text("Hallo!")
    expect(first).to_have_text(f"Hallo! {markup}")
    assert middle(first)[1] < middle(chat.answers.first)[1]
    expect(chat.panel.locator("img, b")).to_have_count(0)
    assert chat.errors == []


@pytest.mark.parametrize("position, is_right", [("rechts", True), ("links", False), ("<b>midden", True)])
def test_the_widget_stands_in_the_corner_that_the_page_asks_for(site: Site, position: str, is_right: bool) -> None:
    chat = site.shows(f'<ouder-wijzer positie="{position}"></ouder-wijzer>', SCRIPT)
    expect(chat.launcher).to_be_visible()
    width = site.page.viewport_size["width"]
    assert (middle(chat.launcher)[0] > width / 2) == is_right
    chat.opens()
    assert (middle(chat.panel)[0] > width / 2) == is_right


def test_the_links_to_the_schools_privacy_page_and_contact_stand_in_the_panel(site: Site) -> None:
    attributes = 'privacy="/privacy#chat" contact="mailto:info@wilgenhof.example"'
    chat = site.shows(f"<ouder-wijzer {attributes}></ouder-wijzer>", SCRIPT)
    chat.opens()
    privacy = chat.panel.get_by_role("link", name=TEXTS["privacy"])
    expect(privacy).to_have_attribute("href", f"{ORIGIN}/privacy#chat")
    expect(privacy).to_have_attribute("rel", "noopener noreferrer")
    contact = chat.panel.get_by_role("link", name=TEXTS["contact"])
    expect(contact).to_have_attribute("href", "mailto:info@wilgenhof.example")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "blob:https://www.wilgenhof.example/1",
        "file:///etc/passwd",
        "http://www.wilgenhof.example/",
        "https://",
    ],
)
def test_an_address_that_is_not_to_be_trusted_becomes_no_link_and_no_server(site: Site, address: str) -> None:
    """S1"""
    attributes = " ".join(f'{name}="{address}"' for name in ("privacy", "contact", "server"))
    chat = site.shows(f'<ouder-wijzer {attributes}><a href="{address}">Contact</a></ouder-wijzer>', SCRIPT)
    chat.opens()
    expect(chat.panel.get_by_role("link")).to_have_count(0)
    assert {request.url for request in chat.requests if request.method == "POST"} == {f"{site.server}{API}/sessions"}
    assert chat.errors == []


def test_with_the_attribute_open_the_panel_is_open_until_the_parent_closes_it(site: Site) -> None:
    page = "<ouder-wijzer open></ouder-wijzer><label>Zoek <input autofocus></label>"
    chat = site.shows(page, SCRIPT)
    expect(chat.answers.first).to_be_visible()
    expect(site.page.get_by_role("textbox", name="Zoek")).to_be_focused()
    chat.close_button.click()
    site.shows(page, SCRIPT)
    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_be_hidden()


def test_the_script_may_be_a_copy_on_the_website_itself_with_the_server_named(site: Site) -> None:
    script = WIDGET.read_text(encoding="utf8")
    tag = '<ouder-wijzer server="{server}/"></ouder-wijzer><script src="/ouderwijzer.js"></script>'
    answers(site.shows(tag, ouderwijzer=script))


# Other CSS

LOUD = {
    "reset": "* { all: unset !important }",
    "hidden": """
        button, textarea, form, section, header, footer, div, h2, p, ul, li, svg, span { display: none !important }
        ouder-wijzer { display: none !important; visibility: hidden !important; opacity: 0 !important;
            position: relative !important; inline-size: 0 !important; overflow: hidden !important }""",
    "inherited": """
        html { font-size: 62.5% }
        body { font: italic 900 9px/3 cursive; color: red; text-transform: uppercase; letter-spacing: .3em;
            word-spacing: 1em; text-align: center; text-indent: 3em; white-space: pre; cursor: wait; hyphens: auto;
            visibility: hidden; pointer-events: none; user-select: none; list-style: square inside; zoom: 1 }
        ouder-wijzer { font: inherit !important; color: inherit !important; text-transform: inherit !important }""",
    "theme": """
        * { box-sizing: content-box !important; margin: 3em !important; border-radius: 0 !important;
            transition: all 3s !important; animation: none !important; outline: none !important }
        div { position: static !important; transform: rotate(3deg) } a { text-decoration: line-through !important }
        button { background: lime !important; min-width: 90% !important } textarea { height: 9px !important }
        :focus-visible { outline: 9px dashed red !important } ::placeholder { color: lime !important }
        ::selection { background: red } svg { fill: red !important; width: 99px !important }""",
}


@pytest.mark.parametrize("css", LOUD.values(), ids=LOUD)
def test_the_css_of_a_page_changes_nothing_in_the_widget(site: Site, css: str) -> None:
    chat = site.shows(TAG, SCRIPT)
    for state in (lambda: expect(chat.launcher).to_be_visible(), lambda: answers(chat)):
        state()
        before = looks(chat)
        style = site.page.add_style_tag(content=css)
        assert looks(chat) == before
        style.evaluate("style => style.remove()")
    site.page.add_style_tag(content=css)
    chat.presses("Meer tips")
    chat.close_button.click()
    expect(chat.launcher).to_be_focused()


def test_the_tag_takes_no_room_in_the_page(site: Site) -> None:
    grid = "<style>body { display: grid; gap: 50px }</style>"
    for page in (f"Een zin {TAG} loopt door. <p>Onder</p>", f"{grid}<p>Boven</p>{TAG}<p>Onder</p>"):
        chat = site.shows(page, SCRIPT)
        expect(chat.launcher).to_be_visible()
        below = site.page.get_by_text("Onder")
        before = below.bounding_box()
        chat.element.evaluate("tag => tag.remove()")
        assert below.bounding_box() == before


def test_what_scrolls_to_an_answer_moves_the_log_alone(site: Site) -> None:
    """A browser does so to what it finds, and a screen reader to what it reads."""
    chat = site.shows(TAG, SCRIPT)
    answers(chat)
    before = chat.close_button.bounding_box()
    for answer in chat.answers.all():
        answer.evaluate("answer => answer.scrollIntoView()")
        assert chat.close_button.bounding_box() == before


def test_the_widget_works_in_the_markup_that_wordpress_makes(site: Site) -> None:
    theme = """<style>
        html { font-size: 62.5% }
        .site-header { position: sticky; top: 0; z-index: 9999; height: 12rem; background: #eee }
        .is-layout-constrained > * { max-width: 620px; margin-inline: auto !important; overflow: hidden }
        .entry-content { position: relative }
        .site-footer { position: relative; z-index: 999; height: 60rem; background: #ddd }
        button, input[type="submit"] { display: none !important }
    </style>"""
    block = f"<p>{SCRIPT}<br>\n{TAG}</p>\n"
    page = f"""<div class="wp-site-blocks"><header class="site-header">School</header>
        <main class="entry-content is-layout-constrained">{block}</main><footer class="site-footer">Footer</footer>
        </div>"""
    chat = site.shows(page, theme, root='lang="nl-NL" class="no-js"')
    site.page.set_viewport_size({"width": 1000, "height": 500})  # so low that the panel lies over the header
    answers(chat)
    chat.close_button.click()
    expect(chat.launcher).to_be_in_viewport(ratio=1)


def test_a_page_with_something_even_higher_can_put_the_widget_above_it(site: Site) -> None:
    banner = '<div style="position: fixed; inset: 0; z-index: 999999; background: #eee">Cookies?</div>'
    theme = "<style>ouder-wijzer { --ouderwijzer-z: 1000000 }</style>"
    answers(site.shows(banner + TAG, SCRIPT + theme))


def test_colours_font_corners_and_distance_follow_the_pages_css_properties(site: Site) -> None:
    theme = """<style>ouder-wijzer {
        --ouderwijzer-kleur: rgb(255, 200, 0); --ouderwijzer-kleur-tekst: rgb(40, 20, 0);
        --ouderwijzer-lettertype: Georgia, serif; --ouderwijzer-hoek: 3px; --ouderwijzer-afstand: 50px;
    }</style>"""
    chat = site.shows(TAG, SCRIPT + theme)
    expect(chat.launcher).to_be_visible()
    width, height = site.page.viewport_size["width"], site.page.viewport_size["height"]
    right, bottom = corner(chat.launcher)
    assert (width - right, height - bottom) == (50, 50)
    answers(chat)
    right, bottom = corner(chat.panel)
    assert (width - right, height - bottom) == (50, 50)
    for part in (chat.send_button, chat.questions.first):
        expect(part).to_have_css("background-color", "rgb(255, 200, 0)")
        expect(part).to_have_css("color", "rgb(40, 20, 0)")
    for part in (chat.panel, chat.input, chat.send_button):
        expect(part).to_have_css("border-start-start-radius", "3px")
        expect(part).to_have_css("font-family", "Georgia, serif")
    assert chat.violations() == []  # a yellow accent is unreadable as a colour of text, so it is darkened there


# Languages and directions


@pytest.mark.parametrize("root", ['lang="en"', 'lang="ar" dir="rtl"', ""])
def test_the_widget_is_dutch_on_a_page_in_any_language(site: Site, root: str) -> None:
    """A4"""
    chat = site.shows(TAG, SCRIPT, root)
    assert chat.launcher.evaluate("part => part.matches(':lang(nl)')")
    answers(chat)
    for part in (chat.panel, chat.input, chat.answers.last):
        assert part.evaluate("part => part.matches(':lang(nl)')")


@pytest.mark.parametrize("position, is_right", [("rechts", False), ("links", True)])
def test_on_a_page_from_right_to_left_the_widget_is_mirrored(site: Site, position: str, is_right: bool) -> None:
    """A4: `positie` means the end or the start of a line."""
    chat = site.shows(f'<ouder-wijzer positie="{position}"></ouder-wijzer>', SCRIPT, root='lang="ar" dir="rtl"')
    expect(chat.launcher).to_be_visible()
    assert (middle(chat.launcher)[0] > site.page.viewport_size["width"] / 2) == is_right
    answers(chat)
    assert middle(chat.questions.first)[0] < middle(chat.panel)[0]  # the parent's own words: at the end of the line
    assert middle(chat.send_button)[0] < middle(chat.input)[0]
    assert site.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Other scripts


def test_the_widget_stands_beside_another_one_in_the_corner(site: Site) -> None:
    place = "position: fixed; right: 16px; bottom: 16px; width: 60px; height: 60px; z-index: 2147483647"
    other = f"""<button style="{place}" onclick="this.textContent = 'open'">chat</button>"""
    chat = site.shows(other + '<ouder-wijzer positie="links"></ouder-wijzer>', SCRIPT)
    answers(chat)
    site.page.get_by_role("button", name="chat").click()
    expect(site.page.get_by_role("button", name="open", exact=True)).to_be_visible()
    chat.close_button.click()
    expect(chat.launcher).to_be_focused()


def test_the_widget_and_another_element_with_its_own_lit_leave_each_other_alone(site: Site) -> None:
    packages = ["lit", "lit-html", "lit-element", "@lit/reactive-element"]
    names = {name: f"{MODULES_AT}{entry(name)}" for name in packages} | {f"{n}/": f"{MODULES_AT}{n}/" for n in packages}
    other = """import { LitElement, html } from 'lit';
        customElements.define('school-teller', class extends LitElement {
            static properties = { keer: { type: Number } };
            constructor() { super(); this.keer = 0; }
            render() { return html`<button @click=${() => (this.keer += 1)}>${this.keer} keer</button>`; }
        });"""
    head = f'<script type="importmap">{{"imports": {names}}}</script>'.replace("'", '"')
    head += '<script type="module" src="/teller.js"></script>'
    chat = site.shows("<school-teller></school-teller>" + TAG, head + SCRIPT, teller=other)
    site.page.get_by_role("button", name="0 keer").click()
    answers(chat)
    site.page.get_by_role("button", name="1 keer").click()
    expect(site.page.get_by_role("button", name="2 keer")).to_be_visible()
    assert chat.errors == []


def test_the_script_adds_no_names_to_the_page_but_those_of_lit(site: Site) -> None:
    chat = site.shows(TAG)
    before = set(site.page.evaluate("Object.getOwnPropertyNames(window)"))
    site.page.add_script_tag(url=f"{site.server}{API}/ouderwijzer.js")
    answers(chat)
    added = set(site.page.evaluate("Object.getOwnPropertyNames(window)")) - before
    assert added <= {"litHtmlVersions", "litElementVersions", "litPropertyMetadata", "reactiveElementVersions"}


# Policies


@pytest.mark.parametrize("more", ["", "; require-trusted-types-for 'script'"], ids=["strict", "trusted-types"])
def test_under_a_strict_policy_everything_works_and_nothing_is_reported(site: Site, more: str) -> None:
    """S1"""
    bot = site.server
    policy = f"default-src 'none'; script-src 'self' {bot}; connect-src 'self' {bot}; style-src 'self'{more}"
    chat = site.shows(TAG, SCRIPT, policy=policy)
    answers(chat)
    chat.presses("Meer tips")
    newest = chat.turns.last
    newest.get_by_role("button", name=TEXTS["kopieer"]).click()
    expect(newest.get_by_role("button", name=TEXTS["gekopieerd"])).to_be_visible()
    newest.get_by_role("button", name=TEXTS["print"]).click()
    chat.input.fill("a\n" * 9)
    expect(chat.send_button).to_have_css("background-color", "rgb(11, 93, 107)")  # its styles are there
    chat.erases()
    assert site.violations() == []
    assert chat.errors == []


def test_a_policy_without_the_bot_leaves_the_link_to_the_school(site: Site) -> None:
    site.shows(TAG, SCRIPT, policy="script-src 'self'")
    site.page.wait_for_function("violations.length")
    expect(site.page.get_by_role("link", name="Contact met school")).to_be_visible()


# The guide for who embeds it


def test_the_two_lines_of_the_guide_are_all_that_a_page_needs(site: Site) -> None:
    lines = re.search(r"## De twee regels\n```html\n(.+?)```", GUIDE, re.DOTALL)[1]
    assert len(lines.splitlines()) == 2
    answers(site.shows(lines.replace("https://ouderwijzer.wilgenhof.example", site.server)))


def test_the_guide_has_every_attribute_and_css_property_and_names_errors_as_they_are_shown(site: Site) -> None:
    site.shows(TAG, SCRIPT)
    attributes = site.page.evaluate("customElements.get('ouder-wijzer').observedAttributes")
    assert sorted(re.findall(r"^\| `([a-z]+)[`=]", GUIDE, re.MULTILINE)) == sorted(attributes)
    properties = set(re.findall(r"--ouderwijzer-[a-z-]+", STYLES))
    assert set(re.findall(r"^\| `(--[a-z-]+):", GUIDE, re.MULTILINE)) == properties
    for text in ("openen", "wis", "contact", "geweigerd", "verbinding"):
        assert f'"{TEXTS[text]}"' in GUIDE


# What is measured


def middle(part: Locator) -> Tuple[float, float]:
    """Return the x and y of the middle of `part` in the window."""
    box = part.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def corner(part: Locator) -> Tuple[float, float]:
    """Return the x and y of the lower right corner of `part` in the window."""
    box = part.bounding_box()
    return box["x"] + box["width"], box["y"] + box["height"]


def looks(chat: Chat) -> List[Dict[str, str]]:
    """Return where everything in the widget stands and all that CSS makes of it."""
    return chat.element.evaluate(
        """({ shadowRoot }) => [...shadowRoot.querySelectorAll('.widget *')].map((part) => {
            const style = getComputedStyle(part);
            const { x, y, width, height } = part.getBoundingClientRect();
            const properties = Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)]));
            return { ...properties, part: `${part.localName}.${part.className}`, box: `${x} ${y} ${width} ${height}` };
        })"""
    )


def entry(package: str) -> Path:
    """Return the path below node_modules of the module that the name of a package stands for."""
    return Path(package, "index.js" if package == "lit" else f"{package.rpartition('/')[2]}.js")
