"""Who signed a record, how, and whose work it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from hccassist.encounters.dates import DateHit
from hccassist.encounters.lines import Line, small_words
from hccassist.encounters.people import Person, find_people, same_person
from hccassist.encounters.rules import phrases, signature_cues
from hccassist.patterns import Patterns
from hccassist.written_dates import DATE

Kind = Literal["electronic", "handwritten", "pending", "dictated", "stamp", "blank"]
SIGNED_KINDS = frozenset({"electronic", "handwritten"})

_AUTHOR_LABEL = re.compile(rf"\b(?:{phrases('author_label')})\s*[:\-]?\s*$", re.IGNORECASE)
_NOT_AUTHOR = re.compile(rf"\b(?:{phrases('not_the_author')})\b[^.;]{{0,40}}$", re.IGNORECASE)
_REFERRED_TO = re.compile(rf"\b(?:{phrases('referred_to')})\w*[^:]{{0,20}}:?\s*$", re.IGNORECASE)
_UNKNOWN_CREDENTIAL = re.compile(r",\s*[A-Z]{2,}|\b[A-Z]{1,3}-[A-Z]{1,3}\b")
_OTHER_PAPER = re.compile(rf"\b(?:{phrases('other_paper')})\b", re.IGNORECASE)
_OWN_STATUS = re.compile(r"\W*(?:result|document|note|report|encounter)?\s*status\s*[:=]", re.IGNORECASE)
_COPIED = re.compile(rf"\b(?:{phrases('copied')})\b[^.;|]{{0,60}}$", re.IGNORECASE)
_BLANK_AFTER = re.compile(
    r"\s*(?:\bby\b\s*:?|:)\s*(?:_+|\.{3,}|\[\s*\]|\(?(?:not signed|none|blank)\)?)?\s*(?:,?\s*\b(?:on|at|date"
    r"|time)\b\s*:?)*[\s_/.:]*\Z"
    r"|\s*_{3,}",
    re.IGNORECASE,
)
_NAMED_BELOW = re.compile(r"\b(?:sign|authenticat|approv|verif|attest|finaliz|validat|seal)\w*(?!.*_{3})", re.IGNORECASE)
"""A signature whose name stands on the next line, and no line left to be signed by hand."""
_COSIGN_PENDING = re.compile(
    r"\b(?:co-?sign\w*|attending|attestation)\b.{0,40}\b(?:pending|required|needed|awaiting|not yet|incomplete)\b"
    r"|\bun-?co-?signed\b",
    re.IGNORECASE,
)
_TRAINEE = re.compile(rf"\b(?:{phrases('trainee')})\b", re.IGNORECASE)
_ATTENDING = re.compile(rf"\b(?:{phrases('teaching_physician')})\b", re.IGNORECASE)

_BEHIND_A_NAME = re.compile(
    r"\s*(?:$|[|;:(–—-]|\d{1,2}[/-]\d|\d{4}-|(?:on|at|date|dated|signed|for|and|has|will)\b|,\s*(?:[A-Z]|\d{1,2}/|$))|\s{2,}"
)
"""What may follow a signer's name and credential on its line: nothing, a mark, a date, or what was done."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a record is authenticated. ``signed`` is None where nothing shows it either way; ``kinds`` are all cues
    seen."""

    signed: bool | None
    kind: Kind | None
    provider: Person | None
    name: str | None


@cache
def _cues() -> tuple[Patterns, list[Kind]]:
    cues = signature_cues()
    return Patterns(cue.pattern for cue in cues), [cue.kind for cue in cues]


_SIGNATURE_LENGTH = 240
"""Longer lines are paragraphs: what they say of signing is about something else."""
_SIGNATURE_LINE, _NAME_AT, _MOST_OTHER_WORDS = 160, 3, 3
_FIRST_WORD = re.compile(r"\W*([A-Za-z-]+)")
_DICTATION_STAMP = re.compile(
    r"\W*(?:(?:dictated|transcribed|typed|dictating (?:provider|physician))\b[ a-z]{0,12}:|DD?:\s*\d|[A-Z]{2,3}/[a-z]{2,3}\b)",
    re.IGNORECASE,
)
_OPENS_SIGNATURE = frozenset("signed signature electronically electronic digitally authenticated e-signed esigned".split())
_OF_SIGNING = frozenset(
    "signed signature electronically digitally by on at and the as of date time am pm authenticated reviewed approved verified"
    " finalized completed closed locked attested cosigned filed dictated transcribed but not read pending awaiting".split()
)


@lru_cache(maxsize=8192)
def cue_of(text: str) -> tuple[Kind, int] | None:
    """The kind of signature a line speaks of and where its words end; None where it speaks of none."""
    if len(text) > _SIGNATURE_LENGTH:
        return None
    patterns, kinds = _cues()
    for number, match in patterns.first_matches(text):
        kind, before = kinds[number], text[: match.start()]
        if kind == "pending" and _OTHER_PAPER.search(text) and not _OWN_STATUS.match(text):
            continue
        left_empty = kind == "electronic" and _BLANK_AFTER.match(text, match.end()) and not find_people(before)
        return "blank" if left_empty and not DATE.search(before) else kind, match.end()
    return None


def is_authentication(text: str) -> bool:
    """Whether a line only says who signed and when: it begins with the words of a signature, or with the signer's name."""
    if _DICTATION_STAMP.match(text) and DATE.search(text):
        return len(small_words(text) - _OF_SIGNING) <= _MOST_OTHER_WORDS
    cue = cue_of(text) if len(text) <= _SIGNATURE_LINE else None
    if cue is None or len(small_words(text) - _OF_SIGNING) > _MOST_OTHER_WORDS:
        return False
    first = _FIRST_WORD.match(text)
    if first is None or first[1].lower() in _OPENS_SIGNATURE:
        return True
    people = find_people(text)
    return bool(people) and people[0].start <= _NAME_AT


def read_signature(lines: Sequence[Line], hits: Sequence[DateHit], offset: int) -> Signature:
    """The signature of a record's lines. ``hits`` are dates with line indexes counted from ``offset`` before the
    first."""
    dated = {h.line - offset for h in hits}
    cues = [(n, *cue) for n, line in enumerate(lines) if (cue := cue_of(line.text)) is not None]
    cues = [_filled_below(cue, lines) for cue in cues]
    if not any(kind in {"pending", "blank", "dictated", "stamp"} for _, kind, _ in cues):
        cues += [(n, "handwritten", 0) for n in _typed_and_dated(lines, dated) if all(n != c[0] for c in cues)]
    signers: list[Person] = []
    names: list[str] = []
    for n, kind, end in cues:
        if kind in SIGNED_KINDS:
            signers += _signers(lines, n, end)
            if not signers and kind == "electronic":
                names += _bare_names(lines[n].text[end:])
    author = _author(lines)
    kinds = [kind for _, kind, _ in cues]
    inked = "electronic" not in kinds and any(line.scanned for line in lines)
    provider = _pick(signers, author, inked=inked)
    name = names[0] if names and not any(line.scanned for line in lines) else None
    return Signature(_is_signed(kinds, signers, lines), _main_kind(kinds), provider, name)


def _is_signed(kinds: Sequence[Kind], signers: Sequence[Person], lines: Sequence[Line]) -> bool | None:
    if "dictated" in kinds:
        return False
    if "stamp" in kinds and "electronic" not in kinds:
        return False
    if any(kind in SIGNED_KINDS for kind in kinds):
        text = "\n".join(line.text for line in lines)
        if "pending" in kinds and not signers:
            return False
        if _COSIGN_PENDING.search(text) and _TRAINEE.search(text):
            return False
        return not (_TRAINEE.search(" ".join(p.name for p in signers)) and not _ATTENDING.search(text))
    return False if "pending" in kinds or "blank" in kinds else None


def _main_kind(kinds: Sequence[Kind]) -> Kind | None:
    order: tuple[Kind, ...] = ("dictated", "electronic", "stamp", "handwritten", "pending", "blank")
    return next((kind for kind in order if kind in kinds), None)


def _filled_below(cue: tuple[int, Kind, int], lines: Sequence[Line]) -> tuple[int, Kind, int]:
    """ "Electronically signed by:" with the name on the next line is no empty signature line."""
    n, kind, end = cue
    if kind == "blank" and n + 1 < len(lines) and _NAMED_BELOW.search(lines[n].text):
        below = lines[n + 1].text
        if find_people(below) and (cue_of(below) is None or DATE.search(below)) and len(below) < 90:
            return n, "electronic", end
    return cue


def _typed_and_dated(lines: Sequence[Line], dated: set[int]) -> list[int]:
    """Lines near the end that hold a name with credentials and a date: how initialled and exported notes end."""
    found = []
    for n in range(max(0, len(lines) - 14), len(lines)):
        line = lines[n]
        if n not in dated or line.running or len(line.text) > 110 or n < 3:
            continue
        people = find_people(line.text)
        if people and len(line.text[: people[0].start].strip(" -_|")) <= 3:
            found.append(n)
    return found


def _signers(lines: Sequence[Line], n: int, end: int) -> list[Person]:
    """The people a signature names: behind its words, before them, or on the lines around."""
    people = [p for p in find_people(lines[n].text) if not _COPIED.search(lines[n].text[: p.start])]
    behind = [p for p in people if p.start >= end - 2]
    if behind:
        return behind[:1]
    if people:
        return [people[-1]]
    for near in (n - 1, n + 1, n - 2, n + 2, n - 3):
        if 0 <= near < len(lines) and len(lines[near].text) < 100:
            around = [p for p in find_people(lines[near].text) if not _NOT_AUTHOR.search(lines[near].text[: p.start])]
            if around:
                return around[:1]
    return []


def _bare_names(text: str) -> list[str]:
    match = re.match(r"\s*(?:by)?\s*:?\s*((?:Dr\.?\s+)?[A-Z][A-Za-z'’.\-]*(?:,?\s+[A-Z][A-Za-z'’.\-]*){1,3})", text)
    # What follows a comma in capitals may be a credential that no rule knows: then nothing is missing for certain.
    return [match.group(1)] if match and not _UNKNOWN_CREDENTIAL.search(match.group(1)) else []


def _author(lines: Sequence[Line]) -> Person | None:
    """Whom the record's header or its last lines name as its author."""
    for line in lines[:30]:
        for person in find_people(line.text):
            before = line.text[: person.start]
            if _AUTHOR_LABEL.search(before) and not _REFERRED_TO.search(before):
                return person
    for line in reversed(lines[-12:]):
        people = [person for person in find_people(line.text) if not _is_prose(line.text, person)]
        if people and people[0].start <= 3 and not _NOT_AUTHOR.search(line.text[: people[0].start]) and not line.running:
            return people[0]
    for line in lines[:8]:
        for person in find_people(line.text):
            if not _NOT_AUTHOR.search(line.text[: person.start]) and not _is_prose(line.text, person):
                return person
    return None


def _is_prose(text: str, person: Person) -> bool:
    """Whether what looks like a name with a credential goes on as a sentence ("Hb SS VOC, PCA dilaudid", "Cor CTA, CAC 220")
    or stands in a list ("EF 25, Entresto, Coreg, CRT, NYHA II"). A credential that CMS accepts is none of these short forms."""
    listed = text[: person.start].rstrip().endswith(",")
    return person.accepted != "yes" and (listed or not _BEHIND_A_NAME.match(text, person.end))


def _pick(signers: Sequence[Person], author: Person | None, *, inked: bool) -> Person | None:
    """The provider whose record it is: the author if he or she signed, else a signer that can carry it."""
    if not signers:
        return author
    if author is not None:
        for signer in signers:
            if same_person(signer.name, author.name):
                return author if len(author.name) > len(signer.name) else signer
        if inked and author.accepted == signers[0].accepted:
            # A handwritten signature is read badly; the header is print.
            return author
    return next((p for p in signers if p.accepted == "yes"), signers[0])
