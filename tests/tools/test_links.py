"""`make links`, against websites on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content.loader import CONTENT
from tools.links import links_in, main
from tools.server import free_port


def write(folder: Path, *urls: str) -> None:
    """Write a file with a link on each line, from the second on."""
    lines = [f"  - {{titel: Een website, url: '{url}'}}\n" for url in urls]
    (folder / "websites.yml").write_text("".join(["links:\n", *lines]), encoding="utf8")


@pytest.fixture
def website(httpserver: HTTPServer) -> HTTPServer:
    def only_get(request: Request) -> Response:
        return Response("", 405 if request.method == "HEAD" else 200)

    httpserver.expect_request("/goed").respond_with_data("")
    httpserver.expect_request("/alleen-get").respond_with_handler(only_get)
    httpserver.expect_request("/verhuisd").respond_with_data("", 301, {"Location": "/goed"})
    httpserver.expect_request("/kring").respond_with_data("", 302, {"Location": "/kring"})
    httpserver.expect_request("/mensen").respond_with_data("", 403)
    httpserver.expect_request("/weg").respond_with_data("", 404)
    httpserver.expect_request("/stuk").respond_with_data("", 500)
    return httpserver


def test_links_that_work_are_no_problem(website: HTTPServer, tmp_path: Path, capsys: Any) -> None:
    write(tmp_path, *(website.url_for(path) for path in ("/goed", "/alleen-get", "/verhuisd")))
    assert main(tmp_path) == 0
    assert capsys.readouterr() == ("3 links gecontroleerd, geen enkele dood.\n", "")


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/weg", "is er niet (404)"), ("/stuk", "is er niet (500)"), ("/kring", "verwijst steeds weer door")],
)
def test_a_dead_link_is_named_with_its_place(
    website: HTTPServer, tmp_path: Path, capsys: Any, path: str, reason: str
) -> None:
    write(tmp_path, website.url_for("/goed"), website.url_for(path))
    assert main(tmp_path) == 1
    told = capsys.readouterr().err
    assert f"- {website.url_for(path)}" in told and reason in told
    assert f"    {tmp_path}/websites.yml, regel 3" in told.splitlines()
    assert website.url_for("/goed") not in told


def test_a_website_that_is_away_is_dead_where_others_answer(website: HTTPServer, tmp_path: Path, capsys: Any) -> None:
    away = f"http://127.0.0.1:{free_port()}/"
    write(tmp_path, website.url_for("/goed"), away)
    assert main(tmp_path) == 1
    assert f"- {away}: deze website is niet te bereiken" in capsys.readouterr().err


def test_where_nothing_answers_there_is_no_internet_and_nothing_is_called_dead(tmp_path: Path, capsys: Any) -> None:
    write(tmp_path, f"http://127.0.0.1:{free_port()}/", "https://www.wilgenhof.example")
    assert main(tmp_path) == 2
    said = capsys.readouterr()
    assert "geen internet" in said.err and "example" not in said.err and said.out == ""


def test_a_page_for_people_alone_is_not_called_dead(website: HTTPServer, tmp_path: Path, capsys: Any) -> None:
    write(tmp_path, website.url_for("/mensen"))
    assert main(tmp_path) == 0
    assert f"? {website.url_for('/mensen')}" in capsys.readouterr().err


def test_an_address_of_the_example_is_named_without_asking_for_it(
    website: HTTPServer, tmp_path: Path, capsys: Any
) -> None:
    write(tmp_path, website.url_for("/goed"), "https://www.wilgenhof.example/ziekmelden")
    assert main(tmp_path) == 1
    assert "dit is een voorbeeld" in capsys.readouterr().err


def test_every_link_of_the_content_is_found() -> None:
    found = links_in([CONTENT])
    assert "https://www.oudersenonderwijs.nl" in found and "https://www.wilgenhof.example/ziekmelden" in found
    assert all(".yml, regel " in place for places in found.values() for place in places)
