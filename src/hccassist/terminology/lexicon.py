"""The knowledge files compiled for matching: terms, attributes, evidence words, ConText rules, sections.

Compiling takes seconds: ``terminology.compiled`` keeps what comes out and loads it. Everything is immutable afterwards.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

from hccassist.schema import Element
from hccassist.terminology.codes import Codes, chapter_of
from hccassist.terminology.phrases import Phrases
from hccassist.terminology.rows import (
    KIND_ELEMENT,
    Condition,
    ContextRow,
    Course,
    Knowledge,
    SuspectRow,
)
from hccassist.terminology.words import Normalizer, each_term, expand_braces

_MOST_CACHED = 100_000
_JOINS = frozenset("from with in on".split())
_JOINS_OF_TWO = frozenset({("due", "to"), ("secondary", "to"), ("related", "to"), ("caused", "by")})
_NOT_THE_PATIENTS = "OPTYZ"
"""First letters of codes of pregnancy, birth, poisoning, external cause and circumstance."""

_CASED_LETTERS = 3
_VALUE = re.compile(r"(?P<words>.*?)\s*(?P<compare>>=|<=|>|<)\s*(?P<limit>-?\d+(?:\.\d+)?)(?P<twice>\s+twice)?")
_TITLE_TAIL = re.compile(r",? (?:unspecified|NOS|not otherwise specified)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """One wording of a condition. ``code`` only for ICD-10-CM's own titles, which name it exactly; ``also``: the other
    conditions that the same words name, with their attributes."""

    condition: str
    attributes: tuple[str, ...]
    written: str
    code: str | None = None
    cased: bool = False
    ambiguous: bool = False
    weak: bool = False
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeWord:
    """Words that give an attribute a value for some conditions; ``everywhere``: from anywhere in the encounter."""

    name: str
    value: str
    conditions: frozenset[str]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class EvidenceWord:
    """A drug, lab, finding...: the conditions it speaks for, its kind and MEAT letters. A generic word ("stable") names no
    condition and speaks for whichever it is said of. ``main``: those of its conditions that it speaks for first of all, which
    are of the ICD-10-CM chapter that most of its rows are of, the first in the book where several are: a TSH is of the thyroid
    before it is of a depression."""

    kind: str
    elements: tuple[Element, ...]
    conditions: frozenset[str]
    cased: bool
    written: str
    main: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of an ambiguous word; ``condition`` is blank for a meaning that is no condition."""

    name: str
    condition: str
    cues: Phrases[str]


@dataclass(frozen=True, slots=True)
class Clue:
    """One of a suspect rule's clues: words, with a value behind them when ``compare`` is not blank; ``times``: how many
    different values must be so (a kidney function that is low once may be a bad day)."""

    rule: int
    number: int
    compare: str
    limit: float
    written: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class SuspectRule:
    """All its clues (their number) present and no code that starts with ``unless`` named: the ``question`` is worth asking."""

    condition: str
    clues: int
    unless: tuple[str, ...]
    question: str


@dataclass(frozen=True, slots=True)
class HighRisk:
    """A group of codes that audits find unsupported most, and the proof that auditors ask for."""

    group: str
    codes: tuple[str, ...]
    proof: str


@dataclass(frozen=True, slots=True)
class Support:
    """What a record may say of how a condition is monitored, evaluated and treated, each as a few plain words."""

    monitor: str
    evaluate: str
    treat: str


@dataclass(frozen=True, slots=True)
class Partner:
    """A condition that must be active too: one of these ids, or one whose code starts with one of these prefixes."""

    ids: frozenset[str]
    codes: tuple[str, ...]

    def accepts(self, condition: str, code: str) -> bool:
        return condition in self.ids or (bool(self.codes) and code.startswith(self.codes))


@dataclass(frozen=True, slots=True)
class Combination:
    """With all ``partners`` also active, the code; ``replaces``: code prefixes of the first that it stands instead of;
    ``unless``: lower-case words that say they are unrelated; ``past``: a partner may be over."""

    partners: tuple[Partner, ...]
    code: str
    replaces: tuple[str, ...]
    unless: tuple[str, ...]
    past: bool = False


class Sites:
    """The parts of the body that words speak of ("lumbar" and "spinal": the back). ``stems``: the beginnings of such words, and
    the part of each."""

    def __init__(self, stems: Mapping[str, str]) -> None:
        self.stems = stems
        self._shortest = min(map(len, stems), default=1)
        self._openings = {stem[: self._shortest] for stem in stems}
        self._of_word = lru_cache(_MOST_CACHED)(self._look_at)

    def of(self, words: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*filter(None, map(self._of_word, words)))

    def _look_at(self, word: str) -> frozenset[str]:
        if word[: self._shortest] not in self._openings:
            return frozenset()
        starts = (word[:size] for size in range(self._shortest, len(word) + 1))
        return frozenset(self.stems[stem] for stem in starts if stem in self.stems)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that screening looks up. Tries map normalized words to what they mean. ``version`` names the knowledge
    and the rules it was compiled by; blank where it was compiled by hand."""

    version: str
    codes: Codes
    normalizer: Normalizer
    conditions: dict[str, Condition]
    terms: Phrases[Term]
    attributes: Phrases[AttributeWord]
    note_attributes: Phrases[AttributeWord]
    evidence: Phrases[EvidenceWord]
    context: Phrases[ContextRow]
    readings: Mapping[str, tuple[Reading, ...]]
    sections: dict[str, str]
    sites: Sites
    combinations: dict[str, tuple[Combination, ...]]
    attribute_names: dict[str, frozenset[str]]
    implied: dict[str, tuple[str, ...]]
    high_risk: tuple[HighRisk, ...]
    support: dict[str, Support]
    suspects: tuple[SuspectRule, ...]
    clues: Phrases[Clue]

    def high_risk_of(self, code: str) -> HighRisk | None:
        """The HHS-OIG high-risk group of a code, if any."""
        return next((group for group in self.high_risk if code.startswith(group.codes)), None)

    def support_of(self, code: str) -> Support:
        """What may support a code: the row of its longest prefix, else what stands for all."""
        return next(self.support[code[:size]] for size in range(len(code), -1, -1) if code[:size] in self.support)


def _elements(letters: str) -> tuple[Element, ...]:
    return tuple(letter for letter in get_args(Element) if letter in letters)


def _is_cased(written: str, flagged: bool = False) -> bool:
    """Short all-capital words match only as written: RA is not "ra", but DM2 may be "dm2"."""
    return flagged or (len(written) <= _CASED_LETTERS and written.isalpha() and written.isupper())


def _condition_of(
    code: str, by_code: dict[str, str], by_category: dict[str, str], titles: Codes, new: dict[str, Condition]
) -> str:
    """The condition a code belongs to; a code that no file names gets a condition of its own three-character category."""
    if code in by_code:
        return by_code[code]
    stem = code[:3]
    if stem in by_category:
        return by_category[stem]
    name = f"icd_{stem.lower()}"
    if name not in new:
        course: Course = (
            "cancer" if stem[0] == "C" else "acute" if stem[0] in "ST" else "status" if stem[0] == "Z" else "lifelong"
        )
        new[name] = Condition(name, titles.headings.get(stem) or titles.title(code), course, ((frozenset(), code),), "icd10")
    return name


def _title_terms(codes: Codes, wanted: Iterable[str]) -> Iterable[tuple[str, str]]:
    for code in wanted:
        for title in (codes.titles.get(code, ""), *codes.inclusion.get(code, ())):
            if not title or title.lower().startswith("other "):
                continue
            yield title, code
            short = _TITLE_TAIL.sub("", title)
            if short != title and len(short.split()) > 1:
                yield short, code


def compile_lexicon(knowledge: Knowledge, codes: Codes, normalizer: Normalizer, version: str = "") -> Lexicon:
    """Knowledge and codes, ready for matching."""
    conditions = dict(knowledge.conditions)
    terms = _terms(knowledge, conditions, codes, normalizer)
    names = {c.id: frozenset(p.split("=", 1)[0] for need, _ in c.codes for p in need) for c in conditions.values()}
    suspects, clues = _suspects(knowledge.suspects, normalizer)
    return Lexicon(
        version=version,
        codes=codes,
        normalizer=normalizer,
        conditions=conditions,
        terms=terms,
        attributes=_attributes(knowledge, names, normalizer, "near"),
        note_attributes=_attributes(knowledge, names, normalizer, "note"),
        evidence=_evidence(knowledge, normalizer),
        context=_context(knowledge, normalizer),
        readings=_readings(knowledge, normalizer),
        sections={row.heading.lower(): row.section for row in knowledge.sections},
        sites=Sites({stem: row.site for row in knowledge.sites for stem in row.stems.split("|")}),
        combinations=_combinations(knowledge),
        attribute_names=names,
        implied=_implied(knowledge),
        high_risk=tuple(HighRisk(row.group, row.codes, row.proof) for row in knowledge.high_risk),
        support={c: Support(r.monitor, r.evaluate, r.treat) for r in knowledge.support for c in r.codes or ("",)},
        suspects=suspects,
        clues=clues,
    )


def _terms(knowledge: Knowledge, conditions: dict[str, Condition], codes: Codes, normalizer: Normalizer) -> Phrases[Term]:
    """Our wordings first, then the code set's own titles; conditions that only titles name are added to ``conditions``."""
    terms: Phrases[Term] = Phrases(skip_fillers=True)
    found: list[tuple[tuple[str, ...], Term]] = []
    taken: set[tuple[str, ...]] = set()
    said: set[tuple[object, ...]] = set()
    for row in knowledge.terms:
        ambiguous, weak = "ambiguous" in row.flags, "weak" in row.flags
        also = tuple((name, tuple(pairs)) for name, *pairs in (a.split() for a in row.also) if name in conditions)
        for written in each_term(row.terms) if row.condition in conditions else ():
            cased = _is_cased(written, "cased" in row.flags)
            words = normalizer.words(written)
            # Wordings that are the same words ("due to", "d/t") stand once; spelling counts only where case does.
            once = (words, row.condition, row.attributes, ambiguous, weak, also, written if cased else "," in written)
            if words and once not in said:
                said.add(once)
                taken.add(words)
                found.append((words, Term(row.condition, row.attributes, written, None, cased, ambiguous, weak, also)))
    lasting = {words: term for words, term in found if not term.ambiguous and _lasts(conditions[term.condition])}
    for words, term in found:
        cause = None if term.also else _named_behind(words, conditions[term.condition], lasting)
        terms.add(words, replace(term, also=((cause.condition, cause.attributes),)) if cause else term)
    _add_titles(terms, taken, conditions, codes, normalizer)
    return terms


def _lasts(condition: Condition) -> bool:
    return condition.course in ("lifelong", "cancer")


def _named_behind(words: tuple[str, ...], condition: Condition, lasting: Mapping[tuple[str, ...], Term]) -> Term | None:
    """The lasting disease that the last words of a wording name as the cause or the ground of its condition ("anemia in ESRD",
    "immunosuppressed due to CLL"): the longest match would hide it. Of a state, a contact or a birth it is not the patient's
    now ("lost a leg to sarcoma", "partner with HIV")."""
    if condition.course == "status" or condition.default_code[0] in _NOT_THE_PATIENTS:
        return None
    for i in range(2, len(words)):
        joined = words[i - 1] in _JOINS or words[i - 2 : i] in _JOINS_OF_TWO
        behind = lasting.get(words[i:]) if joined else None
        if behind and behind.condition != condition.id:
            return behind
    return None


def _attributes(
    knowledge: Knowledge, names: Mapping[str, frozenset[str]], normalizer: Normalizer, reach: str
) -> Phrases[AttributeWord]:
    found: Phrases[AttributeWord] = Phrases()
    for row in (r for r in knowledge.attributes if r.reach == reach):
        matching = {c for pattern in row.condition for c in knowledge.matching(pattern)}
        scope = frozenset(c for c in matching if row.attribute in names[c])
        word = AttributeWord(row.attribute, row.value, scope, row.reach == "note")
        for written in each_term(row.words) if scope else ():
            if words := normalizer.words(written):
                found.add(words, word)
    return found


def _evidence(knowledge: Knowledge, normalizer: Normalizer) -> Phrases[EvidenceWord]:
    found: Phrases[EvidenceWord] = Phrases()
    rows = [
        (words, written, row, frozenset(c for pattern in row.conditions for c in knowledge.matching(pattern)))
        for row in knowledge.evidence
        for written in each_term(row.words)
        if (words := normalizer.words(written))
    ]
    chapters = {c: chapter_of(condition.default_code) for c, condition in knowledge.conditions.items()}
    spoken: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for words, _, _, scope in rows:
        spoken[words].update(chapters[c] for c in scope)
    most = {words: min(counted, key=lambda c: (-counted[c], c)) for words, counted in spoken.items() if counted}
    for words, written, row, scope in rows:
        main = frozenset(c for c in scope if chapters[c] == most[words])
        elements = _elements(row.elements or KIND_ELEMENT[row.kind])
        found.add(words, EvidenceWord(row.kind, elements, scope, _is_cased(written), written, main))
    for generic in knowledge.generic:
        for written in each_term(generic.words):
            if words := normalizer.words(written):
                elements = _elements(generic.elements)
                found.add(words, EvidenceWord(generic.kind, elements, frozenset(), _is_cased(written), written))
    return found


def _context(knowledge: Knowledge, normalizer: Normalizer) -> Phrases[ContextRow]:
    found: Phrases[ContextRow] = Phrases()
    for rule in knowledge.context:
        for phrase in expand_braces(rule.phrase):
            if words := tuple(normalizer.tokens(phrase).norms):
                found.add(words, rule if phrase == rule.phrase else rule.model_copy(update={"phrase": phrase}))
    return found


def _readings(knowledge: Knowledge, normalizer: Normalizer) -> dict[str, tuple[Reading, ...]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for row in knowledge.ambiguous:
        cues: Phrases[str] = Phrases()
        for cue in each_term(row.cues):
            if words := normalizer.words(cue):
                cues.add(words, "")
        for word in each_term(row.word):
            found[" ".join(normalizer.words(word))].append(Reading(row.reading, row.condition, cues))
    return {word: tuple(readings) for word, readings in found.items()}


def _combinations(knowledge: Knowledge) -> dict[str, tuple[Combination, ...]]:
    """The rules by their first condition, in the order of the files."""
    found: dict[str, list[Combination]] = defaultdict(list)
    for row in knowledge.combinations:
        unless = tuple(words for w in row.unless.lower().split("|") if (words := w.strip()))
        partners = tuple(_partner(part.split("|"), knowledge) for part in row.second.split("+"))
        rule = Combination(partners, row.code, row.replaces, unless, row.past == "yes")
        for first in knowledge.matching(row.first):
            found[first].append(rule)
    return {first: tuple(rules) for first, rules in found.items()}


def _partner(alternatives: Sequence[str], knowledge: Knowledge) -> Partner:
    ids = frozenset(c for a in alternatives if not a[0].isupper() for c in knowledge.matching(a))
    return Partner(ids, tuple(a for a in alternatives if a[0].isupper()))


def _implied(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    implied: dict[str, list[str]] = defaultdict(list)
    for row in knowledge.implications:
        for specific in knowledge.matching(row.specific):
            implied[specific].extend(g for pattern in row.general for g in knowledge.matching(pattern) if g != specific)
    return {specific: tuple(dict.fromkeys(general)) for specific, general in implied.items()}


def _suspects(rows: Sequence[SuspectRow], normalizer: Normalizer) -> tuple[tuple[SuspectRule, ...], Phrases[Clue]]:
    """The rules, and one trie of all their clues."""
    rules: list[SuspectRule] = []
    clues: Phrases[Clue] = Phrases()
    for row in rows:
        parts = row.clues.split(" & ")
        for number, written in enumerate(parts):
            match = _VALUE.fullmatch(written.strip())
            compare, limit = (match["compare"], float(match["limit"])) if match else ("", 0.0)
            for word in each_term(match["words"] if match else written):
                shown = f"{word} {compare} {limit:g}" if match else word
                times = 2 if match and match["twice"] else 1
                clues.add(normalizer.words(word), Clue(len(rules), number, compare, limit, shown, times))
        rules.append(SuspectRule(row.condition, len(parts), row.unless, row.question))
    return tuple(rules), clues


def _add_titles(
    terms: Phrases[Term],
    taken: set[tuple[str, ...]],
    conditions: dict[str, Condition],
    codes: Codes,
    normalizer: Normalizer,
) -> None:
    """ICD-10-CM's own titles and inclusion terms, for every code that pays in a model or that a condition file names."""
    by_code: dict[str, str] = {}
    categories: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for condition in conditions.values():
        for _, code in condition.codes:
            by_code.setdefault(code, condition.id)
            categories[code[:3]][condition.id] += 1
    by_category = {stem: max(found, key=lambda c: (found[c], c)) for stem, found in categories.items() if len(found) == 1}
    paying = {c for model in ("V28", "V24") for table in codes.hcc.get(model, {}).values() for c in table if c in codes.titles}
    new: dict[str, Condition] = {}
    for title, code in _title_terms(codes, sorted(paying | set(by_code))):
        words = normalizer.words(title)
        if not words or words in taken:
            continue
        taken.add(words)
        owner = _condition_of(code, by_code, by_category, codes, new)
        terms.add(words, Term(owner, (), title, code, _is_cased(title)))
    conditions.update(new)
