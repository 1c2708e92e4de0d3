"""Measures what the widget costs a school's page: `python -m tools.widget_figures`.

The demo page of the real server is loaded in Chromium with a processor four times as slow, as Lighthouse does it
for a phone (https://github.com/GoogleChrome/lighthouse, docs/throttling.md).
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List

from playwright.sync_api import Browser

from tools.screenshots import PHONE, ask, demo_page, served
from tools.server import ROOT, ServerError

AXE = ROOT / "widget/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SLOWER = 4  # times
QUESTION = "mijn kind wordt gepest"

# Before the page's own scripts run. Lighthouse's total blocking time is what each task takes above 50 ms.
OBSERVE = """
window.seen = { shift: 0, blocked: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.blocked += entry.duration - 50;
}).observe({ type: 'longtask', buffered: true });
"""
TIMES = """() => {
  const script = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('ouderwijzer.js'));
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return { bytes: script.encodedBodySize, paint: paint.startTime, ...window.seen };
}"""
STORED = "() => document.cookie.length + localStorage.length + sessionStorage.length"


def measure(browser: Browser, url: str) -> Dict[str, Any]:
    """Return the figures of one visit: sizes in bytes, times in ms, numbers of requests, what axe finds."""
    with demo_page(browser, "about:blank", "licht", PHONE) as page:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(OBSERVE)
        requests: List[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(url, wait_until="networkidle")
        found = {**page.evaluate(TIMES), "stored": page.evaluate(STORED), "requests": len(requests)}
        found["foreign"] = sum(not request.startswith(url) for request in requests)
        violations = {"closed": axe(page)}
        ask(page, QUESTION)
        return {**found, "after": page.evaluate(TIMES), "axe": {**violations, "answered": axe(page)}}


def axe(page: Any) -> int:
    """Return how many rules of WCAG 2.2 AA the page breaks."""
    page.evaluate(AXE.read_text(encoding="utf8"))
    options = {"runOnly": {"type": "tag", "values": RULES}}
    return len(page.evaluate("options => axe.run(document, options)", options)["violations"])


def main() -> int:
    """Print the figures."""
    try:
        with served() as (browser, url):
            found = measure(browser, url)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"script, as sent             {found['bytes'] / 1000:.1f} kB")
    print(f"before the first click      {found['requests']} requests, page included; {found['foreign']} to others;")
    print(f"                            {found['stored']} cookies and stored items")
    print(f"first contentful paint      {found['paint']:.0f} ms, processor {SLOWER} times as slow")
    after, broken = found["after"], found["axe"]
    print(
        f"total blocking time         {found['blocked']:.0f} ms at loading, {after['blocked']:.0f} ms with one answer"
    )
    print(f"cumulative layout shift     {found['shift']:.3f}, {after['shift']:.3f} with one answer")
    print(f"axe, WCAG 2.2 AA            {broken['closed']} rules broken, {broken['answered']} with one answer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
