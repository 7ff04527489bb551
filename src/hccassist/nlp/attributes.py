"""What the words around a condition's name add to it: type, stage, side, cause."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from hccassist.nlp.choices import RING, boxed_choices, ringed_choices
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.hits import Hit
from hccassist.nlp.status import tells_of_others
from hccassist.terminology.groups import code_group, word_group
from hccassist.terminology.lexicon import AttributeWord, Lexicon, Term
from hccassist.terminology.phrases import longest
from hccassist.terminology.rows import Condition

_NEAR, _LABELLED = 8, 24
"""Words between a name and what is said of it; a stage stands farther from a name that labels its line ("CKD: eGFR 56 in May
and 54 today, so stage 3a")."""
_STAGE = "stage"
_OVER_OTHERS = frozenset({"cause", "remission"})
"""They are said of a name over that of another: "AML s/p transplant 2022, in remission"."""
_CHOICE_LABELS = ("stage", "type", "grade", "class")
"""Words before a form's choices that belong to each of them."""
_QUALITIES = [[word] for word in "severity type stage grade class course episode acuity side laterality".split()]
"""What a row of a form asks of the condition on the row above."""
_LONGEST_QUALITY, _LEAST_CLIPPED = 12, 6
_NOT_SO = word_group("not_so")
_ELSEWHERE = "elsewhere"
"""The value of an attribute's words that say it of something else, and hide the shorter ones in them: the side of the stroke
("L MCA") is not that of the hemiparesis."""
_PLACE, _SIDE = "site", "laterality"
_CHIEF_COMPLAINT = "chief_complaint"
_OF_THE_VISIT = frozenset({"assessment_plan", "hospital_course", "hpi", "start"})
"""Sections that speak of the complaint, not of a list of what the patient has besides."""
_MOST_BEFORE = 12
_CLAUSE_ENDS = frozenset(",;.:" + RING + "☒☑✓✔")
_DENIED_BEHIND = (["none"], ["absent"], ["denied"], ["negative"])


def attributes_in(document: Document, lexicon: Lexicon, sentence: Sentence) -> list[tuple[int, int, AttributeWord]]:
    """The attribute words of a sentence, each with its tokens [i, j). Of choices on a form only those made count, and they
    reach the condition of their row however far it stands."""
    tokens = document.tokens
    found = [(i, j, word) for i, j, words in lexicon.attributes.every(tokens, sentence.i, sentence.j) for word in words]
    if RING not in document.said(sentence):
        ticked, open_ = boxed_choices(document.text, sentence.start, sentence.end) if found else ([], [])
        told = [hit for hit in found if not any(a <= tokens.starts[hit[0]] < b for a, b in open_)]
        return [
            (i, j, _far_reaching(word) if any(a <= tokens.starts[i] < b for a, b in ticked) else word) for i, j, word in told
        ]
    chosen, others = ringed_choices(document.text, sentence.start, sentence.end)
    starts, ends = tokens.starts, tokens.ends
    kept = [hit for hit in found if not any(a < ends[hit[1] - 1] and starts[hit[0]] < b for a, b in others)]
    ringed = [
        (bisect_left(starts, a, sentence.i, sentence.j), bisect_left(starts, b, sentence.i, sentence.j)) for a, b in chosen
    ]
    labels = [word for word in _CHOICE_LABELS if word in document.tokens.norms[sentence.i : sentence.j]]
    for i, j in ringed:
        # "Stage:  3a  ◉ 3b": the label stands before the choices.
        at = next((k for k in range(i, j) if tokens.norms[k] != RING), j)
        after = (hit for label in labels for hit in lexicon.attributes.after((label,), tokens, at, j))
        kept += [(at, end, word) for end, words in after for word in words]
        if j == at + 1 and not any(at <= k < j for k, *_ in kept):
            kept += [(at, j, word) for word in _clipped(tokens.norms[at], lexicon)]
    return [(i, j, _far_reaching(word) if any(a <= i < b for a, b in ringed) else word) for i, j, word in kept]


def _clipped(norm: str, lexicon: Lexicon) -> list[AttributeWord]:
    """What a ringed word says that lost its first or last letter to the ring: "paroxysma"; nothing where two could be meant."""
    if len(norm) < _LEAST_CLIPPED or not norm.isalpha():
        return []
    whole = [w for w in lexicon.attributes.first_words if norm in (w[1:], w[:-1]) and lexicon.attributes.alone(w)]
    return lexicon.attributes.alone(whole[0]) if len(whole) == 1 else []


def answers_below(document: Document, lexicon: Lexicon, number: int) -> list[tuple[int, int, AttributeWord]]:
    """The attribute words of a form's row that only asks more of the condition on the row above: "Depression:  ◉ recurrent",
    and below it "Severity:  mild  ◉ moderate"."""
    below = document.sentences[number + 1] if number + 1 < len(document.sentences) else None
    if below is None or document.tokens.norms[below.i : below.i + 1] not in _QUALITIES:
        return []
    if not document.text[below.start :].lstrip()[: _LONGEST_QUALITY + 1].partition(":")[1]:
        return []
    return [hit for hit in attributes_in(document, lexicon, below) if hit[2].everywhere]


def told_behind(document: Document, lexicon: Lexicon, number: int, last: int) -> list[tuple[int, int, AttributeWord]]:
    """The attribute words with which the next sentence of the line opens, where a sentence ends with a condition's name (at
    token ``last``) and they stand alone before the next mark: "1. CKD. Stage 3b, stable." but not "Asthma. Mild wheezing."."""
    sentences, norms = document.sentences, document.tokens.norms
    sentence, below = sentences[number], sentences[number + 1] if number + 1 < len(sentences) else None
    if below is None or below.line != sentence.line or below.bullet or not _CLAUSE_ENDS.issuperset(norms[last : sentence.j]):
        return []
    found = attributes_in(document, lexicon, below)
    behind = max([j for i, j, _ in found if i == below.i], default=below.i)
    ends = behind == below.j or norms[behind] in _CLAUSE_ENDS
    return [hit for hit in found if hit[:2] == (below.i, behind)] if ends else []


def _far_reaching(word: AttributeWord) -> AttributeWord:
    """A choice that was made speaks for its row's condition, however far the choices stand from its name."""
    return replace(word, everywhere=True)


def attributes_of_note(document: Document, lexicon: Lexicon) -> list[tuple[int, int, AttributeWord]]:
    """Attribute words that count wherever in the encounter they stand ("type 1" for a complication of diabetes), outside the
    sections that tell of others or of nobody."""
    held = lexicon.note_attributes.within(document.tokens, document.sentences)
    told = (starting for number, starting in held if not tells_of_others(document.sentences[number].section))
    return [(i, j, word) for starting in told for i, j, words in longest(starting) for word in words]


def at_the_complaint(document: Document, number: int, condition: Condition, lexicon: Lexicon) -> tuple[str, ...]:
    """The joint and side of the complaint under which a condition of a joint stands without a place of its own: "1. Right knee
    pain. ... I think this is osteoarthritis." That of its problem or paragraph, the nearest before it, else the chief
    complaint's; nothing where several joints are named."""
    if not condition.default_code.startswith(code_group("in_a_joint")):
        return ()
    about_it = document.sentences[number].section in _OF_THE_VISIT
    complaint = (s for s in document.sentences if s.section == _CHIEF_COMPLAINT and about_it)
    before = [*_problem_before(document, number), *complaint]
    for sentence in before:
        said: dict[str, set[str]] = defaultdict(set)
        for *_, words in lexicon.attributes.every(document.tokens, sentence.i, sentence.j):
            for word in words:
                if condition.id in word.conditions:
                    said[word.name].add(word.value)
        if places := said.get(_PLACE):
            sides = said.get(_SIDE, set())
            told = {_PLACE: places, **({_SIDE: sides} if len(sides) == 1 else {})}
            return tuple(f"{name}={value}" for name, values in told.items() for value in values) if len(places) == 1 else ()
    return ()


def _problem_before(document: Document, number: int) -> Iterator[Sentence]:
    """The sentences before one in its problem or paragraph, the nearest first."""
    own = document.sentences[number]
    for k in range(number, max(number - _MOST_BEFORE, 0), -1):
        sentence, before = document.sentences[k], document.sentences[k - 1]
        if sentence.bullet[:1].isdigit() or before.section != own.section:
            return
        if before.paragraph != own.paragraph and not own.bullet:
            return
        yield before


def attributes_of(
    hit: Hit, term: Term, around: list[tuple[int, int, AttributeWord]], others: list[tuple[int, int]], norms: list[str]
) -> tuple[str, ...]:
    """What the words around a mention add: attribute words in it or near it with no other condition in between, the nearest and
    of those the longest ("stage 3b", not its "stage 3"), unless they are denied ("without acute exacerbation")."""
    found = dict(pair.split("=", 1) for pair in term.attributes)
    ranked: list[tuple[int, int, str, str]] = []
    hidden: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, j, word in around:
        if word.value == _ELSEWHERE and term.condition in word.conditions:
            hidden[word.name].append((i, j))
    for i, j, word in around:
        if term.condition not in word.conditions or (word.name in found and not _refines(word.value, found[word.name])):
            continue
        gap = 0 if hit.i <= i < hit.j else (i - hit.j if i >= hit.j else hit.i - j)
        blocked = word.name not in _OVER_OTHERS and any(min(hit.j, j) <= a and b <= max(hit.i, i) for a, b in others)
        if gap and ";" in norms[min(hit.j, j) : max(hit.i, i)] and any(a <= i and j <= b for a, b in others):
            # "Gout; chronic pain": what stands in the name of the next item of a list is that one's.
            continue
        if word.value == _ELSEWHERE or any(a <= i and j <= b for a, b in hidden.get(word.name, ())):
            continue
        if gap and (_denied(norms, hit, i) or norms[j : j + 1] in _DENIED_BEHIND):
            continue
        labelled = word.name == _STAGE and norms[hit.j : hit.j + 1] == [":"] and i >= hit.j
        if word.everywhere or (gap <= (_LABELLED if labelled else _NEAR) and not blocked):
            ranked.append((gap, i - j, word.name, word.value))
    for *_, name, value in sorted(ranked):
        if name not in found or _refines(value, found[name]):
            found[name] = value
    return tuple(f"{name}={value}" for name, value in sorted(found.items()))


def _refines(value: str, general: str) -> bool:
    """Whether a value names a part or a kind of another: ``foot_heel`` of ``foot``."""
    return value.startswith(f"{general}_")


def _denied(norms: list[str], hit: Hit, i: int) -> bool:
    """Whether a "no" or "without" stands up to three words before token ``i``, in the same clause and outside the mention; a
    choice of a form begins with its mark."""
    for k in range(i - 1, max(i - 4, -1), -1):
        if norms[k] in _CLAUSE_ENDS or hit.i <= k < hit.j:
            return False
        if norms[k] in _NOT_SO:
            return True
    return False
