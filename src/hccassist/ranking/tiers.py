"""A candidate becomes a suggestion: its confidence, its tier, and in plain words why it is shown or held back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hccassist.evidence.choose import choose
from hccassist.evidence.suspects import Suspect
from hccassist.places import Places
from hccassist.ranking.features import Candidate, features
from hccassist.ranking.model import Ranker
from hccassist.ranking.policy import Policy
from hccassist.schema import ELEMENT_NAMES, Encounter, Evidence, EvidenceSpan, Status, Suggestion, Tier
from hccassist.terminology.lexicon import HighRisk, Lexicon
from hccassist.terminology.rows import KIND_ELEMENT

_SUPPORTS = 0.25
_TREATS = 0.06
_TREATMENTS = frozenset({"procedure", "therapy", "device"})
_PASSING = tuple("R0 R1 R2 R3 R4 R5 R6 R70 R71 R72 R73.9 R74 R75 R76 R77 R78 R79 R8 R9 S T Z79.6 Z79.8 Z90 Z96 Z98".split())
_USE = frozenset(f"F{n}.90" for n in (10, 11, 12, 13, 14, 15, 16, 18, 19))
_REPORTED = frozenset({"results"})
_HELD_BACK: dict[Status, str] = {
    "active": "",
    "history": "documented as past",
    "negated": "documented as absent or ruled out",
    "family": "about a relative or another person",
    "uncertain": "documented as uncertain: not codable in this setting (guideline IV.H)",
    "hypothetical": "a risk, a screening or advice, not a diagnosis",
}


def suggest(candidate: Candidate, ranker: Ranker, policy: Policy, lexicon: Lexicon, places: Places) -> Suggestion:
    """The suggestion of a candidate, with at most three evidence passages a letter, best first, and the weaker ones beside."""
    x = features(candidate)
    confidence = ranker.confidence(x)
    code, encounter = candidate.icd10, candidate.encounter
    day = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
    hcc = lexicon.codes.hcc_of(code, day.year if day else None)
    risk = lexicon.high_risk_of(code)
    category = hcc["V28"].category if "V28" in hcc else None
    tier, reason = tier_of(candidate, confidence, policy, category, risk)
    shown, more = choose(candidate.evidence)
    return Suggestion(
        id="",
        encounter=encounter.id,
        condition=candidate.condition,
        icd10=code,
        description=lexicon.codes.title(code),
        alternatives=candidate.alternatives,
        hcc=hcc,
        status=candidate.status,
        tier=tier,
        reason=reason,
        confidence=confidence,
        high_risk=f"{risk.group}: often found unsupported on audit; look for {risk.proof}" if risk else None,
        mentions=tuple(places.span(m.start, m.end) for m in candidate.mentions),
        evidence=_spans(shown, places),
        more_evidence=_spans(more, places),
        why=ranker.why(x),
        decided=candidate.decided,
    )


def suggest_query(suspect: Suspect, encounter: Encounter, places: Places) -> Suggestion:
    """A suspect as a suggestion without a code: its clues are the evidence, its question what a coder may ask."""
    return Suggestion(
        id="",
        encounter=encounter.id,
        condition=suspect.rule.condition,
        icd10=None,
        description="",
        alternatives=(),
        hcc={},
        status="uncertain",
        tier="suspect" if encounter.valid != "no" else "suppressed",
        reason=suspect.rule.question,
        confidence=0.0,
        high_risk=None,
        mentions=(),
        evidence=_spans(suspect.clues, places),
    )


def tier_of(
    candidate: Candidate, confidence: float, policy: Policy, category: str | None, risk: HighRisk | None
) -> tuple[Tier, str]:
    """Where a suggestion is shown and, when it is held back, the reason a coder reads."""
    if candidate.status != "active":
        cues = next((d for d in candidate.decided[1:] if d), "")
        return "suppressed", _HELD_BACK[candidate.status] + (f" ({cues})" if cues else "")
    if candidate.encounter.valid == "no":
        problems = "; ".join(candidate.encounter.problems)
        return "suppressed", f"this record cannot carry a diagnosis: {problems or 'not a valid record'}"
    if candidate.excluded_by:
        return "suppressed", (
            f"an Excludes1 note keeps it from being reported with {candidate.excluded_by} of this record, unless the two are"
            " unrelated (guideline I.A.12.a)"
        )
    if not candidate.pays and (candidate.course == "acute" or candidate.passing or candidate.icd10.startswith(_PASSING)):
        return "suppressed", "a symptom, a passing problem or a surgical status without a payment category"
    if candidate.icd10 in _USE and not any(a.endswith("=disorder") for m in candidate.mentions for a in m.attributes):
        return "suppressed", "use of a substance without a disorder it causes is not coded (guideline I.C.5.b.3)"
    treated = any(e.kind == "drug" or e.kind in _TREATMENTS for e in candidate.evidence)
    if not treated and {m.section for m in candidate.mentions if m.status == "active"} <= _REPORTED:
        return "suppressed", "named only in a test's result, and not treated: the provider does not state it as a diagnosis"
    if {m.section for m in candidate.mentions} <= set(policy.ignore_sections):
        return "suppressed", "stands only in a section that the policy ignores"
    proof = [e for e in candidate.evidence if not candidate.weak or e.kind in KIND_ELEMENT]
    if not any(_supports(e) for e in proof):
        return "mention_only", "named as present, but nothing in this record monitors, evaluates, assesses or treats it"
    threshold = policy.threshold_for(category, risk.group if risk else None, candidate.pays)
    if confidence < threshold:
        return "suppressed", f"confidence {confidence:.2f} is below the threshold of {threshold:.2f}"
    letters = {e.element for e in candidate.evidence}
    return "supported", "found: " + ", ".join(ELEMENT_NAMES[e] for e in "MEAT" if e in letters)


def _supports(e: Evidence) -> bool:
    """Whether a piece of evidence is enough on its own: strong, a drug for the condition, or a treatment in its sentence."""
    treats = e.kind in _TREATMENTS and e.why == "same sentence"
    return e.kind == "drug" or e.strength >= (_TREATS if treats else _SUPPORTS)


def _spans(evidence: Sequence[Evidence], places: Places) -> tuple[EvidenceSpan, ...]:
    spans: list[EvidenceSpan] = []
    for e in evidence:
        at = places.span(e.start, e.end)
        spans.append(EvidenceSpan(at.start, at.end, at.text, at.page, at.boxes, e.element, e.kind, e.strength, e.why))
    return tuple(spans)
