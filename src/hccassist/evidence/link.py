"""Whose evidence it is: which of the sentences that are tied to a condition (``evidence.ties``) prove MEAT for it.

Words that speak for other conditions present and not for this one are never its own. How strong a tie is,
``evidence.strength`` says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from hccassist.evidence.detect import SILENT_SECTIONS, Item, says_ended, says_stopped
from hccassist.evidence.facts import fact_of
from hccassist.evidence.strength import Clues, Strength, sentence_clues
from hccassist.evidence.ties import FOLLOWS, SHORT_NOTE, UNCLEAR, Scene, Tie, scene_of, ties_of
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.mentions import Located
from hccassist.nlp.sections import LISTS
from hccassist.patterns import Seldom
from hccassist.schema import Element, Evidence
from hccassist.terminology.groups import said, word_group
from hccassist.terminology.lexicon import Sites
from hccassist.terminology.rows import Course

_LONG = 220
"""Characters of a sentence of which only the clauses that hold the evidence are shown."""
_BARE, _NAME_ALONE = 2, 1
"""Words beside the names of several conditions, and beside the name of one, that say nothing more than these."""
_RESULTS = "results"
_OPENS = 3
_LISTS_NAMES = word_group("lists_names")
_MARKS = frozenset(".,;:()-/")
_TAKEN = word_group("taken")
_DRUG, _LAB, _DEVICE = "drug", "lab", "device"
_FEW_OR_MANY = (3, 6, 10, 16, 25, 40)
_NO_EVIDENCE = 0.05
_A_LIST, _COMMA = 3, ","
_OF_ALL = 0.35
"""What a sentence that lists so many conditions says besides must be as likely as this to be said of each of them."""
_KNOWN_SHARE = 0.5
_NO_KIND = "words"
_SAID_OF_A_DRUG = frozenset({"treatment", "evaluation"})
_TEMPLATES = frozenset({"ros", "exam", "vitals"})
_NOT_THERE = Seldom(said("finding_absent"))
_OF_A_RELATIVE = said("relative_has", before=r"(?:(?:his|her|their|the patient's|an?) )?", behind="")
"""What a relative has, or had, proves nothing of the patient's conditions that the sentence does not name."""
_CLAUSE = re.compile(r"[;,]\s+|\s+(?:but|and)\s+|\.\s+")


class Candidate(NamedTuple):
    """A sentence that may be evidence of a condition: what speaks for it, per letter the kind of words that would prove it,
    and the words to highlight."""

    condition: str
    kinds: Mapping[Element, str]
    start: int
    end: int
    clues: Clues
    why: str
    own: tuple[Item, ...]
    """The words of the sentence that by knowledge speak for the condition (its drug, its lab)."""
    lent: bool = False
    """They rather tell of another condition, or of a finding that is not there."""
    among: int = 1
    """How many active conditions the sentence names."""


def candidates(
    document: Document,
    located: Sequence[Located],
    items: Sequence[Item],
    conditions: Mapping[str, Course],
    sites: Sites,
) -> list[Candidate]:
    """Every sentence that may be evidence of one of the ``conditions`` (ids active in this encounter, with their course)."""
    active = frozenset(conditions)
    scene = scene_of(document, located, items, conditions)
    ties = ties_of(scene)
    tied = {number for condition in active for number in ties[condition]}
    sentences = ((n, document.sentences[n]) for n in tied)
    own = {n: sentence_clues(s, document.said(s)) for n, s in sentences}
    places = _Places(_last_named(scene), {n: sites.of(_unnamed_words(scene, n)) for n in tied})
    found: list[Candidate] = []
    named: dict[str, set[str]] = defaultdict(set)
    for m in located:
        named[m.mention.condition].update(document.tokens.norms[m.i : m.j])
    for condition in sorted(active):
        mine = sites.of((*named[condition], *condition.split("_")))
        found.extend(_candidates(scene, condition, conditions[condition], ties[condition], own, places, mine))
    return found


def link(
    document: Document,
    located: Sequence[Located],
    items: Sequence[Item],
    conditions: Mapping[str, Course],
    strength: Strength,
    sites: Sites,
) -> dict[str, tuple[Evidence, ...]]:
    """Evidence per condition id, strongest first. A sentence stands under its likeliest letter with its whole strength, and
    under each other letter it may well prove with that letter's share."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    for c in candidates(document, located, items, conditions, sites):
        found[c.condition].extend(_evidence(document, c, strength))
    return {condition: tuple(sorted(group, key=lambda e: (-e.strength, e.start))) for condition, group in found.items()}


def _evidence(document: Document, c: Candidate, strength: Strength) -> list[Evidence]:
    quoted, letters = strength.of(c.clues)
    if quoted < _NO_EVIDENCE:
        return []
    best = max(letters, key=letters.__getitem__)
    known = {e for i in c.own for e in i.elements}
    shares = {e: 1.0 if e == best else max(p, _KNOWN_SHARE) if e in known else p for e, p in letters.items()}
    facts = {i.i: f"{_written(document, i)} {fact}" for i in c.own if (fact := fact_of(document, i))}
    said = tuple(facts.values())
    listed = c.among >= _A_LIST and not c.own
    return [
        Evidence(
            e, c.kinds.get(e, _NO_KIND), c.start, c.end, value, c.why, said, bool(c.own), c.lent or (listed and value < _OF_ALL)
        )
        for e, share in shares.items()
        if (value := round(quoted * share, 2)) >= _NO_EVIDENCE
    ]


def is_borrowed(e: Evidence) -> bool:
    """Whether nothing but its place, or knowledge that fits another condition of the record as well, ties a piece of evidence
    to its condition; a drug that stands beside it and is not known for it is such a one."""
    return e.lent or e.why == FOLLOWS or e.why.endswith(UNCLEAR) or (e.kind == _DRUG and not e.own)


def _written(document: Document, item: Item) -> str:
    return document.written(item.i, item.j)


@dataclass(frozen=True, slots=True)
class _Places:
    """Per sentence the conditions that its paragraph named last, up to and with it, and the parts of the body it speaks of."""

    last_named: Mapping[int, frozenset[str]]
    sites: Mapping[int, frozenset[str]]

    def clues(self, number: int, condition: str, mine: frozenset[str], section: str, tie: str) -> list[str]:
        """Whether a sentence speaks of the condition's part of the body, and whether the condition was the last one named."""
        found = []
        if here := self.sites[number]:
            site = "its site" if here & mine else "another site"
            found += [site, f"{site} & {tie}", f"{site} & {section}"]
        if last := self.last_named.get(number):
            named = "last named it" if condition in last else "last named another"
            found += [named, f"{named} & {tie}"]
        return found


def _last_named(scene: Scene) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    paragraph, last = -1, frozenset[str]()
    for number, sentence in enumerate(scene.document.sentences):
        if sentence.paragraph != paragraph:
            paragraph, last = sentence.paragraph, frozenset()
        last = scene.named(number) or last
        if last:
            found[number] = last
    return found


def _unnamed_words(scene: Scene, number: int) -> list[str]:
    """The words of a sentence outside the names of its conditions."""
    sentence, norms = scene.document.sentences[number], scene.document.tokens.norms
    named = {k for m in scene.by_sentence.get(number, ()) for k in range(m.i, m.j)}
    return [norms[k] for k in range(sentence.i, sentence.j) if k not in named]


def _candidates(
    scene: Scene,
    condition: str,
    course: Course,
    ties: Mapping[int, Tie],
    own: Mapping[int, tuple[str, ...]],
    whereabouts: _Places,
    mine_sites: frozenset[str],
) -> list[Candidate]:
    found: list[Candidate] = []
    document = scene.document
    whole = _Whole.of(scene, condition, len(ties))
    places, kinds_said = _said_where(scene, condition, ties, own)
    for number, tie in sorted(ties.items()):
        sentence = document.sentences[number]
        said_there = _words_for(scene, number, condition)
        if said_there is None:
            continue
        items, rivals = said_there
        section, first = own[number][0], tie.clues[0]
        mine = tuple([i for i in items if condition in i.word.conditions])
        clues = [
            *_said_again(mine, section, places, kinds_said),
            *_beside_others(scene, number, condition, tie, rivals),
            *_labelled(scene.labels.get(number), items),
            *whereabouts.clues(number, condition, mine_sites, section, first),
        ]
        start, end = _extent(document, sentence, items)
        around = (whole.clues(section, first), _claimed(scene, number, condition, mine, first), tuple(clues))
        spoken = Clues.of(own[number], tie.clues, around, items, condition, course)
        lent = _is_lent(scene, number, condition, tie, mine)
        among = len(scene.named(number))
        found.append(Candidate(condition, _kinds(items, condition), start, end, spoken, tie.why, mine, lent, among))
    return found


def _words_for(scene: Scene, number: int, condition: str) -> tuple[list[Item], bool] | None:
    """The evidence words of a sentence that may be said of a condition, and whether it has others that speak for other
    conditions; None where the sentence proves nothing of it."""
    document, sentence = scene.document, scene.document.sentences[number]
    if sentence.section in SILENT_SECTIONS or document.text[sentence.end - 1] == ":":
        return None
    here = scene.by_sentence.get(number, ())
    named = [m for m in here if m.mention.condition == condition]
    if not here and _OF_A_RELATIVE.match(document.text, sentence.start, sentence.end):
        return None
    if named and all(m.mention.status == "family" for m in named):
        return None
    there = _beside_the_names(document, scene.items_of.get(number, []), here, condition)
    # "Osteoporosis, Prolia", "COPD stable.": of so few words only one that speaks for the condition or judges it says
    # more than its name. Where a test's result names it, the name is the finding.
    more = (named and sentence.section == _RESULTS) or _says_more(document, sentence, named, scene.all_named.get(number, ()))
    if not more and not any(_speaks_of(condition, i) and not _is_of_a_name(i, here, condition) for i in there):
        return None
    items = [i for i in there if condition in i.word.conditions or i.word.conditions.isdisjoint(scene.active)]
    if named and sentence.section in LISTS and len(scene.all_named.get(number, ())) >= _A_LIST:
        items = _of_its_entry(document, items, named, condition)
        if not items:
            return None
    return None if _only_stops(items, document.said(sentence), condition) else (items, len(items) < len(there))


def _of_its_entry(document: Document, items: Sequence[Item], named: Sequence[Located], condition: str) -> list[Item]:
    """The evidence words of a list's line that may be a condition's: those for it, and what stands between the commas around
    its name. "Opioid dependence on chronic therapy, gout, hypothyroidism" treats one of the three."""
    norms = document.tokens.norms

    def is_beside(item: Item, m: Located) -> bool:
        return _COMMA not in norms[min(item.j, m.j) : max(item.i, m.i)]

    return [i for i in items if condition in i.word.conditions or any(is_beside(i, m) for m in named)]


def _beside_others(scene: Scene, number: int, condition: str, tie: Tie, rivals: bool) -> list[str]:
    """The clues that a sentence is about other conditions; ``rivals``: it has words that speak for them alone."""
    clues = ["speaks for others"] if rivals else []
    if scene.of_another(number, condition):
        clues.append("under another problem")
    if "tie same" not in tie.clues and scene.named(number):
        clues.append("names others")
        if min(m.i for m in scene.by_sentence[number]) - scene.document.sentences[number].i <= _OPENS:
            clues.append("opens with another")
    return clues


def _claimed(scene: Scene, number: int, condition: str, mine: Sequence[Item], tie: str) -> tuple[str, ...]:
    """The clues that other conditions of the record claim a sentence's words (``mine``) too: whether more of its words speak
    for one of them than for this one, and for whom they speak first of all."""
    if not mine:
        return ()
    words = scene.claims[number]
    others = [len(claimed) for other, claimed in words.items() if other != condition]
    more = len(words[condition]) - max(others, default=0)
    claim = "claims alone" if not others else "claims more" if more > 0 else "claims fewer" if more else "claims as many"
    main = frozenset().union(*[i.word.main for i in mine])
    first = "first its" if condition in main else "first of others"
    rival = "of another too" if any(other != condition and other in main for other in words) else ""
    first_beside = f"{first} {rival or ('alone' if not others else 'of no other')}"
    return (claim, first, first_beside, *[f"{clue} & {tie}" for clue in (claim, first, first_beside)])


def _labelled(label: str | None, items: Sequence[Item]) -> list[str]:
    """The clues of the label of a sentence's line ("Medical Treatment: ...")."""
    return [f"label {label}", *{f"label {label} & {i.word.kind}" for i in items}] if label else []


class _Whole(NamedTuple):
    """What a record says of all sentences that may be evidence of a condition: how many conditions it has, among how many
    sentences each stands, whether the condition has a problem of its own in the plan, and whether the record is short."""

    many: str
    among: str
    has_block: bool
    short: bool

    @classmethod
    def of(cls, scene: Scene, condition: str, sentences: int) -> _Whole:
        """``sentences``: how many are tied to the condition."""
        told = scene.document.sentences
        return cls(
            f"{min(len(scene.active), 5)} conditions",
            f"among {next((size for size in _FEW_OR_MANY if sentences <= size), 'more')}",
            any(b.named and condition in b.conditions for b in scene.blocks.values()),
            bool(told) and told[-1].end - told[0].start <= SHORT_NOTE,
        )

    def clues(self, section: str, tie: str) -> tuple[str, ...]:
        """The clues that this gives a sentence of a section with a tie."""
        block = ("has block", f"has block & {section}") if self.has_block else ()
        short = ("short note", f"short note & {tie}") if self.short else ()
        return (self.many, self.among, f"{self.among} & {tie}", *block, *short)


def _beside_the_names(document: Document, items: Sequence[Item], here: Sequence[Located], condition: str) -> Sequence[Item]:
    """The evidence words of a sentence without those inside the condition's own name, and generic ones inside any name. What is
    denied ("no angina", "HBV DNA not detected") is a finding, not a name; "CF on Trikafta" and "takes insulin" name a
    treatment, and so does a drug that is itself the name of a state ("Lantus 20 units")."""
    if not here or not items:
        return items
    inside = [(m.i, m.j, m.mention.condition) for m in here if m.mention.status != "negated"]
    return [
        item
        for item in items
        if not _TAKEN.isdisjoint(document.tokens.norms[item.i - 1 : item.i])
        or (item.word.kind == _DRUG and (item.i, item.j, condition) in inside)
        or not any(_only_names(item, name, condition) for name in inside)
    ]


def _only_names(item: Item, name: tuple[int, int, str], condition: str) -> bool:
    """Whether a word stands within a ``name`` (tokens [start, end) and what they name) and says nothing of ``condition`` beside
    that: in its own name, a generic word, or a device in the name of what it is none for ("compression fracture", not "wears a
    prosthesis")."""
    start, end, named = name
    if item.i < start or end < item.j:
        return False
    foreign = item.word.kind == _DEVICE and named not in item.word.conditions and (item.i, item.j) != (start, end)
    return named == condition or item.generic or foreign


def _kinds(items: Sequence[Item], condition: str) -> dict[Element, str]:
    """Per letter the kind of words that prove it: those for the condition first, and of them a drug, which says more than a
    specialty or a procedure that stands beside it."""
    kinds: dict[Element, str] = {}
    if len(items) > 1:
        items = sorted(items, key=lambda i: (condition not in i.word.conditions, i.word.kind != _DRUG))
    for item in items:
        for element in item.elements:
            kinds.setdefault(element, item.word.kind)
    return kinds


def _is_lent(scene: Scene, number: int, condition: str, tie: Tie, mine: Sequence[Item]) -> bool:
    """Whether a sentence rather tells of something else than the condition: what a system review or an examination does not
    find ("denies headaches") proves none that is only named elsewhere; a drug belongs to the condition beside it that it
    treats, or for which the record gives it elsewhere; and what stands behind a semicolon is said of what stands there."""
    document, sentence = scene.document, scene.document.sentences[number]
    if "tie same" in tie.clues:
        return not mine and _alone_in_its_clause(scene, number, condition)
    if "tie block" in tie.clues:
        return False
    if sentence.section in _TEMPLATES:
        # Of a state the healthy finding tells: "graft has a good thrill", "stoma is pink".
        return condition not in scene.states and all(_is_absent(document, sentence, item) for item in mine)
    beside = scene.named(number)
    return bool(mine) and all(
        item.word.kind == _DRUG and (not item.word.conditions.isdisjoint(beside) or _given_for_another(scene, item, condition))
        for item in mine
    )


def _given_for_another(scene: Scene, item: Item, condition: str) -> bool:
    """Whether the record says for which of its conditions a drug is given, and it is not this one."""
    given = scene.given_for.get(item.word.written.lower(), ())
    return bool(given) and condition not in given


def _is_absent(document: Document, sentence: Sentence, item: Item) -> bool:
    """Whether a finding is told as absent or normal, by its own words or by words before it."""
    return bool(_NOT_THERE.search(document.text, sentence.start, document.tokens.ends[item.j - 1]))


def _alone_in_its_clause(scene: Scene, number: int, condition: str) -> bool:
    """Whether semicolons set a condition apart with nothing beside its name: "takes amlodipine; hyperlipidemia; and ..."."""
    sentence, norms = scene.document.sentences[number], scene.document.tokens.norms
    here = scene.by_sentence.get(number, ())
    for m in here:
        if m.mention.condition != condition:
            continue
        start, end = sentence.i, sentence.j
        start = next((k + 1 for k in range(m.i - 1, start - 1, -1) if norms[k] == ";"), start)
        end = next((k for k in range(m.j, end) if norms[k] == ";"), end)
        names = _tokens_of(here)
        if (start, end) == (sentence.i, sentence.j) or sum(k not in names for k in range(start, end)) > _BARE:
            return False
    return True


def _speaks_of(condition: str, item: Item) -> bool:
    return condition in item.word.conditions or item.judges_any


def _tokens_of(named: Sequence[Located]) -> set[int]:
    """The tokens of the names of conditions."""
    return {k for m in named for k in range(m.i, m.j)}


def _is_of_a_name(item: Item, here: Sequence[Located], condition: str) -> bool:
    """Whether a lab is only part of another condition's name: "high cholesterol" in a list is no result."""
    others = (m for m in here if m.mention.condition != condition)
    return item.word.kind == _LAB and any(m.i <= item.i and item.j <= m.j for m in others)


def _said_where(
    scene: Scene, condition: str, ties: Mapping[int, Tie], own: Mapping[int, tuple[str, ...]]
) -> tuple[dict[str, set[str]], dict[str, set[int]]]:
    """Where the words that speak for a condition stand: word -> sections, kind of words -> sentences."""
    places: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, set[int]] = defaultdict(set)
    for number in ties:
        for item in scene.items_of.get(number, ()):
            if condition in item.word.conditions:
                places[item.word.written.lower()].add(own[number][0])
                kinds[item.word.kind].add(number)
    return places, kinds


def _said_again(
    mine: Sequence[Item],
    section: str,
    places: Mapping[str, set[str]],
    kinds: Mapping[str, set[int]],
) -> list[str]:
    """Whether a sentence's words for the condition (``mine``) stand in other parts of the record too (a reader quotes one of
    them), and whether it is the only one of its kind."""
    if not mine:
        return []
    again = {other for i in mine for other in places[i.word.written.lower()] if other != section}
    clues = [f"again in {other}" for other in again]
    clues += [f"{section} & again in {other}" for other in again]
    clues.append(f"one of {min(max([len(kinds[i.word.kind]) for i in mine]), 5)}")
    return sorted(clues)


def _only_stops(items: Sequence[Item], text: str, condition: str) -> bool:
    """Whether a sentence says of a treatment that it ended or never was, and judges nothing: that proves no element. Why it
    was stopped ("for hair loss") is a symptom of the drug, not of the condition."""
    if all(i.generic and i.word.kind == "treatment" for i in items):
        return says_stopped(text)
    reasons = all(i.word.kind == "symptom" or (i.generic and i.word.kind in _SAID_OF_A_DRUG) for i in items)
    return reasons and not any(condition in i.word.conditions for i in items) and says_ended(text)


def _says_more(document: Document, sentence: Sentence, named: Sequence[Located], here: Sequence[Located]) -> bool:
    """Whether a sentence says anything beside the name of the condition: the mention itself is not its own evidence, nor is a
    list of names ("History of COPD, hypertension and gout.")."""
    taken = max((m.j - m.i for m in named), default=0)
    names, tokens = _tokens_of(here), document.tokens
    alone = len(names) == taken
    opens = sentence.start + (len(sentence.bullet) if alone else 0)
    plain, few = (_MARKS, _NAME_ALONE) if alone else (_LISTS_NAMES, _BARE)
    left = (k for k in range(sentence.i, sentence.j) if k not in names and tokens.norms[k] not in plain)
    return any(islice((k for k in left if tokens.starts[k] >= opens), few if names else 0, None))


def _extent(document: Document, sentence: Sentence, items: Sequence[Item]) -> tuple[int, int]:
    """The words to highlight: the sentence, or of a long one the clauses that hold the evidence."""
    if sentence.end - sentence.start <= _LONG or not items:
        return sentence.start, sentence.end
    low = document.tokens.starts[min(item.i for item in items)]
    high = document.tokens.ends[max(item.j for item in items) - 1]
    start = sentence.start
    for match in _CLAUSE.finditer(document.text, sentence.start, low):
        start = match.end()
    after = _CLAUSE.search(document.text, high, sentence.end)
    return start, after.start() if after else sentence.end
