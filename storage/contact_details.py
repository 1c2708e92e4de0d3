"""Rules for what points to a person by itself: e-mail addresses, numbers, dates with a year, postal addresses."""

from __future__ import annotations

import re
from typing import Callable, Match, NamedTuple, Optional, Pattern

MAIL, ACCOUNT, DATE, PHONE, BSN, ADDRESS, NAME = (
    f"[{word}]" for word in ("e-mail", "rekening", "geboortedatum", "telefoon", "bsn", "adres", "naam")
)
PLACEHOLDERS = (MAIL, ACCOUNT, DATE, PHONE, BSN, ADDRESS, NAME)

NEAR = 60  # characters around a number in which a word tells what it is


def _any(match: Match[str]) -> bool:
    return True


class Rule(NamedTuple):
    """What matches `pattern` and is accepted becomes `placeholder`; None leaves it, and hides it from later rules."""

    placeholder: Optional[str]
    pattern: Pattern[str]
    accepts: Callable[[Match[str]], bool] = _any


def _rule(placeholder: Optional[str], pattern: str, accepts: Callable[[Match[str]], bool] = _any) -> Rule:
    return Rule(placeholder, re.compile(pattern, re.IGNORECASE), accepts)


def _cased(placeholder: Optional[str], pattern: str, accepts: Callable[[Match[str]], bool] = _any) -> Rule:
    return Rule(placeholder, re.compile(pattern), accepts)


def _digits(match: Match[str]) -> str:
    return re.sub(r"\D", "", match[0])


def _before(match: Match[str], length: int = NEAR) -> str:
    return match.string[max(0, match.start() - length) : match.start()]


def _after(match: Match[str], length: int = NEAR) -> str:
    return match.string[match.end() : match.end() + length]


# E-mail, also as it is written to be read by people alone: "jan punt jansen at gmail punt com".
_ENDING = r"(?:nl|com|be|de|eu|net|org)\b"
_SAID_DOT = r"[ ]?(?:\bpunt\b|\bdot\b|[(\[{](?:punt|dot|\.)[)\]}])[ ]?"
_AT = r"[ ]?(?:@|\bapenstaart(?:je)?\b|[(\[{](?:at|@|apenstaart(?:je)?)[)\]}])[ ]?"
_LOCAL = rf"(?<![\w.+-])[\w+-][\w.+-]*(?:{_SAID_DOT}[\w+-]+){{0,4}}"
_MAIL = (
    _rule(MAIL, rf"{_LOCAL}{_AT}[\w-]+(?:\.[\w-]+|{_SAID_DOT}[\w-]+|[ ]?[.,][ ]?(?:nl|com)\b){{1,4}}"),
    _rule(MAIL, rf"{_LOCAL} at [\w-]+(?:{_SAID_DOT}[\w-]+|\.[\w-]+){{0,3}}?(?:\.|{_SAID_DOT}){_ENDING}"),
    _rule(MAIL, r"(?<![\w.+-])[\w+-][\w.+-]*@[\w-]+"),
    # "@school" is how some write "op school"; what has a digit, point or underscore is somebody's account.
    _rule(NAME, r"(?<!\w)@(?=\w*[\d_.]\w)\w[\w.]*"),
    _rule(NAME, r"\b(?:instagram|facebook|tiktok|snapchat|twitter|linkedin)\.com/(?:in/|add/)?@?[\w.-]+"),
)

# Bank accounts. Where letters may stand anywhere in an IBAN its check digits must hold, or words would match.
_MIXED_IBANS = {"CH": 21, "FR": 27, "IT": 27, "LU": 20, "RO": 24}  # characters, from the IBAN registry
_GAP = r"[ .-]{0,2}"


def _is_iban(match: Match[str]) -> bool:
    """Tell whether the check digits hold (ISO 13616: modulo 97)."""
    iban = re.sub(r"\W", "", match[0]).upper()
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


_ACCOUNT_WORD = re.compile(r"rekening|\bgiro|\biban|\brek\b", re.IGNORECASE)
_IBAN = (
    *(
        _rule(ACCOUNT, rf"\b{country}{_GAP}\d\d(?:{_GAP}[a-z0-9]){{{length - 4}}}\b", _is_iban)
        for country, length in _MIXED_IBANS.items()
    ),
    _rule(ACCOUNT, rf"\b(?:nl{_GAP}\d{_GAP}\d|[a-z]{{2}}\d\d){_GAP}[a-z]{{4}}(?:{_GAP}\d){{7,20}}"),
    _rule(ACCOUNT, rf"\b[a-z]{{2}}\d\d(?:{_GAP}\d){{11,26}}"),
)
_ACCOUNT = _rule(
    ACCOUNT,
    rf"(?<![\d+])(?<!\d[ .-])[1-9](?:{_GAP}\d){{6,9}}(?!\d)",
    lambda match: bool(_ACCOUNT_WORD.search(_before(match))),
)

# Dates. Without a year they stay.
_MONTH = r"(?:jan|feb|maa?rt|march|mrt|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]{0,7}"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = r"(?:e|de|ste|th|st|nd|rd)"
_MONTH_NUMBER = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)\d\d"
_SHORT_YEAR = r"(?:'\d\d(?!\d)|\d\d(?![\w'])(?![.,:]\d)(?![ ]?(?:uur|jaar|kinderen|leerlingen|keer|ouders)))"
_DATES = (
    _rule(
        DATE, rf"(?<![\d.,/-]){_DAY}[ ]?[-/.][ ]?{_MONTH_NUMBER}[ ]?[-/.][ ]?(?:{_YEAR}(?!\d)|{_SHORT_YEAR}(?![-/]))"
    ),
    _rule(DATE, rf"(?<![\d.,/-]){_DAY} {_MONTH_NUMBER} {_YEAR}(?!\d)"),
    _rule(DATE, rf"(?<!\d){_YEAR}[ ]?([-/. ])[ ]?{_MONTH_NUMBER}[ ]?\1[ ]?{_DAY}(?!\d)"),
    _rule(
        DATE,
        rf"(?<!\d)(?:{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]){_YEAR})(?!\d)",
    ),
    _rule(
        DATE,
        rf"(?<!\d){_DAY}(?:[ ]?{_ORDINAL})?[ .-]{{0,2}}{_MONTH}[ .,-]{{0,2}}(?:{_YEAR}(?!\d)|{_SHORT_YEAR})",
    ),
    _rule(DATE, rf"\b{_MONTH} {_DAY}{_ORDINAL}?,? {_YEAR}(?!\d)"),
    # The abbreviated month would look like a name.
    _rule(None, rf"(?<!\d){_DAY}{_ORDINAL}?[ .-]{{0,2}}{_MONTH}\b"),
)

# Telephone numbers. 0800 and 0900 belong to nobody in person: the help numbers are among them.
_SEPARATOR = r"[ \t./()_-]{0,3}"
_TIMES = re.compile(r"0[0-57-9]\.[0-5]\d[ -]")
_YEARS = re.compile(rf"{_YEAR}\D+{_YEAR}")
_PHONE_WORD = re.compile(
    r"\b(?:tel\w*|mob\w*|gsm|bel|belt|bellen|belde|app|appen|whatsapp\w*|sms\w*|phone|nummer|nr|noodnummer)\b\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_SERVICE = _rule(None, rf"(?<!\d)0[89]00{_SEPARATOR}\d(?:{_SEPARATOR}\d){{3,6}}(?!\d)")
_PHONES = (
    _rule(PHONE, rf"(?:\+|(?<!\d)00){_SEPARATOR}31{_SEPARATOR}0?(?:{_SEPARATOR}\d){{9}}(?!\d)"),
    _rule(PHONE, rf"(?:\+|(?<!\d)00){_SEPARATOR}[1-9](?:{_SEPARATOR}\d){{6,13}}(?!\d)"),
    _rule(PHONE, rf"(?<!\d)\(?31{_SEPARATOR}6(?:{_SEPARATOR}\d){{8}}(?!\d)"),
    _rule(
        PHONE,
        rf"(?<!\d)(?:\([0o]|(?<![^\W\d_])o|0){_SEPARATOR}[1-9](?:{_SEPARATOR}\d){{8}}(?!\d)",
        lambda match: not _TIMES.match(match[0]),
    ),
)
# Fewer digits, or no zero in front: these could be other numbers too.
_LOOSE_PHONES = (
    _rule(PHONE, r"(?<![\d.,-])6[ -]?\d{8}(?!\d)"),
    _rule(PHONE, r"(?<!\w)\d{10,}(?!\w)"),
    _rule(
        PHONE,
        r"(?<![\d.,])\d(?:[ -]{0,2}\d){6,14}(?!\d)",
        lambda match: not _YEARS.match(match[0]) and bool(_PHONE_WORD.search(_before(match, 40))),
    ),
)

# Citizen service numbers: nine digits, or eight where a leading zero was left out.
_BSN_WORD = re.compile(r"\bbsn|burger ?service|\bsofi|persoonsnummer", re.IGNORECASE)


def _passes_eleven_test(match: Match[str]) -> bool:
    """Tell whether this can be a BSN: the digits, weighted 9, 8 ... 2 and -1, add up to a multiple of 11."""
    digits = [int(digit) for digit in _digits(match).zfill(9)]
    return any(digits) and sum(d * w for d, w in zip(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1], strict=True)) % 11 == 0


_BSN_NAMED = _rule(
    BSN,
    r"(?<!\d)(?<!\d[ ./-])\d(?:[ ./-]{0,2}\d){7,8}(?!\d)",
    lambda match: bool(_BSN_WORD.search(_before(match)) or _BSN_WORD.search(_after(match))),
)
_BSN_ALONE = _rule(
    BSN,
    r"(?<![\w.,])(?:\d{8,9}|\d{2,4}(?:[ ./-]\d{2,4}){2,3})(?!\w)",
    lambda match: (match[0].isdigit() or len(_digits(match)) == 9) and _passes_eleven_test(match),
)

# Addresses. After the first kind of street a number is a house; after the second it may count something else.
_CAPITALIZED = r"[A-Z][\w'.-]{0,40}"
_LEAD = rf"(?<![\w'.-])(?:(?:{_CAPITALIZED}|[Vv]an)[ ](?:(?:{_CAPITALIZED}|van|de|der|den|het|'t|ten|ter)[ ]){{0,4}})?"
_COUNTED = (
    r"(?:dag|we?eke?|jaar|keer|x\b|uur|kind|jongen|meisje|euro|minu|maand|man\b|mens|leerling|ouder|km|meter|graden)"
)
_HOUSE = (
    rf",?[ ]{{0,2}}(?:nr\.?|nummer|no\.?|huisnummer)?[ ]?\d{{1,4}}(?!\d)(?![.,:]\d)(?![ ]?{_COUNTED})"
    r"(?:[ ]?(?:bis|hs|huis|zwart|rood|boven|[a-z](?![\w']))|[ ]?[-/][ ]?(?:\d{1,4}|[a-z]{1,3})(?!\w))?"
)
_STREETS = (
    "straat straatje str str. laan laantje gracht kade singel dreef steeg plantsoen boulevard burgwal gaarde hofje"
)
_OTHER_STREETS = (
    "weg plein dijk hof pad park markt veld baan burg oord haven erf zoom brink horst akker meent kamp tuin wal poort"
    " brug sluis donk hage werf schans vaart"
)
_NO_STREETS = re.compile(
    r"(?:school|speel|sport|voetbal|pret|fiets|voet|zebra|snel|heen|terug|om|uit|midden|onder|half|loop|rij|bij|super|"
    r"moes|dool|kerk|buiten|zomer|klas|ponys?|trap|nood|klim|uitweg|groot|werk|arbeids|rommel|kerst|wel|ge|ver|vuur)"
    rf"(?:{'|'.join(_OTHER_STREETS.split())})\b",
    re.IGNORECASE,
)
_HOME_WORD = re.compile(r"\b(?:woon|wonen|woont|woonde|woonden|adres|verhuisd?|verhuizen|verhuizing)\b", re.IGNORECASE)
_ENDS_THERE = re.compile(r"\s*(?:$|[,;.!?)\n]|(?:in|te) [A-Z])")


def _streets(endings: str) -> str:
    """Return the pattern of a street's name: "Kerkstraat", "van der Helststraat", "Churchill Laan"."""
    escaped = [re.escape(ending) for ending in endings.split()]
    capitalized = "|".join(ending.capitalize() for ending in escaped)
    return (
        rf"{_LEAD}(?:[^\W\d_][\w'.-]{{0,40}}?(?i:{'|'.join(escaped)})|{_CAPITALIZED}[ ](?:{capitalized}))(?i:{_HOUSE})"
    )


def _is_street(match: Match[str]) -> bool:
    if _NO_STREETS.match(match[0]):
        return False
    return match[0][0].isupper() or bool(_HOME_WORD.search(_before(match))) or bool(_ENDS_THERE.match(_after(match)))


# Units and small words: "2024 is" and "1500 en" are no postcodes.
_NO_LETTERS = (
    " al an at bv ca cm da de di do ed ee eh ek en er eu ex ff ft gb gr ha he hm ie ik in is ja je jr kb kg km kw ma mb"
    " me mg mi ml mm mn mr ms na nl no nr nu of og om on op or pa pc pk px st te th to tv uu va vd vr vs wa we wo za ze"
    " zn zo "
)


def _is_postcode(match: Match[str]) -> bool:
    letters = match[0][-2:]
    if "postcode" in _before(match, 20).lower() or letters.isupper() and not match.string.isupper():
        return True
    return f" {letters.lower()} " not in _NO_LETTERS


_ADDRESSES = (
    _cased(ADDRESS, _streets(_STREETS)),
    _cased(ADDRESS, _streets(_OTHER_STREETS), _is_street),
    _rule(ADDRESS, r"(?<![\w.,+-])[1-9]\d{3} ?[a-z]{2}\b", _is_postcode),
)

# In this order: what an earlier rule took or hid is not there for a later one.
RULES = (
    *_MAIL,
    _SERVICE,
    *_IBAN,
    *_DATES,
    *_PHONES,
    _BSN_NAMED,
    _ACCOUNT,
    _BSN_ALONE,
    *_LOOSE_PHONES,
    *_ADDRESSES,
)
