"""The web connector against its OpenAPI description: inputs that it allows, and inputs that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.browserless import WebParent, random_address
from tools.server import Server

DESCRIPTION = Path(__file__).parents[2] / "channels/web_openapi.yml"

schema = schemathesis.pytest.from_fixture("described_server")


@pytest.fixture(scope="module")
def described_server(server: Server) -> Any:
    # A body may break the rules by its size alone, and any string is a school that is not there.
    statuses = ["400", "401", "403", "404", "413", "415", "422", "429"]
    refused = {"negative_data_rejection": {"expected-statuses": statuses}}
    config = schemathesis.Config.from_dict({"checks": refused})
    description = schemathesis.openapi.from_path(DESCRIPTION, config=config)
    description.config.update(base_url=f"{server.url}/webhooks/web")
    return description


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[WebParent]:
    """A parent whose session is opened anew when a request erased it."""
    parent = WebParent(server.url)
    parent.opens()
    yield parent


@schema.parametrize()
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_reply_is_described(case: schemathesis.Case, session: WebParent) -> None:
    if session.request("GET", "/messages").status_code == 401:
        session.opens()
    headers = {"X-Forwarded-For": random_address(), "Authorization": session.headers["Authorization"]}
    case.call_and_validate(headers=headers)
