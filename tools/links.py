"""Checks every link in content/ on the internet: `python -m tools.links`.

It ends with 1 where a link is dead, and with 2 where no website answered at all, as without internet. What it prints is
in Dutch, as a school's web editor reads it.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import sys
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterator, List, Literal, NamedTuple, Sequence

import httpx
from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, Node, ScalarNode

from content import ContentError
from content.loader import CONTENT, OWN_FOLDER, read_yaml

AT_ONCE = 8
WITHIN = 15.0  # seconds for each request
_LINK = re.compile(r"https?://[^\s\"'<>‘’“”]+[^\s\"'<>‘’“”.,;:!?)]")
# Names that can never be on the internet: RFC 2606.
_RESERVED = re.compile(r"https?://(?:[^/:]+\.)?(?:example|invalid|test)(?:[:/?#]|$)")
# The page is there, and only people may see it.
_FOR_PEOPLE = (401, 403, 429)


class Outcome(NamedTuple):
    """What became of a link, and the reason in Dutch."""

    kind: Literal["goed", "dood", "onbereikbaar", "onbekend"]
    reason: str = ""


def links_in(folders: Sequence[Path]) -> Dict[str, List[str]]:
    """Return the places of each link in the YAML files below the folders: file and line.

    Raises:
        ContentError: a file is no YAML.
    """
    found: Dict[str, List[str]] = defaultdict(list)
    for path in sorted({path for folder in folders for path in folder.rglob("*.y*ml")}):
        read_yaml(path)  # says what is wrong with a file that is no YAML
        for node in _texts(YAML(typ="safe", pure=True).compose(path)):
            for url in _LINK.findall(node.value):
                found[url].append(f"{path}, regel {node.start_mark.line + 1}")
    return found


def _texts(node: Node) -> Iterator[ScalarNode]:
    """Yield every piece of text, keys included."""
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, CollectionNode):
        for part in node.value:
            for inner in part if isinstance(part, tuple) else [part]:
                yield from _texts(inner)


async def check_all(urls: Sequence[str]) -> List[Outcome]:
    """Return what becomes of each link, several at once."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(follow_redirects=True, timeout=WITHIN) as client:

        async def check_one(url: str) -> Outcome:
            async with gate:
                return await check(client, url)

        return await asyncio.gather(*map(check_one, urls))


async def check(client: httpx.AsyncClient, url: str) -> Outcome:
    """Ask for the head of a page, and for the page itself where a website does not give its head."""
    if _RESERVED.match(url):
        return Outcome("dood", "dit is een voorbeeld; vul het adres van jullie school in, of haal het weg")
    try:
        status = (await client.head(url)).status_code
        if status >= 400:
            async with client.stream("GET", url) as reply:
                status = reply.status_code
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        if _is_certificate(error):
            return Outcome("dood", "het certificaat deugt niet, dus een browser waarschuwt ervoor")
        return Outcome("onbereikbaar", "deze website is niet te bereiken")
    except httpx.TimeoutException:
        return Outcome("dood", f"geen antwoord binnen {WITHIN:.0f} seconden")
    except httpx.TooManyRedirects:
        return Outcome("dood", "de pagina verwijst steeds weer door")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome("dood", f"de website antwoordt niet zoals het hoort ({type(error).__name__})")
    if status in _FOR_PEOPLE:
        return Outcome("onbekend", f"de website laat geen programma's toe ({status}); kijk zelf")
    return Outcome("dood", f"de pagina is er niet ({status})") if status >= 400 else Outcome("goed")


def _is_certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def main(*folders: Path) -> int:
    """Print what is wrong with the links below the folders, by default all content; return the exit status."""
    own = [Path(os.environ[OWN_FOLDER])] if os.environ.get(OWN_FOLDER) else []
    try:
        places = links_in(folders or [CONTENT, *own])
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    outcomes = dict(zip(places, asyncio.run(check_all(list(places)))))
    asked = [outcome for url, outcome in outcomes.items() if not _RESERVED.match(url)]
    if asked and all(outcome.kind == "onbereikbaar" for outcome in asked):
        print(
            f"Geen enkele website gaf antwoord ({len(asked)} geprobeerd). Waarschijnlijk is er geen internet, en dan "
            f"valt er niets te controleren.",
            file=sys.stderr,
        )
        return 2
    dead = 0
    for url, (kind, reason) in outcomes.items():
        if kind == "goed":
            continue
        dead += kind != "onbekend"
        mark = "?" if kind == "onbekend" else "-"
        print(f"{mark} {url}: {reason}", *(f"    {place}" for place in places[url]), sep="\n", file=sys.stderr)
    print(f"{len(places)} links gecontroleerd, {dead or 'geen enkele'} dood.")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
