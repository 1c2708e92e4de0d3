"""The rules of the schema that are worth a test of their own; test_loader.py breaks whole files."""

from __future__ import annotations

import pytest

from content.schema import check_fields, check_link, count_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vraag door.", 1),
        ("Zonder punt", 1),
        ("Vraag door. En luister.", 2),
        ("Vraag door. En daarna niets meer", 2),
        ("Een. Twee. Drie.", 3),
        ("Echt?! Ja.", 2),
        # A full stop that ends no sentence.
        ("Bel voor 8.30 uur.", 1),
        ("Dat kost € 3.50 per keer. Vraag ernaar.", 2),
        ("Kijk op samenzijnwijschool.nl.", 1),
        ("Kijk op samenzijnwijschool.nl voor meer.", 1),
        ("Kijk op samenzijnwijschool.nl. Daar staat het.", 2),
        ("Kijk bijv. Magister na.", 1),
        ("Vraag naar mw. De Vries of dhr. Jansen.", 1),
        ("Vraag het o.a. De Vries, t.a.v. De Wilgenhof.", 1),
        ("Bel J. Jansen, zie blz. 4.", 1),
        # An abbreviation that may well end one.
        ("Neem mee: pen, papier enz. Dan ben je klaar.", 2),
        # Quotation marks.
        ("Je kunt zeggen: ‘Mag ik iets vragen?’", 1),
        ("Je kunt zeggen: ‘Mag ik iets vragen?’ en dan wachten.", 1),
        ("Je kunt zeggen: ‘Mag ik iets vragen?’ Wacht dan even.", 2),
        ('Je kunt zeggen: "Dat weet ik niet." Wacht dan even.', 2),
        ("‘Wat?’ ‘Niets.’", 2),
        ("Let op. ’s Avonds is het rustig. ‘t Is maar een idee.", 3),
        # An ellipsis.
        ("Eerst dit ... en dan dat.", 1),
        ("Eerst dit… en dan dat.", 1),
        ("Eerst dit... Dan dat.", 2),
        ("Eerst dit… Dan dat", 2),
        ("", 0),
    ],
)
def test_count_sentences(text: str, expected: int) -> None:
    assert count_sentences(text) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://www.ouders.nl",
        "https://Ouders.nl/pagina?vraag=pesten&taal=nl#top",
        "https://school.example:8443/",
        "mailto:info@wilgenhof.example",
        "mailto:j.de-vries+ouders@po.school.example",
        "tel:112",
        "tel:+31123456789",
    ],
)
def test_a_safe_link_is_kept_as_it_is(url: str) -> None:
    assert check_link(url) == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://ouders.nl", "moet beginnen met https://"),
        ("javascript:alert(1)", "moet beginnen met https://"),
        ("JavaScript:alert(1)", "moet beginnen met https://"),
        ("data:text/html,hoi", "moet beginnen met https://"),
        ("//ouders.nl", "moet beginnen met https://"),
        ("www.ouders.nl", "moet beginnen met https://"),
        ("", "moet beginnen met https://"),
        ("java\tscript:alert(1)", "bevat een spatie"),
        ("https://ouders.nl/ mijn pagina", "bevat een spatie"),
        ("https://", "geen goed webadres"),
        ("https://ouders", "geen goed webadres"),
        ("https:///ouders.nl", "geen goed webadres"),
        ("https://[::1", "geen goed webadres"),
        ("https://wie@ouders.nl", "geen goed webadres"),
        ("https://ouders.nl\u202e", "geen goed webadres"),
        ("https://ouders.nl/\u202e", "geen goed webadres"),
        ('https://ouders.nl/"><script>', "geen goed webadres"),
        ("mailto:", "geen goed e-mailadres"),
        ("mailto:info@wilgenhof", "geen goed e-mailadres"),
        ("mailto:info@a.nl,ander@b.nl", "geen goed e-mailadres"),
        ("mailto:info@a.nl?bcc=ander@b.nl", "geen goed e-mailadres"),
        ("tel:", "alleen cijfers"),
        ("tel:0800-2000", "alleen cijfers"),
        ("tel:112?x=1", "alleen cijfers"),
        ("tel:١١٢", "alleen cijfers"),
    ],
)
def test_an_unsafe_or_broken_link_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_link(url)


def test_known_fields_and_doubled_braces_are_accepted() -> None:
    text = "Bel {school}, en typ {{dit}} niet."
    assert check_fields(text, {"school"}) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Bel {skool}.", r"\{skool\} .* niet bekend; hier kan: \{school\}"),
        ("Bel {}.", "niet bekend"),
        ("Bel {0}.", "niet bekend"),
        ("Bel {school.naam}.", "niet bekend"),
        ("Bel {school[0]}.", "niet bekend"),
        ("Bel {school!r}.", r"alleen een naam: \{school\}"),
        ("Bel {school:>30}.", r"alleen een naam: \{school\}"),
        ("Bel {school:{school}}.", r"alleen een naam: \{school\}"),
        ("Bel {school.", "niet gesloten of niet geopend"),
        ("Bel school}.", "niet gesloten of niet geopend"),
    ],
)
def test_a_field_that_cannot_be_filled_in_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_fields(text, {"school"})
