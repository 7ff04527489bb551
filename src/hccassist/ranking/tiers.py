"""A candidate becomes a suggestion: its confidence, its tier, and in plain words why it is shown or held back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hccassist.evidence.choose import choose
from hccassist.evidence.suspects import Suspect
from hccassist.places import Places
from hccassist.ranking.features import Around, Candidate, features
from hccassist.ranking.model import Ranker
from hccassist.ranking.policy import Facts, Policy, held_by
from hccassist.schema import ELEMENT_NAMES, Encounter, Evidence, EvidenceSpan, Rule, Status, Suggestion, Tier
from hccassist.terminology.lexicon import Lexicon, Support

_HELD_BACK: dict[Status, str] = {
    "active": "",
    "history": "documented as past",
    "negated": "documented as absent or ruled out",
    "family": "about a relative or another person",
    "uncertain": "documented as uncertain: not codable in this setting (guideline IV.H)",
    "hypothetical": "a risk, a screening or advice, not a diagnosis",
}


def suggest(
    candidate: Candidate, around: Around, ranker: Ranker, policy: Policy, lexicon: Lexicon, places: Places
) -> Suggestion:
    """The suggestion of a candidate, with at most three evidence passages a letter, best first, and the weaker ones beside."""
    x = features(candidate, around)
    confidence = ranker.confidence(x)
    code, encounter = candidate.icd10, candidate.encounter
    day = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
    hcc = lexicon.codes.hcc_of(code, day.year if day else None)
    risk = lexicon.high_risk_of(code)
    facts = facts_of(candidate, x, hcc["V28"].category if "V28" in hcc else None)
    rule = policy.rule_of(facts)
    tier = policy.tier_of(rule, facts, confidence)
    shown, more = choose(candidate.evidence, places.text)
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
        reason=_reason(candidate, shown, rule, tier, confidence, policy.threshold_of(facts), lexicon.support_of(code)),
        confidence=confidence,
        high_risk=f"{risk.group}: often found unsupported on audit; look for {risk.proof}" if risk else None,
        mentions=tuple(places.span(m.start, m.end) for m in candidate.mentions),
        evidence=_spans(shown, places),
        more_evidence=_spans(more, places),
        why=ranker.why(x),
        decided=candidate.decided,
        rule=rule,
        sections=tuple(sorted(facts.sections)),
        features={name: round(value, 4) for name, value in x.items() if value},
    )


def facts_of(candidate: Candidate, x: dict[str, float], category: str | None) -> Facts:
    """What a policy looks at. ``x``: the candidate's features; ``category``: its V28 category at the date of service."""
    return Facts(
        status=candidate.status,
        category=category,
        group=candidate.high_risk,
        pays=candidate.pays,
        held=held_by(x),
        backed=bool(x["backed"]),
        setting=candidate.encounter.setting,
        sections=frozenset(m.section for m in candidate.mentions),
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


def _reason(
    candidate: Candidate,
    shown: Sequence[Evidence],
    rule: Rule,
    tier: Tier,
    confidence: float,
    threshold: float,
    support: Support,
) -> str:
    """Why a suggestion stands where it does, as a coder reads it: no letter is said to be found that no passage shows."""
    match rule:
        case "status":
            cues = next((d for d in candidate.decided[1:] if d), "")
            return _HELD_BACK[candidate.status] + (f" ({cues})" if cues else "")
        case "invalid_record":
            return f"this record cannot carry a diagnosis: {' '.join(candidate.encounter.problems) or 'not a valid record'}"
        case "excluded":
            return (
                f"an Excludes1 note keeps it from being reported with {candidate.excluded_by} of this record, unless the two"
                " are unrelated (guideline I.A.12.a)"
            )
        case "minor":
            return "a symptom, a passing problem, care or circumstance without a payment category"
        case "only_use":
            return "use of a substance without a disorder it causes is not coded (guideline I.C.5.b.3)"
        case "only_results":
            return "named only as a finding, and not treated: the provider does not state it as a diagnosis"
        case "ignored":
            return "stands only in sections, or in a type of note, that the policy ignores"
        case "no_evidence":
            return (
                f"named as present; this record does not say how it is monitored ({support.monitor}), evaluated"
                f" ({support.evaluate}), assessed (status, judgement) or treated ({support.treat})"
            )
        case "threshold" if tier != "supported":
            digits = 2 if round(confidence, 2) < round(threshold, 2) else 4  # 0.4497 is not 0.45
            return f"confidence {confidence:.{digits}f} is below the threshold of {threshold:.2f}"
    letters = {e.element for e in shown}
    return "found: " + ", ".join(ELEMENT_NAMES[e] for e in "MEAT" if e in letters)


def _spans(evidence: Sequence[Evidence], places: Places) -> tuple[EvidenceSpan, ...]:
    spans: list[EvidenceSpan] = []
    for e in evidence:
        at = places.span(e.start, e.end)
        why = "; ".join((e.why, *e.facts))
        spans.append(EvidenceSpan(at.start, at.end, at.text, at.page, at.boxes, e.element, e.kind, e.strength, why))
    return tuple(spans)
