"""Whose evidence it is: ties the words that prove MEAT to the conditions of the same encounter.

What ties, strongest first: the condition's own sentence; its block in a problem-oriented plan ("# HTN:", "1. Diabetes -");
the sentences that follow it in the same paragraph; and, anywhere in the encounter, words that by clinical knowledge speak
for it (its drugs, tests, findings). A word that speaks for other conditions present and not for this one is never its own.
How strong a tie is, ``evidence.strength`` says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hccassist.evidence.detect import SILENT_SECTIONS, Item
from hccassist.evidence.strength import Clues, Strength
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.mentions import Located
from hccassist.schema import Element, Evidence

_PLAN_SECTIONS = frozenset({"assessment_plan", "hospital_course", "start", "hpi", "problem_list"})
_PROSE_SECTIONS = frozenset({"start", "hpi"})
_NO_GENERIC = frozenset({"family_history", "social_history", "allergies", "education", "legal", "screening", "chief_complaint"})
_LISTS = frozenset({"pmh", "psh", "problem_list"})
_HEAD_WORDS = 14
_LONG = 220
_SHORT_NOTE = 900
_MOST_FOLLOWING = 5
_CLAUSE = re.compile(r"[;,]\s+|\s+(?:but|and)\s+|\.\s+")
_LABELS: tuple[tuple[re.Pattern[str], Element], ...] = (
    (re.compile(r"^\W*(?:medical reasoning|assessment|reasoning|status|impression)\b", re.IGNORECASE), "A"),
    (re.compile(r"^\W*(?:additional testing|testing|tests?|labs?|monitoring|follow.?up)\b", re.IGNORECASE), "M"),
    (
        re.compile(
            r"^\W*(?:medical treatment|treatment|specialist referrals?|referrals?|therapy|medications?|plan|rx)\b", re.I
        ),
        "T",
    ),
    (re.compile(r"^\W*(?:patient education(?: and counseling)?|counseling|education)\b", re.IGNORECASE), "A"),
)


@dataclass(frozen=True, slots=True)
class Tie:
    """How a sentence belongs to a condition, how many sentences away from a mention, and the reason in words."""

    how: str
    distance: int
    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may prove one MEAT element of a condition: what speaks for it, and the words to highlight."""

    condition: str
    element: Element
    kind: str
    start: int
    end: int
    clues: Clues
    why: str


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


def _blocks(document: Document, by_sentence: Mapping[int, list[Located]]) -> dict[int, tuple[frozenset[str], int]]:
    """sentence -> (conditions of the problem it stands under, the head's sentence)."""
    blocks: dict[int, tuple[frozenset[str], int]] = {}
    head: tuple[frozenset[str], int] | None = None
    style: tuple[str, int] | None = None
    section = ""
    line = -1
    for number, sentence in enumerate(document.sentences):
        if sentence.section != section:
            section, head, style = sentence.section, None, None
        if section not in _PLAN_SECTIONS:
            continue
        new_line, line = sentence.line != line, sentence.line
        here = by_sentence.get(number, [])
        mine = (_style(sentence.bullet), min(sentence.indent, 8) // 2)
        if new_line and (style is None or mine == style or mine[1] < style[1]):
            if _is_head(sentence, document, here):
                head, style = (frozenset(m.mention.condition for m in here), number), mine
            elif style is not None and (sentence.bullet or sentence.j - sentence.i <= 7 or mine[1] < style[1]):
                head = None
        if head is not None:
            blocks[number] = head
    return blocks


def _style(bullet: str) -> str:
    if not bullet:
        return "none"
    return "number" if any(c.isdigit() for c in bullet) else bullet[0]


def candidates(
    document: Document, located: Sequence[Located], items: Sequence[Item], conditions: Iterable[str]
) -> list[Candidate]:
    """Every sentence and element that may be evidence of one of the ``conditions`` (ids active in this encounter)."""
    active = set(conditions)
    by_sentence: dict[int, list[Located]] = defaultdict(list)
    for m in located:
        if m.mention.condition in active:
            by_sentence[m.sentence].append(m)
    items_of: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        items_of[item.sentence].append(item)
    blocks = _blocks(document, by_sentence)
    ties: dict[str, dict[int, Tie]] = defaultdict(dict)
    for number, here in by_sentence.items():
        for m in here:
            ties[m.mention.condition][number] = Tie("same", 0, "same sentence")
    for number, (heads, head) in blocks.items():
        for condition in heads & active:
            if number != head:
                ties[condition].setdefault(number, Tie("block", number - head, "under this problem in the plan"))
    _tie_following(document, by_sentence, blocks, ties)
    _tie_knowledge(items, active, blocks, ties)
    short = len(document.sentences) and document.sentences[-1].end - document.sentences[0].start <= _SHORT_NOTE
    told = {m.mention.condition for here in by_sentence.values() for m in here if m.mention.section not in _LISTS}
    if short and told:
        _tie_only(document, told, by_sentence, items_of, ties)
    found: list[Candidate] = []
    for condition in sorted(active):
        found.extend(_candidates(document, condition, ties[condition], items_of, by_sentence, active, bool(short)))
    return found


def link(
    document: Document, located: Sequence[Located], items: Sequence[Item], conditions: Iterable[str], strength: Strength
) -> dict[str, tuple[Evidence, ...]]:
    """Evidence per condition id, strongest first."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    for c in candidates(document, located, items, conditions):
        found[c.condition].append(Evidence(c.element, c.kind, c.start, c.end, strength.of(c.clues), c.why))
    return {condition: tuple(sorted(group, key=lambda e: (-e.strength, e.start))) for condition, group in found.items()}


def _tie_following(
    document: Document,
    by_sentence: Mapping[int, list[Located]],
    blocks: Mapping[int, tuple[frozenset[str], int]],
    ties: dict[str, dict[int, Tie]],
) -> None:
    """Sentences that follow a condition in its paragraph are about it until another condition is named."""
    for number, here in by_sentence.items():
        if number in blocks and blocks[number][1] == number:
            continue
        first = document.sentences[number]
        if first.section in _LISTS:
            continue
        for follow in range(number + 1, min(number + 1 + _MOST_FOLLOWING, len(document.sentences))):
            sentence = document.sentences[follow]
            if follow in by_sentence or sentence.paragraph != first.paragraph or sentence.section != first.section:
                break
            if sentence.line != first.line and sentence.bullet:
                break
            for m in here:
                ties[m.mention.condition].setdefault(follow, Tie("follows", follow - number, "follows it in the paragraph"))


def _tie_knowledge(
    items: Sequence[Item],
    active: set[str],
    blocks: Mapping[int, tuple[frozenset[str], int]],
    ties: dict[str, dict[int, Tie]],
) -> None:
    """Drugs, tests and findings that speak for an active condition, wherever in the encounter they stand; a plan block of
    another condition for which they speak too keeps them."""
    for item in items:
        for condition in item.word.conditions & active:
            block = blocks.get(item.sentence)
            if block and condition not in block[0] and item.word.conditions & block[0]:
                continue
            ties[condition].setdefault(item.sentence, Tie("knowledge", 9, f"“{item.word.written}” speaks for it"))


def _tie_only(
    document: Document,
    active: set[str],
    by_sentence: Mapping[int, list[Located]],
    items_of: Mapping[int, list[Item]],
    ties: dict[str, dict[int, Tie]],
) -> None:
    """In a few terse lines about one condition every line is about it; about several, the line nearest to each."""
    for number, sentence in enumerate(document.sentences):
        if number not in items_of or sentence.section in _NO_GENERIC:
            continue
        if len(active) == 1:
            nearest = active
        else:
            gaps = {
                c: min(
                    (abs(number - n) for n, here in by_sentence.items() if any(m.mention.condition == c for m in here)),
                    default=99,
                )
                for c in active
            }
            nearest = {c for c in active if gaps[c] == min(gaps.values())}
        for condition in nearest:
            gap = min((abs(number - n) for n in by_sentence), default=9)
            why = "the only condition of this note" if len(active) == 1 else "the nearest condition of this note"
            ties[condition].setdefault(number, Tie("only", gap, why))


def _relevant(item: Item, condition: str, active: set[str], tie: Tie) -> bool:
    if item.generic:
        return tie.how != "knowledge"
    if condition in item.word.conditions:
        return True
    # A drug or test known for other conditions of this patient only is theirs, even in this one's block.
    return tie.how != "knowledge" and not (item.word.conditions & active)


def _candidates(
    document: Document,
    condition: str,
    ties: Mapping[int, Tie],
    items_of: Mapping[int, list[Item]],
    by_sentence: Mapping[int, list[Located]],
    active: set[str],
    short: bool,
) -> list[Candidate]:
    found: list[Candidate] = []
    for number, tie in sorted(ties.items()):
        sentence = document.sentences[number]
        text = document.text[sentence.start : sentence.end]
        if sentence.section in SILENT_SECTIONS or text.endswith(":"):
            continue
        here = by_sentence.get(number, ())
        inside = [(m.i, m.j, m.mention.condition) for m in here]
        mine = [
            item
            for item in items_of.get(number, ())
            if _relevant(item, condition, active, tie)
            and not any(a <= item.i and item.j <= b and (c == condition or item.generic) for a, b, c in inside)
        ]
        label = next((e for pattern, e in _LABELS if pattern.match(text)), None) if tie.how == "block" else None
        by_element: dict[Element, list[Item]] = defaultdict(list)
        for item in mine:
            for element in item.elements:
                by_element[element].append(item)
        if label:
            by_element.setdefault(label, [])
        elif tie.how == "block" and not by_element and sentence.j - sentence.i > 3:
            by_element["A"] = []
        if not by_element:
            continue
        start, end = _extent(document, sentence, mine)
        for element, proof in by_element.items():
            own = [i for i in proof if condition in i.word.conditions] or proof
            # A drug says more than a specialty or a procedure that stands beside it.
            best = next((i for i in own if i.word.kind == "drug"), own[0] if own else None)
            clues = Clues.of(
                tie.how,
                tie.distance,
                element,
                proof,
                condition,
                label,
                sentence,
                text,
                len(set({m.i: m.mention.condition for m in here}.values())),
                active,
                short,
            )
            found.append(Candidate(condition, element, best.word.kind if best else "plan", start, end, clues, tie.why))
    return found


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
