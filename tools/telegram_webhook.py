"""Makes the assistant's address known to Telegram and checks it: `python -m tools.telegram_webhook [--url https://...]`.

It needs OUDERWIJZER_TELEGRAM_TOKEN, as the assistant does. What it prints is in Dutch, as a school's administrator
reads it; it holds no token.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Dict, List, Optional, Text
from zoneinfo import ZoneInfo

from pydantic import constr, validator
from telegram import Bot, WebhookInfo
from telegram.error import BadRequest, InvalidToken, TelegramError

from channels.telegram import COMMANDS, TOKEN, UPDATES, WEBHOOK, InvalidSettings, Settings, read_settings
from content.loader import read_yaml
from content.schema import Strict

COMMAND_TEXTS = Path(__file__).resolve().parent.parent / "content/telegram.yml"
PORTS = (443, 80, 88, 8443)  # those that Telegram calls: https://core.telegram.org/bots/api#setwebhook


class WebhookError(RuntimeError):
    """Telegram will not deliver messages; the message says in Dutch why, and what to do."""


class CommandTexts(Strict):
    """What content/telegram.yml holds: what each command does. Telegram takes 256 characters."""

    opdrachten: Dict[Text, constr(strict=True, max_length=256)]

    @validator("opdrachten")
    def _all_named(cls, texts: Dict[Text, Text]) -> Dict[Text, Text]:
        if set(texts) != set(COMMANDS):
            raise ValueError(f"hier horen precies deze opdrachten: {', '.join(COMMANDS)}")
        return texts


def webhook_address(url: Text) -> Text:
    """Return the address of the webhook, from that of the assistant.

    Raises:
        WebhookError: Telegram does not call such an address.
    """
    match = re.fullmatch(r"https://(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::(\d+))?(/[^\s?#]*)?", url, re.IGNORECASE | re.ASCII)
    if not match:
        raise WebhookError(
            f"{url} is geen adres dat Telegram kan gebruiken. Geef het adres waar Ouderwijzer op internet staat, "
            "bijvoorbeeld: make telegram-webhook URL=https://ouderwijzer.school.nl"
        )
    if match[1] and int(match[1]) not in PORTS:
        raise WebhookError(f"Telegram gebruikt poort {match[1]} niet. Dit kan wel: {', '.join(map(str, PORTS))}.")
    base = url.rstrip("/")
    return base if base.endswith(WEBHOOK) else base + WEBHOOK


async def set_up(settings: Settings, url: Optional[Text]) -> List[Text]:
    """Set webhook and commands if there is a `url`, check in any case; return lines to tell.

    Raises:
        WebhookError: something is to be mended before any message arrives.
    """
    address = webhook_address(url) if url else None
    bot = Bot(settings.token, base_url=f"{settings.api}/bot")
    try:
        async with bot:  # calls getMe
            lines = [f"De bot heet @{bot.username}."]
            if bot.bot.can_join_groups:
                lines.append("Hij antwoordt niet in groepen. Zet die uit bij @BotFather (/setjoingroups).")
            if address:
                await bot.set_webhook(address, secret_token=settings.secret, allowed_updates=UPDATES)
                texts = CommandTexts.parse_obj(read_yaml(COMMAND_TEXTS)).opdrachten
                await bot.set_my_commands([(command, texts[command]) for command in COMMANDS])
            return [*lines, *_judge(await bot.get_webhook_info(), address)]
    except InvalidToken as error:
        raise WebhookError(
            f"Telegram kent dit token niet. Kopieer het opnieuw uit @BotFather (/mybots, API Token) naar {TOKEN}."
        ) from error
    except BadRequest as error:
        raise WebhookError(
            f"Telegram weigert {address}: {error.message}. Kijk of dat adres op internet te bereiken is en een geldig "
            "certificaat heeft."
        ) from error
    except TelegramError as error:
        raise WebhookError(
            f"Telegram is niet te bereiken ({type(error).__name__}). Kijk of deze machine bij {settings.api} kan, "
            "en probeer het straks nog eens."
        ) from error


def _judge(info: WebhookInfo, address: Optional[Text]) -> List[Text]:
    """Return what there is to tell of what Telegram knows.

    Raises:
        WebhookError: it knows no address or another one, or asks for other updates.
    """
    if not info.url:
        raise WebhookError("Telegram weet nog niet waar Ouderwijzer staat: make telegram-webhook URL=https://...")
    if address not in (None, info.url) or not info.url.endswith(WEBHOOK):
        raise WebhookError(
            f"Telegram stuurt berichten naar {info.url}, en dat is Ouderwijzer niet. Gebruikt iets anders dezelfde "
            "bot? Maak dan bij @BotFather een eigen bot, of geef het goede adres: make telegram-webhook URL=https://..."
        )
    if set(info.allowed_updates or ()) != set(UPDATES):
        raise WebhookError(
            "Telegram stuurt niet de juiste soorten berichten. Stel het opnieuw in: make telegram-webhook URL=https://..."
        )
    lines = [f"Telegram stuurt berichten naar {info.url}."]
    if info.pending_update_count:
        lines.append(f"Nog niet afgeleverd: {info.pending_update_count}.")
    if info.last_error_date:
        lines += _last_error(info.last_error_date, info.last_error_message or "")
    else:
        lines.append("Alles staat goed. Stuur de bot /start om het te proberen.")
    return lines


# What goes wrong when Telegram delivers, by what its message holds, and what to do about it.
_REMEDIES = {
    "403": f"De assistent draait met een ander token. Start hem met hetzelfde {TOKEN} als hier.",
    "404": f"Op dat adres draait de assistent niet, of zonder {TOKEN}. Zet dat in zijn omgeving en start hem opnieuw.",
    "502": "De webserver kan de assistent niet bereiken. Kijk of hij draait (make serve).",
    "503": "De assistent start nog of kan niets bewaren. Kijk in logs/rasa.log.",
    "504": "De webserver krijgt geen antwoord van de assistent. Kijk of hij draait (make serve).",
    "certificate": "Het certificaat van het adres deugt niet, of de tussenliggende certificaten ontbreken.",
    "SSL": "Het certificaat van het adres deugt niet, of de tussenliggende certificaten ontbreken.",
    "resolve": "De naam in het adres bestaat niet. Kijk of er een tikfout in zit.",
    "refused": "Op dat adres luistert niets. Kijk of de webserver draait en de poort open staat.",
    "timed out": "Het adres reageert niet. Kijk of de firewall verkeer van Telegram doorlaat.",
}


def _last_error(date: datetime, message: Text) -> List[Text]:
    moment = date.astimezone(ZoneInfo("Europe/Amsterdam"))
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign.lower() in message.lower()), None)
    lines = [f"Op {moment:%d-%m-%Y} om {moment:%H.%M} uur lukte het afleveren niet: {message or 'onbekende fout'}."]
    if remedy:
        lines.append(remedy)
    return [*lines, "Is dat al verholpen, stuur de bot dan /start: antwoordt hij, dan staat alles goed."]


def main(arguments: Optional[List[Text]] = None) -> int:
    """Print what was set and what to mend; return the exit status."""
    parser = argparse.ArgumentParser(description="Maakt het adres van Ouderwijzer bekend bij Telegram en kijkt het na.")
    parser.add_argument("--url", help="waar Ouderwijzer op internet staat; zonder dit wordt alleen gekeken")
    url = parser.parse_args(arguments).url
    try:
        settings = read_settings(os.environ)
        if settings is None:
            raise WebhookError(
                f"{TOKEN} is er niet. Zet daarin het token van @BotFather, hier en in de omgeving van de assistent."
            )
        print("\n".join(asyncio.run(set_up(settings, url))))
    except InvalidSettings as error:
        print(f"De instellingen kloppen niet. {error}", file=sys.stderr)
        return 1
    except WebhookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
