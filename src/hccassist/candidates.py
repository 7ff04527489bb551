"""From mentions and evidence to candidates: one per condition and code of an encounter, with the status that counts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hccassist.coding import (
    Coded,
    Combined,
    code_condition,
    code_etiology,
    code_manifestation,
    codes_beside,
    combine,
    tellings,
)
from hccassist.evidence.detect import Item
from hccassist.evidence.episode import settle
from hccassist.evidence.link import Candidate as EvidenceCandidate
from hccassist.evidence.link import candidates as evidence_candidates
from hccassist.evidence.link import link
from hccassist.evidence.sequelae import infarctions_over
from hccassist.evidence.strength import Strength
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import CONCLUSIONS, ONLY_ITS_PHASE, Located
from hccassist.nlp.status import tells_of_others
from hccassist.ranking.features import LISTS, Candidate
from hccassist.schema import Encounter, Evidence, Mention, Status
from hccassist.terminology.groups import pattern_group, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import Condition, Course

_OVERRULED = frozenset({"hpi", "chief_complaint", "start", "results"})
_RULED_OUT = re.compile(pattern_group("ruled_out"))
_LASTS = word_group("lasts")
_BEFORE_NAME = 3
_FEW = 2
_LENT = 0.5
"""The evidence of a combination code's second condition counts for less than the first's own."""
_WORST = frozenset({"acuity", "severity", "laterality"})
"""Attributes of which a record's worst, or both sides, count."""
_KINDS = ("site=", "organ=", "with=", "manifestation=")
_EXAM = frozenset({"exam", "vitals"})
_SEEN = 0.5
"""The strength of a condition that the examination names: likelier than not to be quoted."""
_ENDED = re.compile(pattern_group("ended_cue"))
_FIRST: dict[str, int] = {"assessment_plan": 0, "hospital_course": 1, "hpi": 2, "start": 3}


def _without_doubted_kinds(mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Without mentions that doubt only a kind of what is told as present: "history of sarcoidosis ... sarcoid arthropathy was
    considered"."""
    told = {a for m in mentions if m.status == "active" for a in m.attributes}
    if not any(m.status == "active" for m in mentions):
        return mentions
    return [m for m in mentions if m.status != "uncertain" or not any(a.startswith(_KINDS) for a in {*m.attributes} - told)]


def overall_status(mentions: Sequence[Mention]) -> Status:
    """The status that counts where mentions differ.

    Present anywhere means present, unless the note takes it back: a later mention is ruled out outright, or the conclusion
    (assessment, hospital course) denies or doubts what only the narrative said, denies what only the problem list carried
    along, says that it is over, or doubts it where it first names it.
    """
    mentions = [m for m in mentions if ONLY_ITS_PHASE not in m.cues] or mentions
    statuses = {m.status for m in mentions}
    if len(statuses) == 1:
        return next(iter(statuses))
    if "active" in statuses:
        last = max(m.start for m in mentions if m.status == "active")
        if any(m.status == "negated" and m.start > last and _RULED_OUT.search(" ".join(m.cues)) for m in mentions):
            return "negated"
        concluded = {m.status for m in mentions if m.section in CONCLUSIONS}
        told = {m.section for m in mentions if m.status == "active"}
        if "active" not in concluded and told <= _OVERRULED and concluded & {"negated", "uncertain"}:
            return "negated" if "negated" in concluded else "uncertain"
        if "active" not in concluded and told <= {*_OVERRULED, "problem_list"} and "negated" in concluded:
            return "negated"
        ended = [m for m in mentions if m.section in CONCLUSIONS and _ENDED.search(" ".join(m.cues))]
        if ended and concluded == {"history"} and told <= _OVERRULED | LISTS:
            return "history"
        first = min((m for m in mentions if m.section in CONCLUSIONS), key=lambda m: m.start, default=None)
        if first and first.status == "uncertain" and told <= CONCLUSIONS:
            return "uncertain"
        return "active"
    order: tuple[Status, ...] = ("uncertain", "history", "negated", "hypothetical", "family")
    return next(s for s in order if s in statuses)


def build_candidates(
    document: Document,
    encounter: Encounter,
    located: Sequence[Located],
    items: Sequence[Item],
    lexicon: Lexicon,
    strength: Strength,
) -> list[Candidate]:
    """Candidates of one encounter, every status; only active ones carry evidence."""
    located = settle(document, located, items, lexicon, encounter)
    groups: dict[str, list[Located]] = defaultdict(list)
    for m in located:
        groups[m.mention.condition].append(m)
    status = {c: _status(c, group, lexicon) for c, group in groups.items()}
    day = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
    told = {c: _undenied(document, groups[c]) for c in groups}
    folded = _folded([c for c, s in status.items() if s == "active"], lexicon)
    for general, kind in folded.items():
        told[kind] = _with_what_is_said_of(told[general], told[kind], lexicon)
    coded = {c: _coded(c, told[c], status[c], lexicon, day) for c in groups}
    for over in infarctions_over(document, encounter.setting, groups, status, {c: own.code for c, own in coded.items()}):
        status[over] = "history"
        coded[over] = _coded(over, groups[over], "history", lexicon, day)
    active = [c for c, s in status.items() if s == "active"]
    evidence = link(document, located, items, _courses(active, lexicon), strength, lexicon.sites)
    folded = _folded(active, lexicon)
    candidates: list[Candidate] = []
    combined: dict[str, list[Combined]] = defaultdict(list)
    text = " ".join(document.said(s) for s in document.sentences if not tells_of_others(s.section))
    past = {c: coded[c].code for c, s in status.items() if s == "history"}
    for made in combine({c: coded[c].code for c in active if c not in folded}, lexicon, text, past):
        combined[made.first].append(made)
    # The second condition of a combination needs support, if only what the two share; what is over needs none of today.
    seconds = {made.second for rules in combined.values() for made in rules}
    backed = seconds & past.keys()
    for c in seconds - backed:
        alone = _candidate(encounter, c, groups[c], "active", coded[c], tuple(evidence.get(c, ())), lexicon, ())
        if replace(alone, leads=True).backed:
            backed.add(c)
    # A disease and its manifestation (Alzheimer's and its dementia) are one illness: they share their proof.
    one_illness = {
        made.second
        for rules in combined.values()
        for made in rules
        if lexicon.codes.coded_after(made.code, coded[made.second].code)
    }
    for condition, group in groups.items():
        if condition in folded:
            continue
        extra = [m for other, into in folded.items() if into == condition for m in groups[other]]
        proof = _merged(evidence.get(condition, ()), *(evidence.get(o, ()) for o, into in folded.items() if into == condition))
        if status[condition] == "active":
            proof = _merged(proof, _seen(document, group, lexicon))
        base = coded[condition]
        rules = combined.get(condition, [])
        if not any(rule.replaces and rule.second in backed for rule in rules):
            lasts, known = _lasts(document, group), lexicon.conditions[condition]
            places = _in_each_place(known, group, base, lexicon, day) if status[condition] == "active" else [base]
            for own in places:
                alone = _candidate(encounter, condition, group + extra, status[condition], own, proof, lexicon, ())
                passing = alone.course == "passing" and not lasts
                candidates.append(replace(alone, passing=passing, leads=condition in one_illness))
            candidates.extend(
                _candidate(encounter, condition, group + extra, status[condition], more, proof, lexicon, ())
                for more in _more_codes(known, group, status[condition], base, lexicon, day)
            )
        for rule in rules:
            why = f"{lexicon.conditions[condition].name} with {lexicon.conditions[rule.second].name}: one combination code"
            if rule.replaces and rule.second not in backed:
                # A bare entry of a list lends its name to the code, and nothing supports that.
                proof = ()
            both = _merged(proof, [replace(e, strength=round(e.strength * _LENT, 2)) for e in evidence.get(rule.second, ())])
            made_of = Coded(rule.code, (base.code,) if base.code != rule.code else (), why, specific=True)
            # Beside the first's own code (E11.42), this one (E11.22) is the second's too.
            named = group + extra + ([] if rule.replaces else groups[rule.second])
            joint = _candidate(encounter, condition, named, "active", made_of, both, lexicon, (why,))
            candidates.append(joint if rule.replaces else replace(joint, condition=lexicon.conditions[rule.second].name))
    start, end = _opening(document, located)
    led = [replace(c, leads=c.leads or any(start <= m.start < end for m in c.mentions)) for c in _one_per_code(candidates)]
    return _without_excluded(led, lexicon)


def _opening(document: Document, located: Sequence[Located]) -> tuple[int, int]:
    """The text that tells what a record is about, from offset to offset: all of one that names few conditions, or the sentence
    that first names any, if it names few."""
    present = [m for m in located if m.mention.status == "active"]
    if len({m.mention.condition for m in present}) <= _FEW:
        return 0, len(document.text)
    first = min(m.sentence for m in present)
    if len({m.mention.condition for m in present if m.sentence == first}) > _FEW:
        return 0, 0
    return document.sentences[first].start, document.sentences[first].end


def link_candidates(
    document: Document, located: Sequence[Located], items: Sequence[Item], lexicon: Lexicon
) -> list[tuple[EvidenceCandidate, str]]:
    """Every piece of evidence that could be tied to an active condition, with that condition's code: what the linker is
    trained on."""
    located = settle(document, located, items, lexicon)
    groups: dict[str, list[Located]] = defaultdict(list)
    for m in located:
        groups[m.mention.condition].append(m)
    active = [c for c, group in groups.items() if _status(c, group, lexicon) == "active"]
    codes = {c: _coded(c, groups[c], "active", lexicon).code for c in active}
    found = evidence_candidates(document, located, items, _courses(active, lexicon), lexicon.sites)
    return [(e, codes[e.condition]) for e in found]


def _courses(conditions: Sequence[str], lexicon: Lexicon) -> dict[str, Course]:
    return {c: lexicon.conditions[c].course for c in conditions}


def _status(condition: str, group: Sequence[Located], lexicon: Lexicon) -> Status:
    mentions = [m.mention for m in group]
    lasting = lexicon.conditions[condition].course == "lifelong"
    return overall_status(_without_doubted_kinds(mentions) if lasting else mentions)


def _folded(active: Sequence[str], lexicon: Lexicon) -> dict[str, str]:
    """General conditions that a more specific one in the same encounter already says: general -> specific."""
    present = set(active)
    folded: dict[str, str] = {}
    for specific in active:
        for general in lexicon.implied.get(specific, ()):
            if general in present and general != specific and folded.get(specific) != general:
                folded.setdefault(general, specific)
    return folded


def _with_what_is_said_of(general: Sequence[Located], specific: Sequence[Located], lexicon: Lexicon) -> list[Located]:
    """The mentions of a condition, and with them what is said of it under its general name: "vascular dementia ... dementia
    with agitation"."""
    known = {a.split("=", 1)[0] for m in specific if m.mention.status == "active" for a in m.mention.attributes}
    wanted = lexicon.attribute_names[specific[0].mention.condition] - known
    lent = []
    for m in general:
        said = tuple(a for a in m.mention.attributes if a.split("=", 1)[0] in wanted)
        if said and m.mention.status == "active":
            lent.append(replace(m, mention=replace(m.mention, attributes=said, code=None)))
    return [*specific, *lent]


def _undenied(document: Document, group: Sequence[Located]) -> list[Located]:
    """Mentions without what the record takes back: "not morbid obesity, will fix the list" takes the list's wording and
    severity away, unless the conclusion itself states them."""
    denied = [m for m in group if m.mention.status == "negated"]
    if not denied:
        return list(group)
    present = [m.mention for m in group if m.mention.status == "active"]
    stated = {a for m in present if m.section in CONCLUSIONS for a in m.attributes}
    gone = {a for m in denied for a in m.mention.attributes} - stated
    words = {_words(document, m) for m in denied}
    return [
        replace(
            m,
            mention=replace(
                m.mention,
                attributes=tuple(a for a in m.mention.attributes if a not in gone),
                code=None if _words(document, m) in words else m.mention.code,
            ),
        )
        if m.mention.status == "active" and m.mention.section in LISTS
        else m
        for m in group
    ]


def _words(document: Document, m: Located) -> tuple[str, ...]:
    return tuple(document.tokens.norms[m.i : m.j])


def _coded(condition: str, group: Sequence[Located], status: Status, lexicon: Lexicon, day: date | None = None) -> Coded:
    counted = [m.mention for m in group if m.mention.status == status] or [m.mention for m in group]
    concluded = {a.split("=", 1)[0] for m in counted if m.section in CONCLUSIONS for a in m.attributes} - _WORST
    # What the conclusion says of an attribute outweighs what the narrative and the lists say of it.
    attributes = [a for m in counted for a in m.attributes if m.section in CONCLUSIONS or a.split("=", 1)[0] not in concluded]
    exact = [code for code, _ in Counter(m.code for m in counted if m.code).most_common()]
    known = lexicon.conditions[condition]
    coded = code_condition(known, attributes, exact, history=status == "history")
    if status == "active":
        coded = code_manifestation(known, attributes, coded, lexicon)
    return valid_then(coded, day, lexicon)


def _more_codes(
    condition: Condition, group: Sequence[Located], status: Status, base: Coded, lexicon: Lexicon, day: date | None
) -> list[Coded]:
    """The codes that a condition needs besides ``base``: the disease behind a manifestation, a second code for the same
    words."""
    said = [a for m in group if m.mention.status == status for a in m.mention.attributes]
    disease = code_etiology(condition, said, base.code, lexicon)
    found = [disease] if disease else []
    if status == "active":
        found += codes_beside(condition, said, base.code)
    return [valid_then(c, day, lexicon) for c in found]


def _in_each_place(
    condition: Condition, group: Sequence[Located], base: Coded, lexicon: Lexicon, day: date | None
) -> list[Coded]:
    """``base``, or one code for each place that the conclusion, or a silent one's record, tells a condition to be in."""
    present = [m.mention for m in group if m.mention.status == "active"]
    concluded = [m for m in present if m.section in CONCLUSIONS] or present
    told = [] if condition.course == "cancer" else tellings(condition, [m.attributes for m in concluded])
    coded = [valid_then(code_condition(condition, attributes), day, lexicon) for attributes in told]
    exact = list({c.code: c for c in coded if c.code != condition.default_code}.values())
    return exact if len(exact) > 1 else [base]


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


def _lasts(document: Document, group: Sequence[Located]) -> bool:
    """Whether the words call a condition chronic or recurrent."""
    norms = document.tokens.norms
    return any(not _LASTS.isdisjoint(norms[max(m.i - _BEFORE_NAME, 0) : m.j]) for m in group if m.mention.status == "active")


def _seen(document: Document, group: Sequence[Located], lexicon: Lexicon) -> list[Evidence]:
    """A condition that the record states and the examination finds: what the examiner saw is its own evidence ("R hemiparesis",
    "left BKA"). A lasting state needs no other statement."""
    present = [m for m in group if m.mention.status == "active"]
    lasting = lexicon.conditions[group[0].mention.condition].course == "status"
    if not lasting and all(m.mention.section in _EXAM for m in present):
        return []
    seen = [document.sentences[m.sentence] for m in present if m.mention.section in _EXAM]
    return [Evidence("E", "exam", s.start, s.end, _SEEN, "found on examination") for s in seen]


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
    encounter: Encounter,
    condition: str,
    group: Sequence[Located],
    status: Status,
    coded: Coded,
    evidence: tuple[Evidence, ...],
    lexicon: Lexicon,
    why: tuple[str, ...],
) -> Candidate:
    known = lexicon.conditions[condition]
    risk = lexicon.high_risk_of(coded.code)
    mentions = sorted((m.mention for m in group), key=lambda m: (m.status != status, _FIRST.get(m.section, 9), m.start))
    return Candidate(
        encounter=encounter,
        condition=known.name,
        icd10=coded.code,
        alternatives=coded.alternatives,
        status=status,
        mentions=tuple(mentions),
        evidence=evidence if status == "active" else (),
        course=known.course,
        pays=lexicon.codes.pays(coded.code),
        weak=all(m.weak for m in group),
        combined=bool(why),
        specific=coded.specific,
        high_risk=risk.group if risk else None,
        decided=(coded.rule, *dict.fromkeys(c for m in mentions[:3] for c in m.cues)),
    )


def _gives_way(first: str, second: str, lexicon: Lexicon) -> str:
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
            if not (excluded_one := _gives_way(first.icd10, second.icd10, lexicon)):
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
