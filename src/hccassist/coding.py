"""From what an encounter says of a condition to the most specific ICD-10-CM code its words support, and never further."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hccassist.terminology.groups import pattern_group
from hccassist.terminology.lexicon import Lexicon, Partner
from hccassist.terminology.rows import Condition

_PLACES = ("site", "deficit")
_OF_A_SIDE = ("type", "stage", "level", "activity")
"""What may be one thing on the left and another on the right."""
_WORST_FIRST = {"acuity": ("acute_on_chronic", "acute", "chronic"), "severity": ("severe", "moderate", "mild")}

_LEFT_OPEN = "unspecified"
OF_ONE_KIND = len("E10.2")
"""As much of a code as complications of one organ share."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A code, other codes that the wording leaves open, and the rule that chose it. ``specific``: the wording says more
    than the condition's name (type, stage, acuity, a title of the code set)."""

    code: str
    alternatives: tuple[str, ...]
    rule: str
    specific: bool = False


def _pairs(attributes: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pair in attributes:
        name, value = pair.split("=", 1)
        found.setdefault(name, set()).add(value)
    return found


def _merge(attributes: Iterable[str]) -> frozenset[str]:
    """One value per attribute: both sides become bilateral, of several acuities or severities the worst counts; what one
    mention leaves open ("sleep apnea") another may tell ("OSA")."""
    merged = []
    for name, said in _pairs(attributes).items():
        # "Severe" of one mention and "severe persistent" of another: the fuller words say both.
        values = {v for v in said if not any(o.startswith(f"{v}_") for o in said)}
        values = values - {_LEFT_OPEN} or values
        if name == "laterality" and len(values) > 1:
            merged.append("laterality=bilateral")
        elif name in _WORST_FIRST and len(values) > 1:
            merged.append(f"{name}={next((v for v in _WORST_FIRST[name] if v in values), sorted(values)[0])}")
        elif len(values) == 1:
            merged.append(f"{name}={next(iter(values))}")
        else:
            merged.extend(f"{name}={v}" for v in sorted(values))
    return frozenset(merged)


_SPEAKING = frozenset(
    "acuity behavior deficit depth episode kind laterality level limb organism pole product region segment severity site state"
    " status type vessel".split()
)
"""Attributes whose values are told without their name: "chronic", "left foot", "polyneuropathy"; but "stage 3b"."""
_TOLD_AS = {
    "remit": "remission", "psychotic": "psychotic features", "hf": "heart failure", "loc": "loss of consciousness",
    "luts": "urinary symptoms", "pmr": "polymyalgia rheumatica", "tbsa": "percent of the body", "third": "percent third degree",
    "dmtype": "diabetes type", "ckd5": "stage 5 kidney disease",
}  # fmt: skip
"""Attributes that are told in other words than their own."""


def _says(attributes: Iterable[str], code: str, condition: Condition) -> str:
    """Why a code and not the condition's unspecified one, as a coder reads it: what the chart says beyond the name."""
    said = []
    for name, value in sorted(pair.replace("_", " ").split("=", 1) for pair in attributes):
        told_as = _TOLD_AS.get(name, name)
        speaks = name in _SPEAKING and value.replace(" ", "").isalpha()
        said.append({"yes": told_as, "no": f"no {told_as}"}.get(value, value if speaks else f"{told_as} {value}"))
    instead = f", so {code} and not {condition.default_code}" if code != condition.default_code else ""
    return f"the chart says: {', '.join(said)}{instead}"


def code_condition(condition: Condition, attributes: Sequence[str], exact: Sequence[str] = (), history: bool = False) -> Coded:
    """The code for a condition with the ``name=value`` attributes its mentions give.

    ``exact``: codes whose official title stands in the text; such a title is the wording, so its code wins, unless it is the
    unspecified one and more is said. ``history``: the condition is over; its history code where it has one.
    """
    given = _merge(attributes)
    if history:
        given |= {"status=history"}
    else:
        given -= {"status=history"}
    best: tuple[int, str] = (-1, condition.default_code)
    over = [row for row in condition.codes if history and "status=history" in row[0] and row[0] <= given]
    for need, code in over or condition.codes:
        if need <= given and len(need) > best[0]:
            best = (len(need), code)
    code, rule = best[1], "coded by its name: the chart says no more of it" if best[0] <= 0 else ""
    if best[0] > 0:
        need = next(n for n, c in condition.codes if c == code and n <= given and len(n) == best[0])
        rule = _says(need, code, condition)
    titled = [c for c in exact if c != condition.default_code] or (list(exact) if best[0] <= 0 else [])
    if titled and not history:
        code, rule = titled[0], "the title of this code is written in the chart"
    others = [c for need, c in condition.codes if c != code and len(need - given) == 1 and len(need) == max(best[0], 0) + 1]
    alternatives = tuple(dict.fromkeys([*(c for c in exact if c != code), *others]))[:6]
    return Coded(code, alternatives, rule, specific=code != condition.default_code)


def code_etiology(condition: Condition, attributes: Sequence[str], manifestation: str, lexicon: Lexicon) -> Coded | None:
    """The code of the disease itself where the wording's own code, ``manifestation``, is one that is reported behind it
    (ICD-10-CM's Code First notes, guideline I.A.13: moderate Alzheimer dementia is G30.9 and F02.B0); else None."""
    given = _merge(attributes)
    behind = [row for row in condition.codes if row[0] <= given and lexicon.codes.coded_after(manifestation, row[1])]
    if not behind:
        return None
    code = max(behind, key=lambda row: len(row[0]))[1]
    return Coded(code, (), f"the disease behind {manifestation}, coded first (guideline I.A.13)")


def codes_beside(condition: Condition, attributes: Sequence[str], code: str) -> list[Coded]:
    """The further codes that what is documented needs beside ``code``, the one code_condition chose."""
    given = _merge(attributes)
    found = [row for row in condition.also if row[0] <= given and (row[0], code) in condition.codes]
    return [Coded(also, (), f"reported beside {code} for what is documented", specific=True) for _, also in found]


def tellings(condition: Condition, attributes: Sequence[Sequence[str]]) -> list[list[int]]:
    """What mentions say of a condition that is in several places at once, for each the numbers of those that tell it: a knee
    and a hip, a heel and the sacrum, aphasia and dysphagia; a wet right eye and a dry left one. ``attributes``: those of each
    mention. Empty where one code says it all."""
    if len(set(map(frozenset, attributes))) < 2:
        return []
    known = {p.split("=", 1)[0] for need, _ in condition.codes for p in need}
    pairs = [dict(p.split("=", 1) for p in said) for said in attributes]
    place = next((n for n in _PLACES if n in known and len({d[n] for d in pairs if n in d}) > 1), "")
    if not place and "laterality" in known:
        sides = {d["laterality"] for d in pairs if "laterality" in d}
        differ = [n for n in _OF_A_SIDE if n in known and len({d[n] for d in pairs if n in d and "laterality" in d}) > 1]
        place = "laterality" if sides == {"left", "right"} and differ else ""
    places: dict[str, list[int]] = {}
    for number, d in enumerate(pairs):
        if place in d:
            places.setdefault(d[place], []).append(number)
    return list(places.values())


def code_manifestation(condition: Condition, attributes: Sequence[str], disease: Coded, lexicon: Lexicon) -> Coded:
    """``disease``, or the code that is reported behind it where the wording says as much of what it causes: late onset
    Alzheimer dementia, severe, is G30.1 and F02.C0 (``code_etiology`` adds the first again)."""
    given = _merge(attributes)
    found = [row for row in condition.codes if row[0] and row[0] <= given and lexicon.codes.coded_after(row[1], disease.code)]
    if not found:
        return disease
    need, code = max(found, key=lambda row: len(row[0]))
    rule = f"{_says(need, code, condition)}; {disease.code} is coded first (guideline I.A.13)"
    return Coded(code, disease.alternatives, rule, specific=True)


def valid_then(coded: Coded, day: date | None, lexicon: Lexicon) -> Coded:
    """The code as it stood on the date of service: a code newer than the service gives way to the heading it came from."""
    if day is None or lexicon.codes.valid_on(coded.code, day):
        return coded
    older = coded.code
    while len(older) > 3:
        older = older[:-1].rstrip(".")
        if lexicon.codes.valid_on(older, day):
            rule = f"{coded.rule}; {coded.code} was not valid on {day.isoformat()}"
            return Coded(older, coded.alternatives, rule, coded.specific)
    rule = f"{coded.rule}; not valid on {day.isoformat()}: check the code set of that date"
    return Coded(coded.code, coded.alternatives, rule, coded.specific)


@dataclass(frozen=True, slots=True)
class Combined:
    """A combination code that two active conditions make; ``replaces`` tells whether it stands instead of the first's own."""

    first: str
    second: str
    code: str
    replaces: bool


_NOT_SAID = re.compile(rf"\b(?:{pattern_group('not_said')})\b[^.;:\n]{{0,30}}\Z")
"""What stands before a cause that is denied, only asked for or a relative's."""
_BEFORE = 60


def _is_said(words: str, low: str) -> bool:
    """Whether a text in lower case says ``words``: "Not polycystic on ultrasound", "brother has polycystic kidneys" do not."""
    at = low.find(words)
    while at >= 0:
        if not _NOT_SAID.search(low, max(at - _BEFORE, 0), at):
            return True
        at = low.find(words, at + 1)
    return False


def combine(active: Mapping[str, str], lexicon: Lexicon, text: str, past: Mapping[str, str] | None = None) -> list[Combined]:
    """Combination codes that pairs of active conditions make: the "with" convention (ICD-10-CM guideline I.A.15) and
    hypertension's with heart and kidney disease (I.C.9.a).

    ``active`` maps condition id to its code, ``past`` those that are over; ``text`` is the encounter's. The first rule of a
    pair of conditions wins.
    """
    ever = {**(past or {}), **active}
    made: list[Combined] = []
    taken: set[tuple[str, str]] = set()
    low = ""
    for first, own in active.items():
        for rule in lexicon.combinations.get(first, ()):
            if rule.replaces and not own.startswith(rule.replaces):
                continue
            partners = [_partner(p, first, ever if rule.past else active) for p in rule.partners]
            if any(p is None or (first, p) in taken for p in partners):
                continue
            low = low or text.lower()
            if any(_is_said(words, low) for words in rule.unless):
                continue
            taken.update((first, p) for p in partners if p)
            second = str(partners[0])
            told = rule.replaces and _says_which(ever[second], rule.code, lexicon.conditions[second].default_code, lexicon)
            made.append(Combined(first, second, ever[second] if told else rule.code, bool(rule.replaces)))
    return [_as_specific(one, made, lexicon) for one in made]


def _says_which(said: str, code: str, default: str, lexicon: Lexicon) -> bool:
    """Whether the second condition's own code says which of the codes of a combination it is: "type 1 diabetes ... diabetic
    nephropathy" (E10.21, not E10.22), "moderate Alzheimer dementia ... his dementia" (F02.B0, not F02.80)."""
    if said == default:
        return False
    shown = said[:3] == code[:3] and "unspecified" in lexicon.codes.title(code) and lexicon.codes.coded_after(said, default)
    return said[:OF_ONE_KIND] == code[:OF_ONE_KIND] or shown


def _as_specific(one: Combined, made: Sequence[Combined], lexicon: Lexicon) -> Combined:
    """A combination with the code that the same two conditions make the other way round, where its own is the unspecified one:
    diabetic polyneuropathy (E11.42), not neuropathy unspecified (E11.40) beside it."""
    if "unspecified" not in lexicon.codes.title(one.code):
        return one
    other = next((m for m in made if (m.second, m.first) == (one.first, one.second) and m.code[:-1] == one.code[:-1]), one)
    return replace(one, code=other.code)


def _partner(partner: Partner, first: str, active: Mapping[str, str]) -> str | None:
    return next((c for c, code in active.items() if c != first and partner.accepts(c, code)), None)


def gives_way(first: str, second: str, lexicon: Lexicon) -> str:
    """Which of two codes an Excludes1 note holds back, or blank; of one category the unspecified one, whoever has the note;
    so does what is called an unspecified disease ("unspecified dementia") beside a disease that has a name."""
    one, other = lexicon.codes.excludes(first, second), lexicon.codes.excludes(second, first)
    if not one and not other:
        return ""
    vague = [c for c in (first, second) if "nspecified" in lexicon.codes.title(c)]
    if first[:3] == second[:3] and len(vague) == 1:
        return vague[0]
    unnamed = [c for c in (first, second) if lexicon.codes.title(c).startswith("Unspecified")]
    if len(unnamed) == 1:
        return unnamed[0]
    return second if other else first
