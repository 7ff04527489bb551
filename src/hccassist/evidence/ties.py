"""What ties a sentence to a condition of its encounter.

Strongest first: the condition's own sentence; its block in a problem-oriented plan ("# HTN:", "1. Diabetes -"); a paragraph
that opens with it ("Regarding his diabetes, ..."); the sentences that follow it; being what the visit is about; and, anywhere
in the encounter, words that by clinical knowledge speak for it (its drugs, tests, findings).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hccassist.evidence.detect import Item
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.mentions import Located
from hccassist.nlp.sections import CONCLUSIONS, LISTS
from hccassist.terminology.groups import said, sayings
from hccassist.terminology.rows import Course

_PLAN_SECTIONS = frozenset({"assessment_plan", "hospital_course", "start", "hpi", "problem_list"})
_PROSE_SECTIONS = frozenset({"start", "hpi"})
_NO_GENERIC = frozenset({"family_history", "social_history", "allergies", "education", "legal", "screening", "chief_complaint"})
_HEAD_WORDS = 14
_HEADING_WORDS = 4
_MOST_FOLLOWING = 12
_MOST_MAIN = 2
_NONE: frozenset[str] = frozenset()
_NOT_NOW = frozenset({"history", "family"})
_SAID_OF_ONE = frozenset({"status"})
SHORT_NOTE = 900
"""Characters of a note of a few terse lines."""
UNCLEAR = "unclear whose it is"
"""What a coder reads where nothing but a guess ties words to this condition rather than to another."""
OF_TWO = f", and as well for 1 other of this record: {UNCLEAR}"
"""Behind the words that speak for two conditions of a record alike."""
FOLLOWS = "follows it in the paragraph"
_OPENED = "its paragraph opens with it"
_ONLY_ONE = "the only condition of this note"
_TOPIC = said("topic", before=r"^\W*")
_OWN_LABEL = re.compile(r"\W*[A-Z][A-Za-z/&' -]{1,30}:\s")
"""A line that opens with a label of its own ("Nutrition: ...") speaks of that."""
_LABELS = sayings("label_", before=r"^\W*")


@dataclass(slots=True)
class Tie:
    """How a sentence belongs to a condition: the clues of the tie, the strongest first, and the reason in words."""

    why: str
    clues: list[str] = field(default_factory=list)


class Block(NamedTuple):
    """The problem of a plan under which a sentence stands; ``named`` by its head, or only inside it."""

    head: int
    conditions: frozenset[str]
    named: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What the ties of one encounter look at."""

    document: Document
    active: frozenset[str]
    states: frozenset[str]
    """Those that are a state beside a disease (insulin, dialysis, oxygen): what treats the one is the other."""
    by_sentence: Mapping[int, list[Located]]
    all_named: Mapping[int, list[Located]]
    past: Mapping[int, list[Located]]
    """Sentences that name only what is over, or a relative's."""
    names: Mapping[int, frozenset[str]]
    items_of: Mapping[int, list[Item]]
    blocks: Mapping[int, Block]
    labels: Mapping[int, str]
    given_for: Mapping[str, frozenset[str]]
    """Drug as written -> the active conditions that it treats beside their name or under their problem."""
    claims: Mapping[int, Mapping[str, set[int]]]
    """Per sentence and active condition its words (their first tokens) that speak for the condition."""

    def named(self, number: int) -> frozenset[str]:
        """The active conditions that a sentence names."""
        return self.names.get(number, _NONE)

    def under(self, number: int, condition: str) -> bool:
        """Whether a sentence stands under the condition's own problem of the plan."""
        block = self.blocks.get(number)
        return block is not None and block.named and condition in block.conditions

    def of_another(self, number: int, condition: str) -> bool:
        """Whether a sentence stands under another problem of the plan."""
        block = self.blocks.get(number)
        return block is not None and block.named and condition not in block.conditions


Ties = dict[str, dict[int, Tie]]


def scene_of(document: Document, located: Sequence[Located], items: Sequence[Item], conditions: Mapping[str, Course]) -> Scene:
    """What the ties of an encounter look at: the mentions of its active ``conditions`` (with their course), its evidence words,
    its plan."""
    active = frozenset(conditions)
    states = frozenset(c for c, course in conditions.items() if course == "status")
    by_sentence: dict[int, list[Located]] = defaultdict(list)
    all_named: dict[int, list[Located]] = defaultdict(list)
    for m in located:
        all_named[m.sentence].append(m)
        if m.mention.condition in active:
            by_sentence[m.sentence].append(m)
    items_of: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        items_of[item.sentence].append(item)
    past = _of_the_past(all_named, by_sentence)
    blocks = _blocks(document, by_sentence, past)
    names = {number: frozenset(m.mention.condition for m in here) for number, here in by_sentence.items()}
    labels, given_for = _labels(document, blocks), _given_for(document, items, names, blocks)
    claims = {number: _claims(here, active) for number, here in items_of.items()}
    return Scene(document, active, states, by_sentence, all_named, past, names, items_of, blocks, labels, given_for, claims)


def _claims(items: Sequence[Item], active: frozenset[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for item in items:
        for condition in item.word.conditions & active:
            found[condition].add(item.i)
    return found


def _given_for(
    document: Document, items: Sequence[Item], names: Mapping[int, frozenset[str]], blocks: Mapping[int, Block]
) -> dict[str, frozenset[str]]:
    """Where a drug stands: beside a name, under a problem, or right behind a sentence of its paragraph that names one."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for item in items:
        if item.word.kind == "drug":
            number = item.sentence
            block = blocks.get(number)
            here = names.get(number, _NONE) | (block.conditions if block and block.named else _NONE)
            if not here and number and document.sentences[number - 1].paragraph == document.sentences[number].paragraph:
                here = names.get(number - 1, _NONE)
            if mine := item.word.conditions & here:
                found[item.word.written.lower()] |= mine
    return found


def ties_of(scene: Scene) -> Ties:
    """Per condition the sentences that may be about it, each with all that ties it."""
    ties: Ties = defaultdict(dict)
    _tie_same(scene, ties)
    _tie_block(scene, ties)
    _tie_following(scene, ties)
    _tie_main(scene, ties)
    _tie_knowledge(scene, ties)
    _tie_nearest(scene, ties)
    return ties


def _is_head(sentence: Sentence, document: Document, mentions: Sequence[Located]) -> bool:
    """Whether a sentence opens a problem: it starts a line and names a condition among its first words."""
    if not mentions:
        return False
    first = min(m.i for m in mentions)
    opens = first - sentence.i <= (6 if sentence.bullet else 3)
    short = sentence.j - sentence.i <= _HEAD_WORDS
    last = document.text[sentence.end - 1]
    if sentence.section in _PROSE_SECTIONS:
        return opens and (bool(sentence.bullet) or (short and last == ":"))
    return opens and (bool(sentence.bullet) or short or last in ":.")


def _of_the_past(all_named: Mapping[int, list[Located]], by_sentence: Mapping[int, list[Located]]) -> dict[int, list[Located]]:
    """sentence -> what it names of things over or a relative's, where it names nothing that is present: it tells of that."""
    return {
        number: here
        for number, here in all_named.items()
        if number not in by_sentence and all(m.mention.status in _NOT_NOW for m in here)
    }


def _blocks(
    document: Document, by_sentence: Mapping[int, list[Located]], past: Mapping[int, list[Located]]
) -> dict[int, Block]:
    """sentence -> the problem it stands under. A problem headed by a symptom belongs to the conditions named inside it; one
    headed by what is over belongs to none."""
    heads: dict[int, tuple[int, bool]] = {}
    head: tuple[int, bool] | None = None
    style: tuple[str, int] | None = None
    section, line, problems = "", -1, 0
    for number, sentence in enumerate(document.sentences):
        if sentence.section != section:
            section, head, style, problems = sentence.section, None, None, 0
        if section not in _PLAN_SECTIONS:
            continue
        new_line, line = sentence.line != line, sentence.line
        if new_line and problems > 1 and _is_heading(document, number):
            # Of several problems none is what all of the plan below is about.
            head, style = None, None
        mine = (_style(sentence.bullet), min(sentence.indent, 8) // 2)
        if new_line and (style is None or mine == style or mine[1] < style[1]):
            if _is_head(sentence, document, by_sentence.get(number) or past.get(number, [])):
                head, style, problems = (number, True), mine, problems + 1
            elif style is not None and (sentence.bullet or sentence.j - sentence.i <= 7 or mine[1] < style[1]):
                head = (number, False)
            elif style is None and mine[0] == "number" and sentence.j - sentence.i <= 7:
                head, style = (number, False), mine
        if head is not None:
            heads[number] = head
    inside: dict[int, set[str]] = defaultdict(set)
    for number, (first, named) in heads.items():
        if not named or number == first:
            inside[first].update(m.mention.condition for m in by_sentence.get(number, ()))
    return {
        n: Block(first, frozenset(inside[first]), named)
        for n, (first, named) in heads.items()
        if inside[first] or not named or first in past
    }


def _is_heading(document: Document, number: int) -> bool:
    """Whether a line is a heading inside the plan ("ASSESSMENT", its list, "PLAN"): what stands below it begins anew."""
    sentences = document.sentences
    sentence, said = sentences[number], document.said(sentences[number])
    if sentence.bullet or sentence.j - sentence.i > _HEADING_WORDS or not (said.isupper() or said.endswith(":")):
        return False
    beside = (*sentences[max(number - 1, 0) : number], *sentences[number + 1 : number + 2])
    return all(s.paragraph != sentence.paragraph for s in beside)


def _style(bullet: str) -> str:
    if not bullet:
        return "none"
    return "number" if any(c.isdigit() for c in bullet) else bullet[0]


def _labels(document: Document, blocks: Mapping[int, Block]) -> dict[int, str]:
    """sentence -> the label of its line in a problem's block ("Medical Treatment: ..."), for every sentence of that line."""
    labels: dict[int, str] = {}
    line, label = -1, ""
    for number in blocks:
        sentence = document.sentences[number]
        if sentence.line != line:
            text = document.said(sentence)
            line, label = sentence.line, next((name for name, pattern in _LABELS if pattern.match(text)), "")
        if label:
            labels[number] = label
    return labels


def _add(ties: Ties, condition: str, number: int, why: str, *clues: str) -> None:
    tie = ties[condition].get(number)
    if tie is None:
        tie = ties[condition][number] = Tie(why)
    tie.clues.extend(c for c in clues if c not in tie.clues)


def _tie_same(scene: Scene, ties: Ties) -> None:
    for number, here in scene.by_sentence.items():
        several = len(set({m.i: m.mention.condition for m in here}.values())) > 1
        for condition in scene.named(number):
            _add(ties, condition, number, "same sentence", "tie same", *(("names others",) if several else ()))


def _tie_block(scene: Scene, ties: Ties) -> None:
    for number, block in scene.blocks.items():
        for condition in block.conditions & scene.active:
            if number == block.head:
                _add(ties, condition, number, "same sentence", "tie same", "is head")
            elif block.named:
                far = f"block {min(number - block.head, 6)}"
                shared = ("block of several",) if len(block.conditions) > 1 else ()
                _add(ties, condition, number, "under this problem in the plan", "tie block", far, *shared)
            else:
                _add(ties, condition, number, "under the same problem in the plan", "tie inside")


def _tie_following(scene: Scene, ties: Ties) -> None:
    """Sentences that follow a condition in its paragraph are about it until another condition is named; all of a paragraph that
    opens with it ("Regarding her asthma, ...") are about it."""
    sentences = scene.document.sentences
    for number in scene.by_sentence:
        first = sentences[number]
        if (number in scene.blocks and scene.blocks[number].head == number) or first.section in LISTS:
            continue
        named = scene.named(number)
        opens = number == 0 or sentences[number - 1].paragraph != first.paragraph
        topic = len(named) == 1 and bool(_TOPIC.match(scene.document.said(first)))
        why = _OPENED if topic else _ONLY_ONE if len(scene.active) == 1 else FOLLOWS
        for follow, others, labelled in _following(scene, number, topic):
            gap = follow - number
            holds = {
                "topic": topic,
                "opens": opens,
                "follows several": len(named) > 1,
                "past others": others,
                "follows on another line": sentences[follow].line != first.line,
                "follows under another label": labelled,
            }
            far = gap if gap <= 4 else "5 to 7" if gap <= 7 else "far"
            clues = ["tie follows", f"follows {far}", *(clue for clue, held in holds.items() if held)]
            for condition in named:
                _add(ties, condition, follow, why, *clues)


def _following(scene: Scene, number: int, topic: bool) -> Iterator[tuple[int, bool, bool]]:
    """The sentences behind ``number`` that are about its conditions; of each whether other conditions stand between, over which
    only a ``topic`` reaches, and whether its line has a label of its own."""
    document, named = scene.document, scene.named(number)
    first = document.sentences[number]
    others, line, labelled = False, first.line, False
    for follow in range(number + 1, min(number + 1 + _MOST_FOLLOWING, len(document.sentences))):
        sentence = document.sentences[follow]
        if sentence.paragraph != first.paragraph or sentence.section != first.section:
            return
        if (sentence.line != first.line and sentence.bullet) or follow in scene.past:
            return
        if sentence.line != line:
            line, labelled = sentence.line, bool(_OWN_LABEL.match(document.text, sentence.start, sentence.end))
        if scene.named(follow) - named:
            if not topic or _TOPIC.match(document.said(sentence)):
                return
            others = True
        if scene.named(follow) and not others:
            return
        yield follow, others, labelled


def _tie_main(scene: Scene, ties: Ties) -> None:
    """What the visit is about: the only condition of the note, or one of the few that its conclusion names. Every sentence of
    story, examination, results and plan that holds a word of evidence may be about it."""
    told = {m.mention.condition for here in scene.by_sentence.values() for m in here if m.mention.section not in LISTS}
    concluded = {m.mention.condition for here in scene.by_sentence.values() for m in here if m.mention.section in CONCLUSIONS}
    main = concluded or told
    if not 0 < len(main) <= _MOST_MAIN:
        return
    only = len(told) == 1
    for number, sentence in enumerate(scene.document.sentences):
        if sentence.section in _NO_GENERIC or sentence.section in LISTS or number not in scene.items_of:
            continue
        for condition in main:
            if scene.of_another(number, condition) or scene.named(number) - {condition}:
                continue
            clue = "main only" if only else f"main {len(main)}"
            why = _ONLY_ONE if only else "what this visit is about"
            if len(main) > 1:
                why = f"one of {len(main)} conditions that this visit is about: {UNCLEAR}"
            _add(ties, condition, number, why, "tie main", clue)


def _tie_knowledge(scene: Scene, ties: Ties) -> None:
    """Drugs, tests and findings that speak for an active condition, wherever in the encounter they stand; a plan block of
    another condition for which they speak too keeps them."""
    for number, items in scene.items_of.items():
        speaking = [item for item in items if not item.word.conditions.isdisjoint(scene.active)]
        if not speaking:
            continue
        at: dict[int, set[str]] = defaultdict(set)
        for item in items:
            at[item.i] |= item.word.conditions & scene.active
        judged = {item.i for item in items if item.judges_any}
        for item in speaking:
            block = scene.blocks.get(number)
            for condition in item.word.conditions & scene.active:
                kept = scene.of_another(number, condition) and block is not None and at[item.i] & block.conditions
                if kept and condition not in scene.states:
                    continue
                named = scene.named(number)
                if item.word.kind in _SAID_OF_ONE and at[item.i] & named and condition not in named:
                    continue
                if item.i in judged and condition not in named and (named or scene.of_another(number, condition)):
                    # "Eczema, improving": what may be said of anything is said of what is named.
                    continue
                # A stump speaks for the amputation and for the artificial leg on it: two states are no rivals.
                others = at[item.i] & scene.active - {condition}
                rivals = 1 + len(others - scene.states if condition in scene.states else others)
                why = f"“{scene.document.written(item.i, item.j)}” speaks for it"
                if rivals > 1 and condition not in scene.named(number) and not scene.under(number, condition):
                    why += OF_TWO if rivals == 2 else f", and as well for {rivals - 1} others of this record: {UNCLEAR}"
                _add(ties, condition, number, why, "tie knowledge", f"shared by {min(rivals, 4)}")


def _tie_nearest(scene: Scene, ties: Ties) -> None:
    """In a few terse lines about several conditions each line is about the nearest one."""
    sentences = scene.document.sentences
    told = {m.mention.condition for here in scene.by_sentence.values() for m in here if m.mention.section not in LISTS}
    if not sentences or not told or sentences[-1].end - sentences[0].start > SHORT_NOTE:
        return
    places = {c: [n for n in scene.by_sentence if c in scene.named(n)] for c in told}
    for number, sentence in enumerate(sentences):
        if number not in scene.items_of or sentence.section in _NO_GENERIC:
            continue
        gaps = {c: min(abs(number - n) for n in where) for c, where in places.items()}
        for condition in told:
            if gaps[condition] == min(gaps.values()) and not scene.of_another(number, condition):
                far = f"nearest {min(gaps[condition], 4)}"
                _add(ties, condition, number, f"the nearest condition of this note: {UNCLEAR}", "tie nearest", far)
