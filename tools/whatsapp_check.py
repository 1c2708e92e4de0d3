"""Checks with Meta whether WhatsApp is set up: `python -m tools.whatsapp_check`.

What it prints is in Dutch, as a school's administrator reads it.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

import httpx
import pywa
from pywa.errors import WhatsAppError
from rasa.shared.exceptions import InvalidConfigException

from channels.whatsapp_settings import Settings, variable

PATH = "/webhooks/whatsapp/webhook"
# What the token must be allowed to do: send messages, and read what this check reads.
PERMISSIONS = ("whatsapp_business_messaging", "whatsapp_business_management")
OBJECT, FIELD = "whatsapp_business_account", "messages"


class Unusable(RuntimeError):
    """Something is wrong that the rest depends on; the message says in Dutch what to mend."""


class WhatsAppCheck:
    """One look at what Meta knows of the number, the account and the app."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        session = httpx.Client(timeout=20)
        self._api = pywa.WhatsApp(settings.phone_number_id, settings.token, session=session).api
        self._base = f"{settings.api}{session.base_url.path}"
        session.base_url = self._base

    def faults(self) -> Iterator[str]:
        """Yield in Dutch what is to be mended, most important first.

        Raises:
            Unusable: the rest cannot be checked before this is mended.
        """
        token = self._token()
        yield from self._faults_of_token(token)
        yield from self._faults_of_number()
        yield from self._faults_of_account(token)
        yield from self._faults_of_app(token)

    def _token(self) -> Dict[str, Any]:
        """Return what Meta says of the access token."""
        unusable = (
            f"Het toegangstoken in {variable('token')} is verlopen, ingetrokken of verkeerd overgenomen. Maak bij "
            f"Bedrijfsinstellingen, Systeemgebruikers een nieuw token zonder einddatum."
        )
        parameters = {"input_token": self._settings.token}
        token = self._ask(
            lambda: self._api.send_raw_request("GET", "/debug_token", params=parameters)["data"], unusable
        )
        if not token.get("is_valid"):
            raise Unusable(unusable)
        return token

    def _faults_of_token(self, token: Dict[str, Any]) -> Iterator[str]:
        if token.get("expires_at"):
            day = datetime.fromtimestamp(token["expires_at"]).strftime("%d-%m-%Y")
            yield (
                f"Het toegangstoken verloopt op {day}; daarna antwoordt WhatsApp niet meer. Maak een token zonder "
                f"einddatum, voor een systeemgebruiker."
            )
        missing = [permission for permission in PERMISSIONS if permission not in token.get("scopes", [])]
        if missing:
            yield f"Het toegangstoken mist het recht {' en '.join(missing)}. Maak een token met dat recht erbij."

    def _faults_of_number(self) -> Iterator[str]:
        number = self._ask(
            lambda: self._api.get_business_phone_number(
                self._settings.phone_number_id, ("display_phone_number", "platform_type")
            ),
            f"Het nummer in {variable('phone_number_id')} is er niet, of het toegangstoken mag er niet bij. Neem de id "
            f"over die bij WhatsApp, API-instellingen onder het telefoonnummer staat, en geef de systeemgebruiker "
            f"toegang tot het WhatsApp-account.",
        )
        if number.get("platform_type") != "CLOUD_API":
            yield (
                f"Het nummer {number.get('display_phone_number')} is nog niet aangemeld bij de Cloud API. Meld het aan "
                f"bij WhatsApp, API-instellingen."
            )

    def _faults_of_account(self, token: Dict[str, Any]) -> Iterator[str]:
        account = self._settings.account_id or _account_of(token)
        if account is None:
            yield (
                f"Vul {variable('account_id')} in met de id van het WhatsApp Business-account; zonder die id is niet "
                f"te zien of de berichten doorkomen."
            )
            return
        unusable = f"Het account {account} is er niet, of het toegangstoken mag er niet bij. Kijk na of de id klopt."
        numbers = self._ask(lambda: self._api.get_business_phone_numbers(account)["data"], unusable)
        if self._settings.phone_number_id not in [number.get("id") for number in numbers]:
            yield f"Het nummer in {variable('phone_number_id')} hoort niet bij het account {account}."
        apps = self._ask(lambda: self._api.get_waba_subscribed_apps(account)["data"], unusable)
        if token.get("app_id") not in [app.get("whatsapp_business_api_data", {}).get("id") for app in apps]:
            yield (
                f"De app krijgt de berichten van het account {account} niet. Zet dat aan met: curl -X POST "
                f"{self._base}{account}/subscribed_apps "
                f'-H "Authorization: Bearer ${variable("token")}"'
            )

    def _faults_of_app(self, token: Dict[str, Any]) -> Iterator[str]:
        app = token["app_id"]
        # These are asked for in the name of the app, which shows that its secret is right.
        headers = {"Authorization": f"Bearer {app}|{self._settings.app_secret}"}
        subscriptions = self._ask(
            lambda: self._api.send_raw_request("GET", f"/{app}/subscriptions", headers=headers)["data"],
            f"Het app-geheim in {variable('app_secret')} klopt niet. Neem het over uit App-instellingen, Basis.",
        )
        found: List[Dict[str, Any]] = [each for each in subscriptions if each.get("object") == OBJECT]
        if not found:
            yield (
                f"De app heeft nog geen webhook. Vul bij WhatsApp, Configuratie het adres https://jullie-server{PATH} "
                f"in, met het woord uit {variable('verify_token')}."
            )
            return
        address = str(found[0].get("callback_url", ""))
        if not address.endswith(PATH):
            yield f"De webhook wijst naar {address}; het adres moet eindigen op {PATH}."
        if not found[0].get("active"):
            yield "De webhook staat uit. Sla hem bij WhatsApp, Configuratie opnieuw op."
        if FIELD not in [field.get("name") for field in found[0].get("fields", [])]:
            yield f"De webhook krijgt geen berichten. Abonneer hem bij WhatsApp, Configuratie op het veld {FIELD}."

    def _ask(self, request: Callable[[], Any], unusable: str) -> Any:
        """Return what Meta answers.

        Raises:
            Unusable: it refuses (then the message is `unusable`), or cannot be reached or asked now.
        """
        try:
            return request()
        except WhatsAppError as error:
            if error.status_code >= 500 or error.status_code == 429:
                raise Unusable(
                    f"Meta kan nu niet antwoorden ({error.status_code}). Probeer het straks nog eens."
                ) from error
            raise Unusable(f"{unusable} (Meta’s code: {error.code})") from error
        except httpx.HTTPError as error:
            raise Unusable(
                f"{self._settings.api} is niet te bereiken ({type(error).__name__}). Kijk of deze machine op internet "
                f"mag."
            ) from error


def _account_of(token: Dict[str, Any]) -> Optional[str]:
    """Return the one account that the token is limited to; None where it may use all, or more than one."""
    scopes = token.get("granular_scopes", [])
    found = {target for scope in scopes if scope.get("scope") in PERMISSIONS for target in scope.get("target_ids", [])}
    return found.pop() if len(found) == 1 else None


def main(environment: Mapping[str, str]) -> int:
    """Print what is to be mended, or that all is well; return the exit status."""
    try:
        settings = Settings.from_environment(environment)
    except InvalidConfigException as error:
        print(error, file=sys.stderr)
        return 1
    if settings is None:
        needed = ", ".join(map(variable, ("token", "phone_number_id", "app_secret", "verify_token")))
        print(f"WhatsApp staat uit. Wie het wil gebruiken, geeft een waarde aan {needed}.", file=sys.stderr)
        return 1
    faults: List[str] = []
    try:
        faults.extend(WhatsAppCheck(settings).faults())
    except Unusable as error:
        faults.append(str(error))
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    print("WhatsApp staat goed: het token, het nummer, het account en de webhook kloppen.")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
