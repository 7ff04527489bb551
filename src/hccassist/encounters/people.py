"""Providers: names with credentials, and the place in a record that says whose work it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from hccassist.encounters.rules import credential_rules, phrases, words_in
from hccassist.patterns import Patterns
from hccassist.schema import Validity
from hccassist.written_dates import MONTH_NAME

_UPPER, _LETTER = "[A-ZÀ-ÖØ-ÞŁŚŠŽ]", "[A-Za-zÀ-ÖØ-öø-ÿĀ-ž]"
_NAME_WORD = rf"(?:{_UPPER}(?:{_LETTER}|['’\-])*{_LETTER}|{_UPPER}\.?(?![a-z]))"
_PARTICLE = r"(?:de|la|del|van|von|der|den|di|da|St\.|Mc|Mac|O'|al|el|bin|ben)"
_NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_NAME_WORD}){{1,4}}(?:,?\s+(?:Jr|Sr|II|III|IV)\.?)?"
_TITLE = re.compile(r"(?:Dr|Doctor|Mr|Ms|Mrs|Miss|Prof)\.?\s+", re.IGNORECASE)
_STATES = frozenset({"PA", "MA", "MD", "ND", "CT", "OT", "AA", "DC", "MT"})
_ZIP = re.compile(r",?\s+\d{5}\b")
_STREET = re.compile(
    rf"\b(?:{phrases('street')}|(?<![\d/.\-])\d+ (?!{MONTH_NAME}\b)[A-Z][a-z]+(?!\w|:))\b[.,:]?", re.IGNORECASE
)
_NOT_NAMES = words_in("not_a_name")


@dataclass(frozen=True, slots=True)
class Person:
    """A named professional as printed. ``credential`` is what the print says, ``accepted`` whether CMS lists its
    holder."""

    name: str
    credential: str | None
    accepted: Validity
    start: int
    end: int


_WORD_ENDS = r"(?![A-Za-z\d'’-])"


@cache
def _credential_pattern() -> str:
    return "(?:" + "|".join(f"(?:{rule.pattern})" for rule in credential_rules()) + ")"


@cache
def _person() -> re.Pattern[str]:
    credential = _credential_pattern()
    # "Roe, Jane A., MD": what follows the comma is a first name only when it is no credential.
    given = rf"(?!{credential}{_WORD_ENDS}){_NAME_WORD}"
    last_first = rf"{_NAME_WORD}(?:[ -]{_NAME_WORD})?,\s*{given}(?:\s+{given}\.?)?"
    return re.compile(
        rf"(?P<name>{last_first}|{_NAME})(?:\s*,\s*|\s*\(|\s+[-–]\s+|\s+)"
        rf"(?:[Cc]redentials?\s*:\s*)?(?P<credentials>{credential}(?:\s*[,/]\s*{credential})*){_WORD_ENDS}"
    )


@cache
def _credentialed() -> Patterns:
    """What holds a credential: hardly a line does, which is told a dozen times quicker than who holds it."""
    return Patterns([rf"[\s,(/–-]{_credential_pattern()}{_WORD_ENDS}"], re.NOFLAG)


@cache
def _last_credential_first() -> re.Pattern[str]:
    """People as systems print them that file by last name: "Performed by: Vantongeren MD, Elise"."""
    credential = _credential_pattern()
    last = rf"(?:{_PARTICLE}\s+){{0,2}}{_NAME_WORD}(?:[ -](?!{credential}{_WORD_ENDS}){_NAME_WORD})?"
    first = rf"(?!{credential}{_WORD_ENDS}){_NAME_WORD}"
    return re.compile(
        rf"(?:^\W*|[:|]\s*|\b(?:by|from|to)\s+|\s{{2,}})(?P<last>{last})\s+"
        rf"(?P<credentials>{credential}(?:\s*[,/]?\s*{credential})*){_WORD_ENDS},\s+"
        rf"(?P<first>{first}(?:\s+[A-Z]\b\.?)?(?=\s*[|;,(]|\s{{2,}}|\s*$)|{first}(?:\s+{_NAME_WORD})?(?=\s+(?:on|at)\b|\s+\d))"
    )


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Validity, str], ...]:
    return tuple((re.compile(r.pattern), r.accepted, r.credential) for r in credential_rules())


def judge_credential(printed: str) -> Validity:
    """Whether the holder of these printed credentials ("RN, MSN, FNP-BC") is an acceptable provider: one accepted
    credential is enough."""
    parts = [part.strip() for part in re.split(r"[,/]\s*|\s{2,}", printed) if part.strip()]
    if any(_judge_one(part) == "unknown" for part in parts):
        parts += printed.split()
    verdicts = {_judge_one(part) for part in parts}
    if "yes" in verdicts:
        return "yes"
    return "no" if "no" in verdicts else "unknown"


def _judge_one(printed: str) -> Validity:
    for pattern, accepted, _ in _rules():
        if pattern.fullmatch(printed):
            return accepted
    return "unknown"


@lru_cache(maxsize=1024)
def find_people(text: str) -> tuple[Person, ...]:
    """The names with credentials in a line, in order."""
    if not _credentialed().possible(text):
        return ()
    people = []
    filed = list(_last_credential_first().finditer(text)) if "," in text else []
    filed = [m for m in filed if _clean(f"{m.group('first')} {m.group('last')}")]
    for match in filed:
        printed = " ".join(match.group("credentials").split())
        filed_name = f"{match.group('first')} {match.group('last')}"
        people.append(Person(filed_name, printed, judge_credential(printed), match.start("last"), match.end()))
    for match in _person().finditer(text):
        name = _clean(match.group("name"))
        if name is None or _is_place(text, match) or any(m.start() < match.end() and match.start() < m.end() for m in filed):
            continue
        printed = " ".join(match.group("credentials").split())
        if printed.count(".") == 1:
            # "MD." ends a sentence; "M.D." is written with points.
            printed = printed.rstrip(".")
        people.append(Person(name, printed, judge_credential(printed), match.start("name"), match.end()))
    return tuple(sorted(people, key=lambda person: person.start))


def _is_place(text: str, match: re.Match[str]) -> bool:
    """Whether "Springfield MA 01101" only looks like a name with a credential."""
    if match.group("credentials") not in _STATES:
        return False
    before = text[max(0, match.start() - 60) : match.start("credentials")]
    return bool(_ZIP.match(text, match.end()) or _STREET.search(before))


def _clean(name: str) -> str | None:
    """The name without leading labels and titles; None where nothing of a name is left."""
    words = _TITLE.sub("", name).split()
    while words and words[0].strip(".,:").lower() in _NOT_NAMES:
        words.pop(0)
    if len(words) < 2 and not (len(words) == 1 and "," in name):
        return None
    if any(word.strip(".,:").lower() in _NOT_NAMES for word in words):
        return None
    if len(words) > 2 and words[0] == "".join(w[0] for w in words[1:]):
        # Initialled, then written out: "MK Moira Kilbride".
        words.pop(0)
    cleaned = " ".join(words)
    last, comma, first = (part.strip() for part in cleaned.partition(","))
    if comma and first and not re.match(r"(?:Jr|Sr|II|III|IV)\b", first):
        return f"{first} {last}"
    return cleaned.rstrip(",")


def same_person(one: str, other: str) -> bool:
    """Whether two printed names can be one person's: same last name, and first names or initials that agree."""
    a, b = _parts(one), _parts(other)
    if not a or not b or a[-1] != b[-1]:
        return False
    return len(a) == 1 or len(b) == 1 or a[0][0] == b[0][0]


def _parts(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Za-z'’-]+", name)]
