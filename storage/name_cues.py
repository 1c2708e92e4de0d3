"""Words around the names of persons: what announces a name, what is part of one, and what is none.

All are in lower case and without diacritics, as `fold` in storage/person_names.py makes them.
"""

from __future__ import annotations

import re
from typing import FrozenSet


def _words(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


# "mijn zoon ..."
RELATED = _words(
    """
    zoon zoontje zoons zonen dochter dochtertje dochters kind kindje kinderen kids kleinzoon kleindochter kleinkind
    kleinkinderen stiefzoon stiefdochter pleegzoon pleegdochter pleegkind zus zusje zussen broer broertje broers
    tweelingbroer tweelingzus halfbroer halfzus man vrouw vriend vriendin vriendje vriendinnetje vrienden partner ex
    exman ex-man exvrouw ex-vrouw expartner ex-partner neef neefje nicht nichtje oom tante opa oma moeder vader mama
    papa schoonmoeder schoonvader stiefvader stiefmoeder pleegmoeder pleegvader oudste jongste middelste baby peuter
    kleuter puber tweeling jongen jongetje jongens meisje meid meiden leerling klasgenoot klasgenootje buurman
    buurvrouw buurjongen buurmeisje oppas collega genaamd
    """
)
# "juf ..."
TITLES = _words(
    """
    juf juffrouw juffie gymjuf invaljuf bsojuf meester gymmeester invalmeester meneer mijnheer mevrouw heer mentor
    mentrix docent docente leraar lerares leerkracht ib'er intern-begeleider begeleider begeleidster directeur
    directrice adjunct rector conrector teamleider decaan zorgcoordinator coordinator coach stagiair stagiaire
    concierge onderwijsassistent klassenassistent dokter huisarts kinderarts tandarts logopedist logopediste
    psycholoog orthopedagoog therapeut trainer voogd jeugdwerker jeugdbeschermer wijkagent agent leerplichtambtenaar
    familie imam dominee pastoor vertrouwenspersoon
    """
)
# With a point always titles; the last are other words too without it, as "dr" for "haar".
UNDOTTED_TITLES = _words("mevr mw mvr dhr fam")
SHORT_TITLES = UNDOTTED_TITLES | _words("dr drs mr ing prof")
# "mijn naam is ..."
OWN_NAMES = _words("naam voornaam achternaam roepnaam")
# "groetjes ..."
GREETINGS = _words("groet groeten groetjes groetje gr grt grtjs grtz mvg hgr liefs hartelijks afz afzender")
PREPOSITIONS = _words("met van voor bij aan door tegen over naar")
# What somebody does: "Roos wordt gepest".
VERBS = _words(
    """
    is was heeft had wordt werd word zit zat wil wilde wou kan kon mag mocht moet moest gaat ging komt kwam doet
    deed zegt zei vindt vond krijgt kreeg hoeft durft slaapt huilt leest speelt haalt haalde belde vroeg vraagt
    denkt weet leert kijkt loopt blijft bleef gedraagt
    """
)
# No names, whatever stands before them and however they are written: small words ...
SMALL_WORDS = _words(
    """
    ik jij je jou jouw u uw hij zij ze wij we jullie hen hun hem haar het dit dat deze die zo'n zulke de een 't n 'n
    mijn m'n mn me mij onze ons z'n zijn zn d'r er hier daar nu nog nooit altijd vaak soms weer al ook wel niet nie
    niets niks geen iets iemand niemand alles alle elke elk ieder iedereen veel weinig meer minder heel erg zo te om
    en of maar want dus dan als toen omdat terwijl hoewel zoals zodat sinds voordat nadat tot met van voor bij aan
    door tegen over naar in op uit onder zonder tussen tijdens via na per ja nee hoe wat wie waar waarom wanneer
    welke eigenlijk gewoon misschien eerst samen thuis vandaag morgen gisteren straks even eens graag alvast bedankt
    dank dankjewel dankuwel vast hoi hallo hey dag beste lieve heb hebben hebt ben bent waren worden willen kunnen
    mogen moeten gaan komen doen zeggen vinden krijgen laten laat maken maakt denk dacht hoop hoopt zou zouden zal
    zullen geef geeft help helpt kom ga doe zie ziet zich zelf elkaar ander andere anders eigen nieuwe oude goede
    juist steeds verder mee terug vooral alleen echt best beetje genoeg uur jaar week school klas groep toch
    trouwens zoiets hetzelfde zogenaamd namelijk inmiddels tegenwoordig bang boos moe ziek blij verdrietig
    """
)
# ... and what is often written with a capital.
_THINGS = _words(
    """
    nederlands engels frans duits spaans turks pools arabisch latijn grieks fries rekenen taal wiskunde gym biologie
    nederlander turk pool syrier marokkaan turkse poolse marokkaanse syrische nederlandse moslim christen
    geschiedenis scheikunde natuurkunde aardrijkskunde techniek januari februari maart april mei juni juli augustus
    september oktober november december maandag dinsdag woensdag donderdag vrijdag zaterdag zondag kerst pasen
    ramadan sinterklaas autisme dyslexie dyscalculie down asperger tourette hoogbegaafd adhd add pdd-nos odd havo
    vwo vmbo mavo gymnasium atheneum kader basis brugklas cito iep magister somtoday parro parnassys esis teams
    zermelo itslearning whatsapp snapchat tiktok instagram youtube roblox fortnite minecraft netflix nederland
    belgie turkije marokko syrie polen duitsland engeland eritrea oekraine suriname amsterdam rotterdam utrecht
    """
)
NO_NAMES = RELATED | TITLES | SHORT_TITLES | GREETINGS | VERBS | SMALL_WORDS | _THINGS

# "van der ..."
PARTICLES = _words(
    "van von vande vander de den der het 't ter ten te el al ait ben bin ibn abu abou ould di da dos du la le"
)
# Dutch words when they stand alone: a capital, or a name that is always one, must follow.
AMBIGUOUS_PARTICLES = _words("al ben te het da di du la le")
# Never Dutch words.
ARABIC_PARTICLES = _words("el ait bin ibn abou abu ould")

_CAPITALIZED = r"[A-Z\u00c0-\u00de][\w'.-]{0,40}"
_KINDS_OF_SCHOOL = (
    r"(?:[Bb]asisschool|[Kk]indcentrum|[Pp]euterspeelzaal|[Kk]inderopvang|[Oo]bs|OBS|[Cc]bs|CBS|[Kk]bs|KBS|[Rr]kbs|RKBS|"
    r"[Pp]cbs|PCBS|[Ii]kc|IKC|BSO|KDV|[Cc]ollege|[Ll]yceum|[Ss]tichting|[Ss]cholengemeenschap)"
)
# Schools, books, shops and feasts that bear a person's name.
NO_PERSONS = re.compile(
    rf"\b{_KINDS_OF_SCHOOL}(?: (?:{_CAPITALIZED}|van|de|der|den|het|'t)(?![\w'.-])){{1,5}}"
    rf"|(?<![\w'.-])(?:{_CAPITALIZED} (?:(?:van|de|der|den|het) ){{0,2}}){{1,3}}"
    r"(?:[A-Z][\w-]{0,40}?(?:school|college|lyceum|gymnasium)|School|(?i:college|lyceum))\b"
    r"|(?i:\bsint[ -]\w+)|\bSt\.? \w+"
    r"|(?i:\b(?:anne frank|albert heijn|harry potter|donald duck|jip[ -]en[ -]janneke\w*|jan en alleman|"
    r"willem van oranje|zwarte piet|super mario|max verstappen)\b)"
)
