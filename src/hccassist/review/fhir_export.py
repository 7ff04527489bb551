"""Accepted codes as a FHIR R4 bundle: a Condition each, the chart's words as its evidence, and who decided as Provenance.

Conditions rest on a DocumentReference that names the chart and the hash of the file that was read. The patient is known by
the chart alone: names stay in the chart.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from hccassist.review.decisions import Decision, SuggestionState
from hccassist.review.export import ORIGIN, element_name, quotes_of, versions_line
from hccassist.schema import provider_line

Json = dict[str, Any]
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_NAMESPACE = uuid.UUID("6f0b5b0e-5f43-4b7a-9f6c-0f3f7a1d2c11")
_CLASSES = {
    "inpatient": ("IMP", "inpatient encounter"),
    "ed": ("EMER", "emergency"),
    "telehealth_video": ("VR", "virtual"),
    "telehealth_audio": ("VR", "virtual"),
    "home": ("HH", "home health"),
}


def bundle(accepted: Iterable[tuple[str, SuggestionState]], now: str) -> Json:
    """A collection of all resources; a state that no person accepted is left out. ``now`` is UTC, ISO 8601."""
    resources: dict[str, Json] = {}
    for chart, state in accepted:
        if state.accepted and state.decision:
            for resource in _resources(chart, state):
                resources[f"urn:uuid:{resource['id']}"] = resource
    entries = [{"fullUrl": url, "resource": resource} for url, resource in resources.items()]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": now, "entry": entries}


def to_fhir(accepted: Iterable[tuple[str, SuggestionState]], now: str) -> bytes:
    """The bundle as JSON."""
    return json.dumps(bundle(accepted, now), ensure_ascii=False, indent=2).encode()


def _resources(chart: str, state: SuggestionState) -> list[Json]:
    decision = state.decision
    assert decision is not None  # the caller asked
    sha256 = str(decision.snapshot.get("sha256", ""))
    encounter = decision.encounter
    patient = {"resourceType": "Patient", "id": _id("patient", sha256), "identifier": [_hash_identifier(sha256)]}
    document = {
        "resourceType": "DocumentReference",
        "id": _id("document", sha256),
        "status": "current",
        "identifier": [_hash_identifier(sha256)],
        "subject": _to(patient),
        "description": chart,
        "content": [{"attachment": {"title": chart}}],
    }
    visit = _encounter(sha256, encounter, state.encounter, patient)
    condition = {
        **_condition(state, decision, document),
        "id": _id("condition", sha256, state.suggestion_id),
        "subject": _to(patient),
        "encounter": _to(visit),
    }
    identity = _id("provenance", sha256, state.suggestion_id, str(decision.seq))
    provenance = {**_provenance(decision), "id": identity, "target": [_to(condition)]}
    provenance["entity"] = [{"role": "source", "what": _to(document)}]
    return [patient, document, visit, condition, provenance]


def _condition(state: SuggestionState, decision: Decision, document: Json) -> Json:
    """What was accepted, with the words that it rests on: all but whose it is."""
    evidence = [
        {
            "code": [{"text": f"{element_name(q['element'])}: “{' '.join(q['text'].split())}”, page {q['page']}"}],
            "detail": [_to(document)],
        }
        for q in quotes_of(state)
    ]
    return {
        "resourceType": "Condition",
        "clinicalStatus": _concept(f"{TERMINOLOGY}/condition-clinical", "active"),
        "verificationStatus": _concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed"),
        "category": [_concept(f"{TERMINOLOGY}/condition-category", "encounter-diagnosis")],
        "code": _concept(ICD10, decision.icd10, decision.description),
        "recordedDate": decision.at,
        **({"evidence": evidence} if evidence else {}),
        **({"note": [{"text": decision.rationale}]} if decision.rationale else {}),
    }


def _provenance(decision: Decision) -> Json:
    """Who decided, and with which versions the suggestion was made."""
    participant = f"{TERMINOLOGY}/provenance-participant-type"
    versions = versions_line(decision.snapshot) or "hccassist"
    return {
        "resourceType": "Provenance",
        "recorded": decision.at,
        "activity": {"text": ORIGIN[decision.kind]},
        "agent": [
            {"type": _concept(participant, "author"), "who": {"display": decision.who}},
            {"type": _concept(participant, "assembler"), "who": {"display": versions}},
        ],
    }


def _encounter(sha256: str, encounter: Mapping[str, Any], fallback: str | None, patient: Json) -> Json:
    code, display = _CLASSES.get(encounter.get("setting", ""), ("AMB", "ambulatory"))
    found: Json = {
        "resourceType": "Encounter",
        "id": _id("encounter", sha256, encounter.get("id") or fallback or ""),
        "status": "finished",
        "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": code, "display": display},
        "subject": _to(patient),
    }
    start = encounter.get("start") or encounter.get("date_of_service")
    end = encounter.get("end") or encounter.get("date_of_service")
    if start:
        found["period"] = {"start": start, **({"end": end} if end else {})}
    provider = provider_line(encounter.get("provider"), encounter.get("credential"), encounter.get("specialty"))
    if provider:
        found["participant"] = [{"individual": {"display": provider}}]
    if encounter.get("specialty"):
        found["serviceType"] = {"text": encounter["specialty"]}
    return found


def _hash_identifier(sha256: str) -> Json:
    digest = base64.b16decode(sha256.upper()) if sha256 else b""
    value = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{value}"}  # RFC 6920: a thing named by its hash


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "|".join(parts)))


def _to(resource: Json) -> Json:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _concept(system: str, code: str, display: str = "") -> Json:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding], **({"text": display} if display else {})}
