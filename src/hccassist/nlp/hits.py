"""Where the wordings of the lexicon stand: the longest at each place, with what lists and sites share of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from hccassist.nlp.choices import RING, answered, boxed_choices, may_mark, ringed_choices
from hccassist.nlp.document import Document
from hccassist.nlp.status import is_dropped
from hccassist.terminology.groups import word_group
from hccassist.terminology.lexicon import Lexicon, Term

SHORT_FORM = 3
_IS_NUMBERED = re.compile(r"-?\d| \d{2,3}(?=\s|$)")
_ENDS_IN_DIGITS = re.compile(r"\d")
_NUMBERED = frozenset({"stage", "type", "dmtype", "class", "grade", "level"})
_MOST_COORDINATED = 6
_SPREAD = frozenset({"to", "involving"})
_SPREAD_TO = ("metastatic", "to")
_SPREAD_CODES = ("C77", "C78", "C79")
_SPREAD_ANYWHERE = "C79.9"
_SPREAD_SAID, _SPREAD_NEAR = word_group("has_spread"), 2
_LISTS, _LIST_ENDS = ([","], ["("]), frozenset(",;.:)-–—")
_LEADS = (("→",), ("-", ">"), ("-", "-", ">"), ("to",))
"""Behind a cancer they say where it went, unless the place is only ``_EXAMINED``: "prostate ca -> bone scan"."""
_EXAMINED = word_group("examined")
_PREPOSITIONS = frozenset("on with in of off from after by for".split())
"""What follows them belongs to the last name only: "DVT and PE, on warfarin"."""
_DETERMINERS = frozenset("the his her their".split())
_COORDINATORS = frozenset(", and or & / +".split())
_OPEN_LABELS, _CLOSE_LABELS = word_group("opens_label"), word_group("closes_label")
"""Words of a form's label that name nothing: "Current cancer type"."""


class Hit(NamedTuple):
    """A wording at tokens [i, j) of sentence number ``sentence``, and all that it may mean."""

    sentence: int
    i: int
    j: int
    terms: tuple[Term, ...]


def find_hits(document: Document, lexicon: Lexicon) -> list[Hit]:
    """Every wording of a condition, sentence by sentence, outside the sections that name none of the patient's. One inside a
    longer one is left out; what a list shares with its first name, and what a spread names, comes behind it."""
    hits: list[Hit] = []
    tokens, terms = document.tokens, lexicon.terms
    for number, starting in terms.within(tokens, document.sentences):
        sentence = document.sentences[number]
        if is_dropped(sentence.section):
            continue
        taken, last, before = sentence.i, sentence.i, len(hits)
        left_open = boxed_choices(document.text, sentence.start, sentence.end)[1]
        if RING in document.said(sentence):
            left_open += ringed_choices(document.text, sentence.start, sentence.end)[1]
        for i, found in starting:
            if i < taken:
                continue
            for end, values in reversed(found):
                if end <= last:
                    break
                kept = tuple(t for t in values if _accept(t, document, i, end, lexicon))
                if any(tokens.starts[i] < a < tokens.ends[end - 1] for a, _ in left_open):
                    # "Depression, recurrent mild ( ) moderate (x)", "mild  ◉ moderate": the name ends before the choices.
                    continue
                if kept:
                    hits.append(Hit(number, i, end, kept))
                    more = _coordinated(document, lexicon, number, i, end)
                    hits.extend(more)
                    last = more[-1].j if more else end
                    taken = last - 1 if _tells_no_place(kept, lexicon) else last
                    break
        hits.extend(_spread(document, lexicon, number, hits[before:]))
        hits.extend(_places_before(document, lexicon, number, hits[before:]))
    return _with_answers(document, lexicon, hits) if may_mark(document.text) else hits


def _with_answers(document: Document, lexicon: Lexicon, hits: list[Hit]) -> list[Hit]:
    """The hits with what a form's labels and the choices made behind them name together: "Amputation: [x] right great toe",
    "Cancer  ◉ breast  colon". The label alone then names nothing."""
    starts = document.tokens.starts
    for number, sentence in enumerate(document.sentences):
        if is_dropped(sentence.section) or not may_mark(document.said(sentence)):
            continue
        for label, choice in answered(document.text, sentence.start, sentence.end):
            i, j, a, b = (bisect_left(starts, at, sentence.i, sentence.j) for at in (*label, *choice))
            named = _named_together(document, lexicon, i, j, a, b)
            labels = [h for h in hits if h.sentence == number and i <= h.i < j]
            known = {t.condition for h in labels for t in h.terms}
            if not named or not known.isdisjoint(t.condition for t in named):
                continue
            if not any(h.sentence == number and a <= h.i < b for h in hits):
                hits = [h for h in hits if h not in labels] + [Hit(number, a, b, named)]
    return sorted(hits, key=lambda h: h.sentence)


def _named_together(document: Document, lexicon: Lexicon, i: int, j: int, a: int, b: int) -> tuple[Term, ...]:
    """What the label at tokens [i, j) and the choice at [a, b) name when read as one, the label before the choice ("alcohol
    dependence") or behind it ("breast cancer"); nothing where they name nothing as a whole."""
    tokens = document.tokens
    while i < j and tokens.norms[i] in _OPEN_LABELS:
        i += 1
    ends = [j]
    while ends[-1] - 1 > i and tokens.norms[ends[-1] - 1] in _CLOSE_LABELS:
        ends.append(ends[-1] - 1)
    best: tuple[int, tuple[Term, ...]] = (0, ())
    for end in ends:
        label = tokens.norms[i:end]
        if label:
            for stop, terms in lexicon.terms.after(label, tokens, a, b):
                best = max(best, (stop - a, tuple(terms)), key=lambda found: found[0])
        for first in range(a, b):
            for last in range(first + 1, b + 1):
                for stop, terms in lexicon.terms.after(tokens.norms[first:last], tokens, i, end):
                    if stop == end:
                        best = max(best, (last - first, tuple(terms)), key=lambda found: found[0])
    return tuple(t for t in best[1] if not t.ambiguous)


def _tells_no_place(terms: Sequence[Term], lexicon: Lexicon) -> bool:
    """Whether a wording tells a spread and no place of it. The cancer that spread may share its last word: "stage IV
    adenocarcinoma" of "stage IV adenocarcinoma of the lung"."""
    return all(lexicon.conditions[t.condition].default_code == _SPREAD_ANYWHERE for t in terms)


def _accept(term: Term, document: Document, i: int, j: int, lexicon: Lexicon) -> bool:
    if "," in document.tokens.norms[i:j] and (
        term.ambiguous or ("," not in term.written and " " in term.written and term.written.count(" ") == 1)
    ):
        # Two words of a term do not meet across a list: "with CHF, nurse calls weekly", "breast, primary care".
        return False
    if _breaks_off(document, i, j, lexicon):
        return False
    short = len(term.written) <= SHORT_FORM and not lexicon.attribute_names.get(term.condition, frozenset()) & _NUMBERED
    if short and (_IS_NUMBERED if term.cased else _ENDS_IN_DIGITS).match(document.text, document.tokens.ends[j - 1]):
        # "PCL-5", "SS 97", "CD20": a scale, a score, a marker, unless a stage or a type is what the number may say.
        return False
    if not term.cased:
        return True
    raw = document.written(i, j)
    return raw == term.written or raw in (term.written + "s", term.written + "'s", term.written + "’s")


def _breaks_off(document: Document, i: int, j: int, lexicon: Lexicon) -> bool:
    """Whether the words go on from a name into parentheses that say more than its short form: "AIDS (KS 2018, clear)"."""
    norms = document.tokens.norms
    if "(" not in norms[i:j] or ")" in norms[i : j + 1]:
        return False
    opened = norms.index("(", i)
    return any(end == opened for end, _ in lexicon.terms.at(document.tokens, i, opened))


def _spread(document: Document, lexicon: Lexicon, number: int, here: list[Hit]) -> list[Hit]:
    """Terms with another condition's name inside them: "metastatic breast cancer to bone and liver" and "met breast ca
    involving bone" name "metastatic to bone"; so do "widely metastatic to bone" and "RCC -> lungs"."""
    norms, (start, stop) = document.tokens.norms, (document.sentences[number].i, document.sentences[number].j)
    found: list[Hit] = []
    for hit in here:
        found.extend(_spread_listed(document, lexicon, number, hit))
        to = hit.j
        lead = next((a for a in _LEADS if tuple(norms[to : to + len(a)]) == a), ())
        if lead and any(lexicon.conditions[t.condition].course == "cancer" for t in hit.terms):
            ends = lexicon.terms.after(_SPREAD_TO, document.tokens, to + len(lead), stop)
            if ends and _EXAMINED.isdisjoint(norms[ends[-1][0] : ends[-1][0] + 1]):
                found.append(Hit(number, to + len(lead), ends[-1][0], tuple(ends[-1][1])))
                found.extend(_coordinated(document, lexicon, number, to + len(lead), ends[-1][0], _SPREAD_TO))
                continue
        if to >= stop or norms[to] not in _SPREAD:
            continue
        before = next((h for h in here if h.j == hit.i), None)
        heads = [norms[before.i : before.j]] if before else []
        heads += [norms[max(hit.i - 1, start) : hit.i], norms[hit.j - 1 : hit.j], norms[hit.i : hit.i + 1]]
        for head in heads:
            if head and (ends := lexicon.terms.after(head, document.tokens, to, stop)):
                end, values = ends[-1]
                found.append(Hit(number, to, end, tuple(values)))
                found.extend(_coordinated(document, lexicon, number, to, end, head))
                break
    return found


def _spread_listed(document: Document, lexicon: Lexicon, number: int, hit: Hit) -> list[Hit]:
    """The places that a list right behind a metastatic cancer names and nothing but them: "metastatic colon cancer (liver,
    lung)", not "metastatic colon cancer, liver tests normal"."""
    norms, (start, stop) = document.tokens.norms, (document.sentences[number].i, document.sentences[number].j)
    if _SPREAD_SAID.isdisjoint(norms[max(hit.i - _SPREAD_NEAR, start) : hit.j]):
        return []
    named = {name for t in hit.terms for name in (t.condition, *(also for also, _ in t.also))}
    if len(named) > 1 and any(lexicon.conditions[name].default_code.startswith(_SPREAD_CODES) for name in named):
        # "Metastatic breast cancer, bone" is a wording of its own, and the list goes on behind it.
        listed = _coordinated(document, lexicon, number, hit.j - 1, hit.j, _SPREAD_TO)
    elif any(lexicon.conditions[name].course == "cancer" for name in named) and norms[hit.j : hit.j + 1] in _LISTS:
        ends = lexicon.terms.after(_SPREAD_TO, document.tokens, hit.j + 1, stop)
        first = [Hit(number, hit.j + 1, ends[-1][0], tuple(ends[-1][1]))] if ends else []
        listed = [h for one in first for h in (one, *_coordinated(document, lexicon, number, one.i, one.j, _SPREAD_TO))]
    else:
        return []
    return listed if listed and (listed[-1].j >= stop or norms[listed[-1].j] in _LIST_ENDS) else []


def _places_before(document: Document, lexicon: Lexicon, number: int, here: list[Hit]) -> list[Hit]:
    """What a list of a spread's places shares its last word with: in "liver, lung and bone metastases" the liver and the lung
    are places too."""
    norms, start = document.tokens.norms, document.sentences[number].i
    found: list[Hit] = []
    for hit in here:
        if not any(lexicon.conditions[t.condition].default_code.startswith(_SPREAD_CODES) for t in hit.terms):
            continue
        first = hit.i
        while first - 1 > start and norms[first - 1] in _COORDINATORS:
            end = first - 1
            while end > start and norms[end - 1] in _COORDINATORS:
                end -= 1
            for size in (1, 2):
                head = norms[max(end - size, start) : end]
                tails = (hit.i + 1, hit.j - 1)
                named = next(filter(None, (lexicon.terms.after(head, document.tokens, k, hit.j) for k in tails)), None)
                if named:
                    found.append(Hit(number, end - size, end, tuple(named[-1][1])))
                    break
            else:
                break
            first = found[-1].i
    return found


def _coordinated(document: Document, lexicon: Lexicon, number: int, i: int, j: int, head: Sequence[str] = ()) -> list[Hit]:
    """What a list shares its first words with: in "mets to liver, lung and bone" the lung and the bone are sites too.
    ``head``: words that belong before token ``i``."""
    tokens, stop = document.tokens, document.sentences[number].j
    shared = [*head, *(word for word in tokens.norms[i : j - 1] if word not in _DETERMINERS)]
    found: list[Hit] = []
    at = j
    while shared and len(found) < _MOST_COORDINATED:
        after = at
        while after < stop and tokens.norms[after] in _COORDINATORS:
            after += 1
        if at < after < stop and tokens.norms[after] in _DETERMINERS:
            after += 1
        if after == at or after >= stop or tokens.norms[after] in _PREPOSITIONS:
            break
        if not (ends := lexicon.terms.after(shared, tokens, after, stop)):
            break
        end, values = ends[-1]
        least = end if len(shared) == 1 else end + 1
        if any(own >= least for own, _ in lexicon.terms.at(tokens, after, stop)):
            # Its own words say more: "diabetes with neuropathy and kidney disease stage 3b".
            break
        found.append(Hit(number, after, end, tuple(values)))
        at = end
    return found
