"""Has Rasa work out once what it works out anew in every turn, though it never changes (`make bench`)."""

from __future__ import annotations

from functools import lru_cache

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event

_is_empty = Domain.is_empty
_IS_EMPTY = "_is_empty"  # attribute of a domain


def work_out_once() -> None:
    """Have Rasa, in this process, remember which class an event has, and that a domain is not empty."""
    Event.resolve_by_type = staticmethod(lru_cache(None)(Event.resolve_by_type))
    Domain.is_empty = _remembered_is_empty


def _remembered_is_empty(domain: Domain) -> bool:
    if _IS_EMPTY not in vars(domain):
        setattr(domain, _IS_EMPTY, _is_empty(domain))
    return getattr(domain, _IS_EMPTY)
