"""Whose evidence it is: ties the words that prove MEAT to the conditions of the same encounter.

What ties, strongest first: the condition's own sentence; its block in a problem-oriented plan ("# HTN:", "1. Diabetes -");
the sentences that follow it in the same paragraph; and, anywhere in the encounter, words that by clinical knowledge speak
for it (its drugs, tests, findings). A word that speaks for other conditions present and not for this one is never its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hccassist.evidence.detect import SILENT_SECTIONS, Item
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.mentions import Located
from hccassist.schema import Element, Evidence

_PLAN_SECTIONS = frozenset({"assessment_plan", "hospital_course", "start", "hpi", "problem_list"})
_NO_GENERIC = frozenset({"family_history", "social_history", "allergies", "education", "legal", "screening"})
_HEAD_WORDS = 14
_LONG = 220
_MOST_FOLLOWING = 4
_CLAUSE = re.compile(r"[;,]\s+|\s+(?:but|and)\s+|\.\s+")
_LABELS: tuple[tuple[re.Pattern[str], Element], ...] = (
    (re.compile(r"^\W*(?:medical reasoning|assessment|reasoning|status|impression)\b", re.IGNORECASE), "A"),
    (re.compile(r"^\W*(?:additional testing|testing|tests?|labs?|monitoring|follow.?up)\b", re.IGNORECASE), "M"),
    (re.compile(r"^\W*(?:medical treatment|treatment|specialist referrals?|referrals?|therapy|medications?|plan|rx)\b", re.IGNORECASE), "T"),
    (re.compile(r"^\W*(?:patient education(?: and counseling)?|counseling|education)\b", re.IGNORECASE), "A"),
)
_WEIGHT = {"same": 0.9, "block": 0.85, "follows": 0.55, "knowledge": 0.6, "only": 0.45}


@dataclass(frozen=True, slots=True)
class _Tie:
    how: str
    why: str


def _is_head(sentence: Sentence, document: Document, mentions: Sequence[Located]) -> bool:
    """Whether a sentence opens a problem: it starts a line and names a condition among its first words."""
    if not mentions:
        return False
    first = min(m.i for m in mentions)
    opens = first - sentence.i <= (6 if sentence.bullet else 3)
    short = sentence.j - sentence.i <= _HEAD_WORDS
    return opens and (bool(sentence.bullet) or short or document.text[sentence.end - 1] in ":.")


def _blocks(document: Document, by_sentence: dict[int, list[Located]]) -> dict[int, tuple[frozenset[str], int]]:
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


def link(
    document: Document, located: Sequence[Located], items: Sequence[Item], conditions: Iterable[str]
) -> dict[str, tuple[Evidence, ...]]:
    """Evidence per condition id, best first. ``conditions``: the ids that are active in this encounter."""
    active = set(conditions)
    by_sentence: dict[int, list[Located]] = defaultdict(list)
    for m in located:
        if m.mention.condition in active:
            by_sentence[m.sentence].append(m)
    items_of: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        items_of[item.sentence].append(item)
    blocks = _blocks(document, by_sentence)
    ties: dict[str, dict[int, _Tie]] = defaultdict(dict)
    for number, here in by_sentence.items():
        for m in here:
            ties[m.mention.condition][number] = _Tie("same", "same sentence")
    for number, (heads, head) in blocks.items():
        for condition in heads & active:
            if number != head:
                ties[condition].setdefault(number, _Tie("block", "under this problem in the plan"))
    _tie_following(document, by_sentence, blocks, ties)
    _tie_knowledge(items, active, blocks, ties)
    if len(active) == 1:
        only = next(iter(active))
        for number, sentence in enumerate(document.sentences):
            if number in items_of and sentence.section not in _NO_GENERIC:
                ties[only].setdefault(number, _Tie("only", "the only condition of this note"))
    return {
        condition: tuple(_evidence(document, condition, ties[condition], items_of, by_sentence, active)) for condition in active
    }


def _tie_following(
    document: Document,
    by_sentence: dict[int, list[Located]],
    blocks: dict[int, tuple[frozenset[str], int]],
    ties: dict[str, dict[int, _Tie]],
) -> None:
    """Sentences that follow a condition in its paragraph are about it until another condition is named."""
    for number, here in by_sentence.items():
        if number in blocks and blocks[number][1] == number:
            continue
        first = document.sentences[number]
        for follow in range(number + 1, min(number + 1 + _MOST_FOLLOWING, len(document.sentences))):
            sentence = document.sentences[follow]
            if follow in by_sentence or sentence.paragraph != first.paragraph or sentence.section != first.section:
                break
            if sentence.line != first.line and sentence.bullet:
                break
            for m in here:
                ties[m.mention.condition].setdefault(follow, _Tie("follows", "follows it in the paragraph"))


def _tie_knowledge(
    items: Sequence[Item],
    active: set[str],
    blocks: dict[int, tuple[frozenset[str], int]],
    ties: dict[str, dict[int, _Tie]],
) -> None:
    """Drugs, tests and findings that speak for an active condition, wherever in the encounter they stand; a plan block of
    another condition for which they speak too keeps them."""
    for item in items:
        for condition in item.word.conditions & active:
            block = blocks.get(item.sentence)
            if block and condition not in block[0] and item.word.conditions & block[0]:
                continue
            ties[condition].setdefault(item.sentence, _Tie("knowledge", f"“{item.word.written}” speaks for it"))


def _relevant(item: Item, condition: str, active: set[str], tie: _Tie) -> bool:
    if item.generic:
        return tie.how != "knowledge"
    if condition in item.word.conditions:
        return True
    # A drug or test known for other conditions of this patient only is theirs, even in this one's block.
    return tie.how in ("same", "block", "only") and not (item.word.conditions & active)


def _evidence(
    document: Document,
    condition: str,
    ties: dict[int, _Tie],
    items_of: dict[int, list[Item]],
    by_sentence: dict[int, list[Located]],
    active: set[str],
) -> list[Evidence]:
    found: list[Evidence] = []
    for number, tie in sorted(ties.items()):
        sentence = document.sentences[number]
        if sentence.section in SILENT_SECTIONS:
            continue
        inside = [(m.i, m.j) for m in by_sentence.get(number, ())]
        mine = [
            item
            for item in items_of.get(number, ())
            if _relevant(item, condition, active, tie) and not any(a <= item.i and item.j <= b for a, b in inside)
        ]
        label = next((e for pattern, e in _LABELS if pattern.match(document.text[sentence.start : sentence.end])), None)
        strengths: dict[Element, tuple[float, str]] = {}
        for item in mine:
            bonus = 0.08 if condition in item.word.conditions else 0.0 if item.generic else -0.05
            for element in item.elements:
                score = min(_WEIGHT[tie.how] + bonus, 1.0)
                if score > strengths.get(element, (0.0, ""))[0]:
                    strengths[element] = (score, item.word.kind)
        if tie.how == "block" and label and (mine or sentence.j - sentence.i > 4):
            strengths = {label: (_WEIGHT["block"], "plan"), **{e: s for e, s in strengths.items() if s[1] in ("drug", "lab", "imaging", "test")}}
        elif tie.how == "block" and not strengths and sentence.j - sentence.i > 3:
            strengths["A"] = (0.5, "plan")
        if not strengths:
            continue
        start, end = _extent(document, sentence, mine)
        for element, (score, kind) in strengths.items():
            found.append(Evidence(element, kind, start, end, round(score, 2), tie.why))
    found.sort(key=lambda e: (-e.strength, e.start))
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
