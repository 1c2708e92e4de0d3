"""The settings of WhatsApp: variables of the environment, as they are secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Optional, Text

from rasa.shared.exceptions import InvalidConfigException

from content.loader import SCHOOL_NAME


@dataclass(frozen=True)
class Settings:
    """What the environment says: each field is a variable that begins with OUDERWIJZER_WHATSAPP_."""

    token: Text  # access token of a system user
    phone_number_id: Text
    app_secret: Text
    verify_token: Text  # of our own choice; Meta repeats it when the webhook is set
    account_id: Optional[Text] = None  # WhatsApp Business Account; for `make whatsapp-check` alone
    api: Text = "https://graph.facebook.com"
    school: Optional[Text] = None  # whose number it is, a name in content/scholen/; by default that of school.yml

    @classmethod
    def from_environment(cls, environment: Mapping[Text, Text]) -> Optional[Settings]:
        """Return the settings; None where no variable is set.

        Raises:
            InvalidConfigException: some are set, and others are missing or malformed; the message names them.
        """
        found = {name: environment.get(variable(name), "").strip() for name in _FORMS}
        if not any(found.values()):
            return None
        faults = [
            f"{variable(name)} {'is niet' if found[name] else 'ontbreekt:'} {form}"
            for name, (pattern, form) in _FORMS.items()
            if not re.fullmatch(pattern, found[name], re.ASCII) and (found[name] or name not in _OPTIONAL)
        ]
        if faults:
            raise InvalidConfigException(f"WhatsApp is niet goed ingesteld. {'; '.join(faults)}.")
        return cls(**{name: value for name, value in found.items() if value})


_OPTIONAL = ("account_id", "api", "school")
# What each variable looks like; in Dutch, as a school's administrator reads it.
_FORMS = {
    "token": (r"\S{20,}", "het toegangstoken van een systeemgebruiker"),
    "phone_number_id": (r"\d{5,20}", "de id van het telefoonnummer (alleen cijfers, en niet het nummer zelf)"),
    "app_secret": (r"[0-9a-f]{32}", "het app-geheim (32 tekens, cijfers en de letters a tot en met f)"),
    "verify_token": (r"\S{16,}", "een zelfgekozen woord van minstens 16 tekens (openssl rand -hex 16)"),
    "account_id": (r"\d{5,20}", "de id van het WhatsApp Business-account (alleen cijfers)"),
    "api": (r"https://[^\s/]+|http://(localhost|127\.0\.0\.1)(:\d+)?", "een adres als https://graph.facebook.com"),
    "school": (SCHOOL_NAME, "de naam van een map in content/scholen"),
}


def variable(name: Text) -> Text:
    """Return the name of the environment variable of a field of `Settings`."""
    return f"OUDERWIJZER_WHATSAPP_{name.upper()}"
