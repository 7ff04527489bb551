"""What a candidate looks like, in numbers that mean something to a coder. The names are those of the training table."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hccassist.evidence.choose import shows_any
from hccassist.evidence.link import is_borrowed
from hccassist.nlp.mentions import AS_A_RESULT
from hccassist.nlp.sections import CONCLUSIONS, FINDINGS, LISTS
from hccassist.places import Places
from hccassist.schema import Element, Encounter, Evidence, Mention, Status
from hccassist.terminology.groups import code_group
from hccassist.terminology.rows import KIND_ELEMENT

_STORY = frozenset({"hpi", "chief_complaint", "start"})
_RESULTS, _FOUND = frozenset({"results"}), frozenset({"results", "exam"})
_ASIDE = frozenset(
    """family_history social_history allergies medications instructions education screening legal copied
    resolved_problems past_medications""".split()
)
_PROCEDURES = frozenset({"procedure", "therapy", "device"})
_USE = code_group("substance_use")
_LENDABLE = frozenset({"drug", "procedure", "therapy", "device", "vital"})
_WORDS = "words"
_ENOUGH = 0.25
_BARELY = 0.06
_SEEN = 0.1
_JUDGED = 0.2
_BESIDE = ("same sentence", "under this problem in the plan")
"""Where plain words may prove a condition: a sentence that only comes next speaks of what comes next."""
_JUDGEMENT = "judgement"
_LIKELY = 0.45
_MAY_BE_TREATED = 0.3
_TESTS = frozenset({"lab", "test", "imaging", "exam", "vital"})
_HYPERTENSION = code_group("hypertension")
_MINOR = code_group("minor")
_LASTING = code_group("lasting_state")
"""The Z codes that name a lasting state of the patient; the others tell of care, of the past or of circumstances."""
_DEFINITION = 4
"""Counted up where a feature keeps its name and changes its meaning."""
_LONG_RECORD = 12_000
_SHORT_RECORD = 150


@dataclass(frozen=True, slots=True)
class Candidate:
    """A condition of one encounter, coded, before anyone says how likely it is. ``mentions`` of every status; ``status``
    is the one that counts; ``weak``: all its wordings name it only loosely; ``excluded_by``: the code beside it that an
    Excludes1 note keeps it from being reported with; ``passing``: of weeks or months, and not called chronic or recurrent;
    ``leads``: it is what the record opens with; ``high_risk``: its group in the HHS-OIG toolkit, if any."""

    encounter: Encounter
    condition: str
    icd10: str
    alternatives: tuple[str, ...]
    status: Status
    mentions: tuple[Mention, ...]
    evidence: tuple[Evidence, ...]
    course: str
    pays: bool
    weak: bool
    combined: bool
    decided: tuple[str, ...]
    excluded_by: str = ""
    passing: bool = False
    leads: bool = False
    specific: bool = False
    high_risk: str | None = None

    @property
    def minor(self) -> bool:
        """A symptom, a passing problem, care or circumstance without a payment category."""
        circumstance = self.icd10.startswith("Z") and not self.icd10.startswith(_LASTING)
        passing = self.course == "acute" or self.passing or self.icd10.startswith(_MINOR)
        return not self.pays and (circumstance or passing)

    @property
    def only_use(self) -> bool:
        """Use of a substance without a disorder that it causes (guideline I.C.5.b.3)."""
        stated = any(a.endswith("=disorder") for m in self.mentions for a in m.attributes)
        return self.icd10 in _USE and not stated

    @property
    def only_results(self) -> bool:
        """Named only in a test's result, or seen on examination without a payment category, and not treated: no provider
        states it as a diagnosis."""
        treated = max((e.strength for e in self.evidence if e.kind == "drug" or e.kind in _PROCEDURES), default=0.0)
        present = [m for m in self.mentions if m.status == "active"]
        if all(m.section in _RESULTS or AS_A_RESULT in m.cues for m in present):
            return treated < _LIKELY
        found = all(m.section in _FOUND or AS_A_RESULT in m.cues for m in present)
        return found and not self.pays and self.course != "status" and treated < _MAY_BE_TREATED

    @property
    def only_listed(self) -> bool:
        """Whether only lists of past or present problems name it: of a hypertension there the blood pressure, which is measured
        in everybody, is no proof."""
        return all(m.section in LISTS for m in self.mentions if m.status == "active")

    @property
    def backed(self) -> bool:
        """Some evidence is enough on its own; a generic word is not for a condition that is named only loosely, and words
        without a known proof in them or beside them must be likelier than not to be quoted. What no coder is shown is none."""
        bare = all(e.kind == _WORDS for e in self.evidence)
        proof = (e for e in self.evidence if not self.weak or e.kind in KIND_ELEMENT)
        if self.only_listed and self.icd10.startswith(_HYPERTENSION):
            proof = (e for e in proof if e.kind != "vital")
        in_passing = not self.leads and self.course != "acute" and not any(m.section in CONCLUSIONS for m in self.mentions)
        if in_passing and all(is_borrowed(e) or e.strength < (_ENOUGH if e.kind == _WORDS else _SEEN) for e in self.evidence):
            # Nothing of its own is said: of what is said of others only a treatment or a measurement may be meant for it.
            proof = (e for e in proof if e.strength >= _LIKELY and e.kind in _LENDABLE and not e.lent)
        return any(e.strength >= _LIKELY if bare else _is_enough(e) for e in proof) and shows_any(self.evidence)


@dataclass(frozen=True, slots=True)
class Around:
    """What the rest of the chart says of a candidate: the OCR confidence of its best mention (1 for a text layer), how many
    other records of this patient state it, or deny, doubt or call it past, and how many records the chart has."""

    read: float = 1.0
    stated: int = 0
    denied: int = 0
    records: int = 1


def surroundings(candidates: Sequence[Candidate], places: Places) -> list[Around]:
    """What the rest of a chart adds to each of its candidates. Records that cannot carry a diagnosis (another patient's, a
    laboratory's) neither agree nor disagree."""
    said: dict[str, dict[str, bool]] = defaultdict(dict)
    for c in candidates:
        if c.encounter.valid != "no":
            records = said[c.condition]
            records[c.encounter.id] = records.get(c.encounter.id, False) or c.status == "active"
    found = []
    count = len({c.encounter.id for c in candidates})
    for c in candidates:
        others = [active for record, active in said[c.condition].items() if record != c.encounter.id]
        mine = [m for m in c.mentions if m.status == c.status] or c.mentions
        read = max((places.ocr_confidence(m.start, m.end) for m in mine), default=1.0)
        found.append(Around(round(read, 3), sum(others), len(others) - sum(others), count))
    return found


FEATURES: dict[str, tuple[str, str]] = {
    # name: (what a coder reads where it is high, where it is low); blank: not worth a word
    "active": ("stated as present", "not stated as present"),
    "agreement": ("", "its mentions disagree: denied, past or uncertain elsewhere"),
    "past_cue": ("words of the past around it", ""),
    "in_plan": ("named in the assessment and plan", "not named in the assessment and plan"),
    "in_story": ("named in the history of present illness", ""),
    "only_list": ("stands in a history or problem list only", ""),
    "only_findings": ("named only among test results or exam findings", ""),
    "only_aside": ("named only in passing (social history, instructions, copied text)", ""),
    "ros": ("named in a review of systems only", ""),
    "mentions": ("named more than once", "named once"),
    "ambiguous": ("a short form with several meanings", ""),
    "weak": ("worded loosely", ""),
    "exact_title": ("worded as the code's own title", ""),
    "long_name": ("written out", "written as a short form"),
    "specific": ("type, stage or acuity is documented", "no type, stage or acuity is documented"),
    "monitored": ("it is monitored", "nothing monitors it"),
    "evaluated": ("it is evaluated", "nothing evaluates it"),
    "assessed": ("it is assessed", "nothing assesses it"),
    "treated": ("it is treated", "nothing treats it"),
    "backed": ("evidence that is enough on its own", "no evidence that is enough on its own"),
    "letters": ("several MEAT elements", "few MEAT elements"),
    "strength": ("strong evidence", "no strong evidence"),
    "own_sentence": ("evidence in its own sentence", "no evidence in its own sentence"),
    "own_problem": ("a problem of its own in the plan", ""),
    "known_drug": ("a drug known for it", "no drug known for it"),
    "known_procedure": ("a procedure, therapy or device known for it", ""),
    "known_test": ("a test or finding known for it", "no test or finding known for it"),
    "spans": ("much evidence", "little evidence"),
    "pays": ("it has a payment category", "no payment category"),
    "minor": ("a symptom, a passing problem, care or circumstance", ""),
    "only_use": ("use of a substance without a disorder that it causes", ""),
    "excluded": ("an Excludes1 note keeps it from being reported with another code of the record", ""),
    "only_results": ("named only as a finding, and not treated", ""),
    "acute": ("an acute event", ""),
    "acute_outside": ("an acute event outside a hospital record", ""),
    "cancer": ("a cancer: active only while present or treated", ""),
    "curable": ("a condition that may be over", ""),
    "state": ("a lasting state", ""),
    "high_risk": ("audits find this group unsupported most", ""),
    "combined": ("follows from two documented conditions", ""),
    "invalid": ("the record cannot carry a diagnosis", ""),
    "valid": ("a dated and signed record of this patient", ""),
    "read": ("", "read by OCR with low confidence"),
    "stated_elsewhere": ("other records of the chart state it too", ""),
    "denied_elsewhere": ("other records of the chart deny it, doubt it or call it past", ""),
    "many_records": ("one of many records: text is copied forward", ""),
    "long_record": ("a long record: more is named in passing", "a short record"),
}
# Which way a feature may move the odds: 1 up, -1 down, the others either. A coder must be able to follow each reason.
MONOTONIC: dict[str, int] = {
    **dict.fromkeys(
        """active agreement in_plan mentions exact_title specific monitored evaluated assessed treated backed letters
        strength own_sentence own_problem known_drug known_procedure known_test spans combined valid read
        stated_elsewhere""".split(),
        1,
    ),
    **dict.fromkeys(
        """past_cue only_list only_findings only_aside ros ambiguous weak minor only_use excluded only_results
        acute_outside high_risk invalid denied_elsewhere""".split(),
        -1,
    ),
}


def features_version() -> str:
    """A name for the features as they stand, kept with results: numbers of other features cannot be compared."""
    return hashlib.sha256(f"{_DEFINITION} {' '.join(FEATURES)}".encode()).hexdigest()[:8]


def features(candidate: Candidate, around: Around) -> dict[str, float]:
    """The numbers of ``FEATURES`` for one candidate, each between 0 and 1."""
    return {
        **_of_mentions(candidate),
        **_of_evidence(candidate),
        **_of_kind(candidate),
        **_of_record(candidate.encounter, around),
    }


def _of_mentions(candidate: Candidate) -> dict[str, float]:
    """Where and how a candidate is named, by its mentions of the status that counts."""
    mentions = candidate.mentions
    mine: Sequence[Mention] = [m for m in mentions if m.status == candidate.status] or mentions
    sections = {m.section for m in mine}
    return {
        "active": float(candidate.status == "active"),
        "agreement": len(mine) / max(len(mentions), 1),
        "past_cue": float(any("history" in c or "past" in c for m in mine for c in m.cues)),
        "in_plan": float(bool(sections & CONCLUSIONS)),
        "in_story": float(bool(sections & _STORY)),
        "only_list": float(bool(sections) and sections <= LISTS),
        "only_findings": float(bool(sections) and sections <= FINDINGS),
        "only_aside": float(bool(sections) and sections <= _ASIDE),
        "ros": float(bool(sections) and sections <= {"ros"}),
        "mentions": min(len(mine), 4) / 4,
        "ambiguous": float(any(m.ambiguous for m in mine)),
        "weak": float(candidate.weak),
        "exact_title": float(any(m.code == candidate.icd10 for m in mine)),
        "long_name": min(max((m.end - m.start for m in mine), default=0), 24) / 24,
        "specific": float(candidate.specific),
    }


def _of_evidence(candidate: Candidate) -> dict[str, float]:
    """What supports a candidate."""
    evidence = candidate.evidence
    best: dict[Element, float] = {}
    for e in evidence:
        best[e.element] = max(best.get(e.element, 0.0), e.strength)
    kinds = {e.kind for e in evidence}
    return {
        "monitored": best.get("M", 0.0),
        "evaluated": best.get("E", 0.0),
        "assessed": best.get("A", 0.0),
        "treated": best.get("T", 0.0),
        "backed": float(candidate.backed),
        "letters": len(best) / 4,
        "strength": max(best.values(), default=0.0),
        "own_sentence": float(any(e.why == "same sentence" for e in evidence)),
        "own_problem": float(any(e.why == "under this problem in the plan" for e in evidence)),
        "known_drug": float("drug" in kinds),
        "known_procedure": float(bool(kinds & _PROCEDURES)),
        "known_test": float(bool(kinds & _TESTS)),
        "spans": min(len({(e.start, e.end) for e in evidence}), 8) / 8,
    }


def _of_kind(candidate: Candidate) -> dict[str, float]:
    """What kind of condition and code it is."""
    acute = candidate.course == "acute"
    return {
        "pays": float(candidate.pays),
        "minor": float(candidate.minor),
        "only_use": float(candidate.only_use),
        "excluded": float(bool(candidate.excluded_by)),
        "only_results": float(candidate.status == "active" and candidate.only_results),
        "acute": float(acute),
        "acute_outside": float(acute and candidate.encounter.setting != "inpatient"),
        "cancer": float(candidate.course == "cancer"),
        "curable": float(candidate.course in ("curable", "passing")),
        "state": float(candidate.course == "status"),
        "high_risk": float(candidate.high_risk is not None),
        "combined": float(candidate.combined),
    }


def _of_record(encounter: Encounter, around: Around) -> dict[str, float]:
    """What its record is, and what the others of the chart say."""
    return {
        "invalid": float(encounter.valid == "no"),
        "valid": float(encounter.valid == "yes"),
        "read": around.read,
        "stated_elsewhere": min(around.stated, 3) / 3,
        "denied_elsewhere": min(around.denied, 3) / 3,
        "many_records": min(around.records - 1, 10) / 10,
        "long_record": _share_of_long(encounter.end - encounter.start),
    }


def _is_enough(e: Evidence) -> bool:
    """Whether a piece of evidence supports on its own: strong, a drug for the condition, or a treatment in its sentence. In
    "HTN, HLD, RA on Plaquenil" the drug is the last one's, and no proof of its neighbours."""
    if e.kind == _WORDS and e.why not in _BESIDE:
        return e.strength >= _LIKELY
    treats = e.kind in _PROCEDURES and e.why == "same sentence"
    judged = e.kind == _JUDGEMENT and e.why == "same sentence"
    return (e.kind == "drug" and e.own) or e.strength >= (_BARELY if treats else _JUDGED if judged else _ENOUGH)


def _share_of_long(characters: int) -> float:
    """0 for a few lines, 1 for a record of several pages, logarithmic between."""
    low, high = math.log(_SHORT_RECORD), math.log(_LONG_RECORD)
    return min(max((math.log(max(characters, 1)) - low) / (high - low), 0.0), 1.0)
