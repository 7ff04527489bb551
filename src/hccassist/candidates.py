"""From mentions and evidence to candidates: one per condition and code of an encounter, with the status that counts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hccassist.coding import (
    OF_ONE_KIND,
    Coded,
    Combined,
    code_condition,
    code_etiology,
    code_manifestation,
    codes_beside,
    combine,
    gives_way,
    tellings,
    valid_then,
)
from hccassist.evidence.detect import Item
from hccassist.evidence.episode import settle
from hccassist.evidence.link import Candidate as EvidenceCandidate
from hccassist.evidence.link import candidates as evidence_candidates
from hccassist.evidence.link import link
from hccassist.evidence.sequelae import infarctions_over
from hccassist.evidence.strength import Strength
from hccassist.evidence.ties import OF_TWO
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.nlp.overall import overall_status
from hccassist.nlp.sections import CONCLUSIONS, LISTS
from hccassist.nlp.status import tells_of_others
from hccassist.ranking.features import Candidate
from hccassist.schema import Element, Encounter, Evidence, Status
from hccassist.terminology.groups import code_group, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import Condition, Course
from hccassist.told_together import told_together

_LASTS = word_group("lasts")
_BEFORE_NAME = 3
_FEW = 2
_LENT = 0.5
"""The evidence of a combination code's second condition counts for less than the first's own."""
_WORST = frozenset({"acuity", "severity", "laterality"})
"""Attributes of which a record's worst, or both sides, count."""
_EXAM = frozenset({"exam", "vitals"})
_DRUG = "drug"
_HYPERTENSION = code_group("hypertension")
_TREATMENTS = code_group("treatments")
_SPREAD_IN_PLACES = code_group("spread_in_places")
_TREAT: Element = "T"
_SEEN = 0.5
"""The strength of a condition that the examination names: likelier than not to be quoted."""
_NO_COMPLICATION = ".9"
_FIRST: dict[str, int] = {"assessment_plan": 0, "hospital_course": 1, "hpi": 2, "start": 3}


@dataclass(frozen=True, slots=True)
class _Coder:
    """Codes what an encounter says of a condition, as the code set stood on its date of service, where that is known."""

    lexicon: Lexicon
    day: date | None = None

    def code(self, condition: str, group: Sequence[Located], status: Status) -> Coded:
        """The code of a condition in the status that counts. What the conclusion says of an attribute outweighs what the
        narrative and the lists say of it."""
        counted = [m.mention for m in group if m.mention.status == status] or [m.mention for m in group]
        concluded = {a.split("=", 1)[0] for m in counted if m.section in CONCLUSIONS for a in m.attributes} - _WORST
        attributes = [
            a for m in counted for a in m.attributes if m.section in CONCLUSIONS or a.split("=", 1)[0] not in concluded
        ]
        titled = [code for code, _ in Counter(m.code for m in counted if m.code).most_common()]
        exact = [code for code in titled if "unspecified" not in self.lexicon.codes.title(code)]
        known, over = self.lexicon.conditions[condition], status == "history"
        coded = code_condition(known, attributes, exact, over)
        if coded.code == known.default_code and titled != exact:
            # "Primary osteoarthritis of both knees" holds the words of an unspecified site's title, and says more.
            coded = code_condition(known, attributes, titled, over)
        if status == "active":
            coded = code_manifestation(known, attributes, coded, self.lexicon)
        return valid_then(coded, self.day, self.lexicon)

    def more(self, condition: Condition, group: Sequence[Located], status: Status, base: Coded) -> list[Coded]:
        """The codes that a condition needs besides ``base``: the disease behind a manifestation, a second code for the same
        words."""
        said = [a for m in group if m.mention.status == status for a in m.mention.attributes]
        disease = code_etiology(condition, said, base.code, self.lexicon)
        found = [disease] if disease else []
        if status == "active":
            found += codes_beside(condition, said, base.code)
        return [valid_then(c, self.day, self.lexicon) for c in found]

    def in_each_place(self, condition: Condition, group: Sequence[Located], base: Coded) -> list[tuple[Coded, list[Located]]]:
        """``base``, or one code for each place that the conclusion, or a silent one's record, tells a present condition to be
        in, each with the mentions that tell it."""
        present = [m for m in group if m.mention.status == "active"]
        concluded = [m for m in present if m.mention.section in CONCLUSIONS] or present
        spread = condition.default_code.startswith(_SPREAD_IN_PLACES)
        one = condition.course == "cancer" and not spread
        told = [] if one else tellings(condition, [m.mention.attributes for m in concluded])
        places: dict[str, tuple[Coded, list[Located]]] = {}
        for numbers in told:
            mine = [concluded[n] for n in numbers]
            coded = code_condition(condition, [a for m in mine for a in m.mention.attributes])
            if spread or coded.code != condition.default_code:
                coded = valid_then(coded, self.day, self.lexicon)
                places.setdefault(coded.code, (coded, []))[1].extend(mine)
        return list(places.values()) if len(places) > 1 else [(base, present)]


@dataclass(frozen=True, slots=True)
class _Record:
    """What an encounter says of each condition, by condition id: its mentions, the status that counts, and its code."""

    document: Document
    encounter: Encounter
    coder: _Coder
    groups: Mapping[str, Sequence[Located]]
    status: Mapping[str, Status]
    coded: Mapping[str, Coded]
    folded: Mapping[str, str]
    """General conditions that a more specific one of the record already says: general -> specific."""

    @property
    def lexicon(self) -> Lexicon:
        return self.coder.lexicon

    def codes(self, status: Status) -> dict[str, str]:
        """The codes of the conditions in a status."""
        return {c: self.coded[c].code for c, own in self.status.items() if own == status}

    def with_folded(self, condition: str) -> list[str]:
        """A condition, and the general ones that it says too."""
        return [condition, *(general for general, specific in self.folded.items() if specific == condition)]

    def mentions_of(self, condition: str) -> list[Located]:
        """The mentions of a condition, and of the general ones that it says too."""
        return [m for c in self.with_folded(condition) for m in self.groups[c]]


def build_candidates(
    document: Document,
    encounter: Encounter,
    located: Sequence[Located],
    items: Sequence[Item],
    lexicon: Lexicon,
    strength: Strength,
) -> list[Candidate]:
    """Candidates of one encounter, every status; only active ones carry evidence. ``located`` and ``items``: its mentions and
    evidence words in reading order."""
    located = settle(document, located, items, lexicon, encounter)
    record = _read(document, encounter, located, lexicon)
    evidence = link(document, located, items, _courses(record.codes("active"), lexicon), strength, lexicon.sites)
    opening = _opening(document, located)
    made = _combinations(record)
    rules = {c: [rule for rule in made if rule.first == c] for c in record.groups}
    backed = _backed_seconds(record, made, evidence)
    illness = _of_one_illness(record, made)
    candidates: list[Candidate] = []
    for condition in (c for c in record.groups if c not in record.folded):
        proof = _proof(record, condition, evidence)
        if not any(rule.replaces and rule.second in backed for rule in rules[condition]):
            candidates.extend(_of_its_own(record, condition, proof, leads=condition in illness))
        told = {rule.code for rule in rules[condition]} | {record.coded[condition].code}
        for rule in rules[condition]:
            # A bare entry of a list lends its name to the code, and nothing supports that; nor does what is said of a kidney
            # disease alone support the "HTN" of a list. Diabetes with a complication is followed where that is.
            own = proof if rule.second in backed else ()
            own = own if rule.replaces else _beside(record, rule, evidence, proof)
            own = _without_what_is_of(told, rule, own, record, items)
            shared = not rule.code.startswith(_HYPERTENSION) or _supported(record, condition, proof, opening)
            candidates.append(_combination(record, rule, own, evidence.get(rule.second, ()) if shared else ()))
    stated = {c.icd10 for c in candidates if c.backed}
    combined = {record.coded[rule.first].code for rule in made if rule.replaces and rule.code in stated}
    kept = [c for c in candidates if c.combined or c.icd10 not in combined]
    return _without_excluded([_led(c, opening) for c in _one_per_code(kept)], lexicon)


def _supported(record: _Record, condition: str, proof: tuple[Evidence, ...], opening: tuple[int, int]) -> bool:
    """Whether a condition of a combination has support of its own: enough of any kind, or a drug for it that may be the
    other's too."""
    if any(e.kind == _DRUG and e.own and not e.lent for e in proof):
        return True
    alone = _candidate(record, condition, record.mentions_of(condition), "active", record.coded[condition], proof)
    return _led(alone, opening).backed


def _led(candidate: Candidate, opening: tuple[int, int]) -> Candidate:
    """A candidate that knows whether the record opens with it."""
    start, end = opening
    opens = any(start <= m.start < end and m.section not in LISTS for m in candidate.mentions)
    return replace(candidate, leads=candidate.leads or opens)


def _read(document: Document, encounter: Encounter, located: Sequence[Located], lexicon: Lexicon) -> _Record:
    """Status and code of each condition that the settled mentions of an encounter name."""
    groups = _by_condition(located)
    status = {c: _status(c, group, lexicon) for c, group in groups.items()}
    coder = _Coder(lexicon, date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None)
    folded = _folded(status, groups, lexicon)
    told = told_together(document, groups, status, folded, lexicon)
    coded = {c: coder.code(c, told[c], status[c]) for c in groups}
    over = infarctions_over(document, encounter.setting, groups, status, {c: own.code for c, own in coded.items()})
    for condition in over:
        status[condition] = "history"
        coded[condition] = coder.code(condition, groups[condition], "history")
    return _Record(document, encounter, coder, groups, status, coded, _folded(status, groups, lexicon) if over else folded)


def _by_condition(located: Sequence[Located]) -> dict[str, list[Located]]:
    groups: dict[str, list[Located]] = defaultdict(list)
    for m in located:
        groups[m.mention.condition].append(m)
    return groups


def _combinations(record: _Record) -> list[Combined]:
    """The combination codes that conditions of the record make."""
    document = record.document
    text = " ".join(document.said(s) for s in document.sentences if not tells_of_others(s.section))
    active = {c: code for c, code in record.codes("active").items() if c not in record.folded}
    return combine(active, record.lexicon, text, record.codes("history"))


def _backed_seconds(record: _Record, made: Sequence[Combined], evidence: Mapping[str, tuple[Evidence, ...]]) -> set[str]:
    """The second conditions of combinations that have support, if only what the two share; what is over needs none of today."""
    backed = set()
    for condition in {rule.second for rule in made}:
        group, coded = record.groups[condition], record.coded[condition]
        alone = _candidate(record, condition, group, "active", coded, evidence.get(condition, ()))
        if record.status[condition] == "history" or replace(alone, leads=True).backed:
            backed.add(condition)
    return backed | {rule.second for rule in made if _cared_for_together(record, rule, evidence.get(rule.first, ()))}


def _cared_for_together(record: _Record, rule: Combined, proof: Iterable[Evidence]) -> bool:
    """Whether the two of a combination are named as one problem with what is done for the first beside them ("DM2 with CKD 3b:
    glargine 22"): the provider says that they belong together, and the code is the first one's (guideline I.A.15)."""
    cared = [e.start for e in proof if e.own and not e.lent]
    for one in record.groups[rule.first]:
        sentence = record.document.sentences[one.sentence]
        if any(sentence.start <= at < sentence.end for at in cared) and any(
            one.sentence == other.sentence and 0 <= other.i - one.j <= _FEW for other in record.groups[rule.second]
        ):
            return True
    return False


def _of_one_illness(record: _Record, made: Sequence[Combined]) -> set[str]:
    """The second conditions that a first one shows itself in (Alzheimer's and its dementia): one illness, they share their
    proof."""
    after = record.lexicon.codes.coded_after
    return {rule.second for rule in made if after(rule.code, record.coded[rule.second].code)}


def _proof(record: _Record, condition: str, evidence: Mapping[str, tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    """All evidence of a condition: its own, that of general ones folded into it, and the words that prove it by naming it. A
    state that is the treatment itself is proven by that treatment: the sugars that it is followed by are the diabetes's."""
    proof = _merged(*(evidence.get(c, ()) for c in record.with_folded(condition)))
    if record.coded[condition].code.startswith(_TREATMENTS):
        proof = tuple(e for e in proof if e.element == _TREAT and e.own)
    if record.status[condition] != "active":
        return proof
    return _merged(proof, *_self_proving(record, condition))


def _of_its_own(record: _Record, condition: str, proof: tuple[Evidence, ...], leads: bool) -> Iterator[Candidate]:
    """Candidates of a condition by itself: one for each place it is in, and the codes that it needs besides."""
    known, group, named = record.lexicon.conditions[condition], record.groups[condition], record.mentions_of(condition)
    status, base = record.status[condition], record.coded[condition]
    passing = known.course == "passing" and not _lasts(record.document, group)
    places = record.coder.in_each_place(known, group, base) if status == "active" else [(base, [])]
    for own, mine in _of_each_place(record.document, places, proof):
        yield replace(_candidate(record, condition, named, status, own, mine), passing=passing, leads=leads)
    for more in record.coder.more(known, group, status, base):
        yield _candidate(record, condition, named, status, more, proof)


def _of_each_place(
    document: Document, places: Sequence[tuple[Coded, list[Located]]], proof: tuple[Evidence, ...]
) -> Iterator[tuple[Coded, tuple[Evidence, ...]]]:
    """The codes of a condition's ``places`` with their evidence: what the conclusion says behind the name of one of them is
    that one's until it names the next ("1. Hemiparesis: OT. 2. Aphasia: speech therapy"); all else is said of each."""
    if len(places) == 1:
        yield places[0][0], proof
        return
    told = [(m.sentence, n) for n, (_, mentions) in enumerate(places) for m in mentions if m.mention.section in CONCLUSIONS]
    starts = [s.start for s in document.sentences]

    def is_of(e: Evidence, place: int) -> bool:
        at = bisect_right(starts, e.start) - 1
        section = document.sentences[at].section
        last = max((s for s, _ in told if s <= at and document.sentences[s].section == section), default=None)
        return last is None or (last, place) in told

    for number, (coded, _) in enumerate(places):
        yield coded, tuple(e for e in proof if is_of(e, number)) or proof


def _combination(record: _Record, rule: Combined, proof: tuple[Evidence, ...], lent: Sequence[Evidence]) -> Candidate:
    """The candidate of a combination code; ``proof``: the first condition's, ``lent``: the second's, which counts for less
    unless the code stands beside the first's own (E11.22 beside E11.621), for that one tells of the second."""
    first, second = (record.lexicon.conditions[c].name for c in (rule.first, rule.second))
    why, base = f"{first} with {second}: one combination code", record.coded[rule.first]
    made_of = Coded(rule.code, (base.code,) if base.code != rule.code else (), why, specific=True)
    share = _LENT if rule.replaces else 1.0
    both = _merged(_of_the_two(proof, lent), [replace(e, strength=round(e.strength * share, 2)) for e in lent])
    # Beside the first's own code (E11.42), this one (E11.22) is the second's too.
    named = [*record.mentions_of(rule.first), *(() if rule.replaces else record.groups[rule.second])]
    joint = replace(_candidate(record, rule.first, named, "active", made_of, both), combined=True)
    if rule.replaces:
        return joint
    # It is shown by the words that name the kidney, not by those of the neuropathy.
    mentions = sorted(joint.mentions, key=lambda m: (m.status != "active", m.condition != rule.second))
    return replace(joint, condition=second, mentions=tuple(mentions))


def _beside(
    record: _Record, rule: Combined, evidence: Mapping[str, tuple[Evidence, ...]], proof: tuple[Evidence, ...]
) -> tuple[Evidence, ...]:
    """What a disease itself lends to a combination code that stands beside the first's own (E11.22 beside E11.42); where
    nothing is said of the second, what the first's ``proof`` knows of it too."""
    same = [c for c in record.with_folded(rule.first)[1:] if record.coded[c].code[:3] == rule.code[:3]]
    general = [e for c in same for e in evidence.get(c, ())]
    return _merged(general, () if evidence.get(rule.second) else [e for e in proof if e.own])


def _without_what_is_of(
    others: Iterable[str], rule: Combined, found: tuple[Evidence, ...], record: _Record, items: Sequence[Item]
) -> tuple[Evidence, ...]:
    """Evidence without what speaks for another of the complications that one disease is coded with in the record (``others``)
    and not for this code's: a monofilament (E11.42) proves nothing of the kidney (E11.22), the A1c is of each."""
    kind = rule.code[:OF_ONE_KIND]
    elsewhere = tuple({o[:OF_ONE_KIND] for o in others if o[:3] == kind[:3] and o[3:] != _NO_COMPLICATION} - {kind})
    if not elsewhere:
        return found
    starts, conditions = record.document.tokens.starts, record.lexicon.conditions
    offsets = [starts[item.i] for item in items]

    def is_anothers(e: Evidence) -> bool:
        inside = items[bisect_left(offsets, e.start) : bisect_left(offsets, e.end)]
        known = {c for item in inside for c in item.word.conditions}
        alike = (conditions[c] for c in known if conditions[c].default_code[0] == kind[0])
        codes = [own for one in alike for _, own in one.codes]
        is_its = rule.second in known or any(own.startswith(kind) for own in codes)
        return not is_its and any(own.startswith(elsewhere) for own in codes)

    return tuple(e for e in found if not (e.own and is_anothers(e)))


def _of_the_two(proof: Sequence[Evidence], lent: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The first condition's ``proof`` of a combination code: what may be either's is the code's, for it names both ("HTN,
    CKD 3" on a list, lisinopril among the drugs)."""
    either = {(e.element, e.start, e.end) for e in lent if e.why.endswith(OF_TWO)}
    return tuple(
        replace(e, why=e.why.removesuffix(OF_TWO)) if e.why.endswith(OF_TWO) and (e.element, e.start, e.end) in either else e
        for e in proof
    )


def _opening(document: Document, located: Sequence[Located]) -> tuple[int, int]:
    """The text that tells what a record is about, from offset to offset: all of one that names few conditions, or the sentence
    that first names any outside a list that is carried along, if it names few."""
    present = [m for m in located if m.mention.status == "active"]
    if len({m.mention.condition for m in present}) <= _FEW:
        return 0, len(document.text)
    first = min((m.sentence for m in present if m.mention.section not in LISTS), default=None)
    if first is None:
        return 0, 0
    if len({m.mention.condition for m in present if m.sentence == first}) > _FEW:
        return 0, 0
    return document.sentences[first].start, document.sentences[first].end


def link_candidates(
    document: Document, located: Sequence[Located], items: Sequence[Item], lexicon: Lexicon
) -> list[tuple[EvidenceCandidate, str]]:
    """Every piece of evidence that could be tied to an active condition, with that condition's code: what the linker is
    trained on."""
    located = settle(document, located, items, lexicon)
    groups = _by_condition(located)
    active = [c for c, group in groups.items() if _status(c, group, lexicon) == "active"]
    codes = {c: _Coder(lexicon).code(c, groups[c], "active").code for c in active}
    found = evidence_candidates(document, located, items, _courses(active, lexicon), lexicon.sites)
    return [(e, codes[e.condition]) for e in found]


def _courses(conditions: Iterable[str], lexicon: Lexicon) -> dict[str, Course]:
    return {c: lexicon.conditions[c].course for c in conditions}


def _status(condition: str, group: Sequence[Located], lexicon: Lexicon) -> Status:
    return overall_status([m.mention for m in group], lexicon.conditions[condition].course)


def _folded(status: Mapping[str, Status], groups: Mapping[str, Sequence[Located]], lexicon: Lexicon) -> dict[str, str]:
    """General conditions that a more specific one in the same encounter already says: general -> specific, both present.
    One whose kind or place a third's words tell is not the second's: beside a pressure ulcer a venous one keeps its own."""
    folded: dict[str, str] = {}
    named = {c: {(m.i, m.j) for m in g if m.mention.status == "active" and m.mention.attributes} for c, g in groups.items()}
    for specific in (c for c, own in status.items() if own == "active"):
        for general in lexicon.implied.get(specific, ()):
            if any(named.get(general, set()) & named[c] for c in named.keys() - {general, specific}):
                continue
            if status.get(general) == "active" and general != specific and folded.get(specific) != general:
                folded.setdefault(general, specific)
    return folded


def _lasts(document: Document, group: Sequence[Located]) -> bool:
    """Whether the words call a condition chronic or recurrent."""
    norms = document.tokens.norms
    return any(not _LASTS.isdisjoint(norms[max(m.i - _BEFORE_NAME, 0) : m.j]) for m in group if m.mention.status == "active")


def _self_proving(record: _Record, condition: str) -> tuple[list[Evidence], list[Evidence]]:
    """The sentences that prove a present condition by naming it, as findings and as treatments. What the examination finds of a
    condition that the record states is its own evidence ("R hemiparesis"); a lasting state ("left BKA") needs no other
    statement. So is what tells of a condition that is a treatment ("uses insulin")."""
    known = record.lexicon.conditions[condition]
    present = [m for m in record.groups[condition] if m.mention.status == "active"]
    on_exam = [m for m in present if m.mention.section in _EXAM]
    stated = known.course == "status" or len(on_exam) < len(present)
    taken = [m for m in present if not m.weak] if known.default_code.startswith(_TREATMENTS) else []
    return (
        _sentences_of(record, on_exam if stated else [], "E", "exam", "found on examination"),
        _sentences_of(record, taken, "T", _DRUG, "the treatment itself"),
    )


def _sentences_of(record: _Record, group: Iterable[Located], element: Element, kind: str, why: str) -> list[Evidence]:
    """The sentences of mentions as evidence."""
    sentences = [record.document.sentences[number] for number in sorted({m.sentence for m in group})]
    return [Evidence(element, kind, s.start, s.end, _SEEN, why) for s in sentences]


def _merged(*groups: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence of several conditions as one list, best first, each span and letter once."""
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return tuple(*filled)
    best: dict[tuple[str, int, int], Evidence] = {}
    for e in (e for group in filled for e in group):
        key = (e.element, e.start, e.end)
        if key not in best or e.strength > best[key].strength:
            best[key] = e
    return tuple(sorted(best.values(), key=lambda e: (-e.strength, e.start)))


def _candidate(
    record: _Record, condition: str, group: Sequence[Located], status: Status, coded: Coded, evidence: tuple[Evidence, ...]
) -> Candidate:
    """A candidate of the mentions ``group``, those of its status first, and of them the conclusion's."""
    known, lexicon = record.lexicon.conditions[condition], record.lexicon
    risk = lexicon.high_risk_of(coded.code)
    mentions = sorted((m.mention for m in group), key=lambda m: (m.status != status, _FIRST.get(m.section, 9), m.start))
    return Candidate(
        encounter=record.encounter,
        condition=known.name,
        icd10=coded.code,
        alternatives=coded.alternatives,
        status=status,
        mentions=tuple(mentions),
        evidence=evidence if status == "active" else (),
        course=known.course,
        pays=lexicon.codes.pays(coded.code),
        weak=all(m.weak for m in group),
        combined=False,
        specific=coded.specific,
        high_risk=risk.group if risk else None,
        decided=(coded.rule, *dict.fromkeys(c for m in mentions[:3] for c in m.cues)),
    )


def _without_excluded(candidates: list[Candidate], lexicon: Lexicon) -> list[Candidate]:
    """Two present conditions of an Excludes1 pair are not reported together (guideline I.A.12.a): the one whose note names the
    other gives way; where each names the other, the one that the conclusion names, that more words support."""
    present = [c for c in candidates if c.status == "active" and c.evidence and not (c.only_results or c.minor)]
    ranked = sorted(present, key=lambda c: (not any(m.section in CONCLUSIONS for m in c.mentions), -len(c.evidence)))
    excluded: dict[str, str] = {}
    for k, first in enumerate(ranked):
        for second in ranked[k + 1 :]:
            if {first.icd10, second.icd10} & set(excluded):
                continue
            if not (excluded_one := gives_way(first.icd10, second.icd10, lexicon)):
                continue
            excluded[excluded_one] = first.icd10 if excluded_one == second.icd10 else second.icd10
    return [replace(c, excluded_by=excluded.get(c.icd10, "")) for c in candidates]


def _one_per_code(candidates: list[Candidate]) -> list[Candidate]:
    """One candidate per code: the present one with the most evidence stands, the others' mentions join it."""
    by_code: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_code[candidate.icd10].append(candidate)
    kept = []
    for group in by_code.values():
        group.sort(key=lambda c: (c.status != "active", -len(c.evidence)))
        first, rest = group[0], group[1:]
        if rest:
            seen = {(m.start, m.end) for m in first.mentions}
            more = tuple(m for c in rest for m in c.mentions if (m.start, m.end) not in seen)
            first = replace(
                first,
                mentions=first.mentions + more,
                evidence=_merged(first.evidence, *(c.evidence for c in rest if c.status == "active")),
            )
        kept.append(first)
    return kept
