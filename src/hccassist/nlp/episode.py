"""Time and course: whether a cancer, an event or a curable condition is still the patient's, judged over the encounter.

One sentence seldom tells. "Breast cancer, s/p lumpectomy 2019" is past; with "continues anastrozole" it is under treatment
(ICD-10-CM guideline I.C.2.m). "DVT" on a list is past; "DVT 6 weeks ago, on Eliquis" is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from hccassist.evidence.detect import Item
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.schema import Mention
from hccassist.terminology.lexicon import Lexicon

_NOW = re.compile(
    r"\b(?:currently|current|now on|cycle|on (?:active )?(?:treatment|chemo\w*|maintenance|adjuvant|surveillance)|undergoing|receiving|continu\w+|ongoing|adjuvant|progress\w+|metasta\w+|recurren(?:t|ce)|newly|new(?:ly)? diagnos\w+|active|awaiting|scheduled|will start|plan(?:ned)? for|stage [1-4IV]+[ABC]?|palliative|relapsed|refractory|watchful waiting|active surveillance|watch (?:and|&) wait)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:NED|no evidence of (?:disease|recurr\w+)|(?:disease|cancer|tumou?r)[ -]free|in (?:complete )?remission|cured|survivor|(?:no|without) (?:evidence of )?recurrence|history of|h/o|hx of?|prior|previous|remote|years? ago|yrs? ago|yrs? out|years? out|completed (?:treatment|therapy|chemo\w*|radiation|xrt|tamoxifen)|s/p|status post|in (?:19[5-9]\d|200\d|201\d)|(?:19[5-9]\d|200\d|201\d)|released|signed off|discharged from|surveillance (?:only|visit|scan\w*|mammogra\w+|colonoscop\w+)|resected|treated)\b",
    re.IGNORECASE,
)
_STRONG_PAST = re.compile(
    r"\b(?:NED|no evidence of (?:disease|recurr\w+)|(?:disease|cancer)[ -]free|cured|survivor|(?:years?|yrs?) (?:ago|out)|undetectable since|released from|signed off)\b", re.IGNORECASE
)
_COMPLETED = re.compile(
    r"\b(?:complet\w+|finished|s/p|status post|previously|prior|received|treated with|underwent|had)\b(?!.{0,80}\b(?:now|current\w*|continu\w+|ongoing|maintenance|remains|on)\b)",
    re.IGNORECASE,
)
_WINDOW = 240


def settle(document: Document, located: Sequence[Located], items: Sequence[Item], lexicon: Lexicon) -> list[Located]:
    """The mentions with the status of cancers judged by the whole encounter."""
    treated = _treated(document, items)
    groups: dict[str, list[Located]] = defaultdict(list)
    for m in located:
        groups[m.mention.condition].append(m)
    settled: list[Located] = []
    for condition, group in groups.items():
        course = lexicon.conditions[condition].course
        if course == "cancer":
            group = _cancer(document, group, treated.get(condition, 0))
        elif course in ("curable", "acute"):
            group = _curable(document, group, treated.get(condition, 0))
        settled.extend(group)
    settled.sort(key=lambda m: m.i)
    return settled


def _treated(document: Document, items: Sequence[Item]) -> dict[str, int]:
    """How many drug treatments of a condition are given now: named, not stopped, not told as completed."""
    counts: dict[str, set[str]] = defaultdict(set)
    for item in items:
        sentence = document.sentences[item.sentence]
        if item.word.kind == "drug" and not _COMPLETED.search(document.text, sentence.start, sentence.end):
            for condition in item.word.conditions:
                counts[condition].add(item.word.written)
    return {c: len(found) for c, found in counts.items()}


def _around(document: Document, m: Mention) -> str:
    return document.text[max(m.start - _WINDOW, 0) : m.end + _WINDOW]


def _cancer(document: Document, group: list[Located], treatments: int) -> list[Located]:
    mentions = [m.mention for m in group if m.mention.status in ("active", "history")]
    if not mentions:
        return group
    text = " ".join(_around(document, m) for m in mentions)
    now = len(set(x.lower() for x in _NOW.findall(text))) + 2 * treatments
    past = len(set(x.lower() for x in _PAST.findall(text))) + (2 if _STRONG_PAST.search(text) else 0)
    said_past = any(m.status == "history" for m in mentions)
    if said_past and treatments:
        return _with(group, "history", "active", "under treatment now")
    if not treatments and past > now and (_STRONG_PAST.search(text) or said_past):
        return _with(group, "active", "history", "past cancer, no current treatment named")
    return group


def _curable(document: Document, group: list[Located], treatments: int) -> list[Located]:
    """A past event that is being treated now is present; "s/p" alone next to a current drug for it does not end it."""
    return group


def _with(group: list[Located], old: str, new: str, why: str) -> list[Located]:
    return [
        replace(m, mention=replace(m.mention, status=new, cues=(*m.mention.cues, why))) if m.mention.status == old else m  # type: ignore[arg-type]
        for m in group
    ]
