"""FHIR JSON: documents, reports and compositions, with their attachments read by what they hold."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from hccassist.reading.errors import ReadError
from hccassist.reading.html import html_text
from hccassist.reading.limits import Limits
from hccassist.reading.merging import merged
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart

_SUFFIX = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/rtf": ".rtf",
    "application/rtf": ".rtf",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/tiff": ".tif",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_NOT_READ = frozenset({"unsupported", "not_utf8", "mismatch"})
_CLASSES = {
    "AMB": "office",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "OBSENC": "outpatient",
    "SS": "outpatient",
    "EMER": "emergency",
    "HH": "home",
    "VR": "virtual",
}
"""Encounter classes of HL7's ActCode as a header prints them."""
_STAYS = frozenset({"IMP", "ACUTE", "NONAC"})


def read_fhir(data: bytes, name: str, sha256: str, limits: Limits, read: Callable[[bytes, str, Limits], Chart]) -> Chart:
    """The chart of a FHIR resource or bundle. ``read`` reads one attachment. Raises ``ReadError``."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ReadError("broken", f"{name}: broken JSON; export it again") from None
    resources = list(_resources(document))
    known = _by_reference(document, resources)
    charts: list[Chart] = []
    refused: ReadError | None = None
    room = limits.max_unpacked_bytes
    for resource in resources:
        header = _header(resource, known)
        for attachment in _attachments(resource):
            content = _decoded(attachment, name)
            room -= len(content)
            if room < 0:
                raise ReadError("too_large", f"{name}: its attachments are too large; split the bundle")
            kind = str(attachment.get("contentType") or "").split(";")[0].strip().lower()
            suffix = _SUFFIX.get(kind, ".txt" if kind.startswith("text/") else "")
            if suffix in {".txt", ".html"}:
                # Text alone carries no letterhead: the resource's own facts go before it.
                text = content.decode("utf-8", "replace") if suffix == ".txt" else html_text(content.decode("utf-8", "replace"))
                charts.append(text_chart("\n".join([*header, text]), name, sha256))
                continue
            # Without a type that is known the content has to speak for itself; plain text does only where no type is given.
            place = f"{name}/attachment {len(charts) + 1}"
            try:
                charts.append(read(content, place + (suffix or ("" if kind in _UNTYPED else ".unknown")), limits))
            except ReadError as error:
                if suffix or error.type not in _NOT_READ:
                    raise
                refused = ReadError("unsupported", f"{place}: files of this kind are not read; attach it as PDF or text")
                charts.append(_unread_page("\n".join(header), name, sha256))
        narrative = _narrative(resource)
        if narrative:
            charts.append(text_chart("\n".join([*header, narrative]), name, sha256))
    if refused and all(page.source == "unread" for chart in charts for page in chart.pages):
        raise refused
    if not charts:
        raise ReadError("empty", f"{name}: no document in the FHIR resources; export them with their attachments")
    return merged(charts, name, sha256)


def _unread_page(header: str, name: str, sha256: str) -> Chart:
    """The place of an attachment that cannot be read: what its resource says of it, and a page that is listed as unread."""
    chart = text_chart(header, name, sha256)
    return replace(chart, pages=tuple(replace(page, source="unread", unread="kind") for page in chart.pages))


def _resources(document: Any) -> Iterator[dict[str, Any]]:
    stack = [document]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict) and item.get("resourceType") == "Bundle":
            entries = item.get("entry")
            if isinstance(entries, list):
                stack.extend(e.get("resource") for e in reversed(entries) if isinstance(e, dict))
        elif isinstance(item, dict) and item.get("resourceType"):
            yield item


def _attachments(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = resource.get("resourceType")
    if kind == "DocumentReference":
        found = [c.get("attachment") for c in _list(resource, "content") if isinstance(c, dict)]
    elif kind == "DiagnosticReport":
        found = _list(resource, "presentedForm")
    elif kind == "Binary":
        found = [resource]
    else:
        found = []
    yield from (a for a in found if isinstance(a, dict) and a.get("data"))


def _decoded(attachment: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(attachment["data"]), validate=False)
    except (binascii.Error, ValueError):
        raise ReadError("broken", f"{name}: an attachment is not base64; export it again") from None


def _narrative(resource: dict[str, Any]) -> str:
    if resource.get("resourceType") != "Composition":
        return ""
    lines: list[str] = []
    stack = list(reversed(_list(resource, "section")))
    while stack:
        section = stack.pop()
        if not isinstance(section, dict):
            continue
        text = section.get("text")
        div = text.get("div") if isinstance(text, dict) else None
        if div:
            lines += [str(section.get("title", "")), html_text(str(div)), ""]
        stack.extend(reversed(_list(section, "section")))
    return "\n".join(lines).strip()


def _by_reference(document: Any, resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The resources by what refers to them: "Patient/p1", and in bundles their full address ("urn:uuid:...")."""
    known = {f"{r.get('resourceType')}/{r.get('id')}": r for r in resources}
    for entry in _list(document, "entry") if isinstance(document, dict) else ():
        if isinstance(entry, dict) and entry.get("fullUrl") and isinstance(entry.get("resource"), dict):
            known[str(entry["fullUrl"])] = entry["resource"]
    return known


def _referred(item: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The resource that a reference names; empty where the file does not hold it."""
    reference = str(item.get("reference", "")) if isinstance(item, dict) else ""
    return known.get(reference) or known.get("/".join(reference.split("/")[-2:])) or {}


def _header(resource: dict[str, Any], known: dict[str, dict[str, Any]]) -> list[str]:
    """What the resource says of patient, visit, author and signature, as a printed header would."""
    lines = []
    kind = _words(resource.get("type")) or _words(resource.get("code")) or str(resource.get("title") or "")
    if kind:
        lines.append(kind)
    subject = resource.get("subject")
    patient = _referred(subject, known)
    name = (subject.get("display") if isinstance(subject, dict) else "") or _human_name(patient)
    if name:
        lines.append(f"Patient: {name}" + (f"  DOB: {patient['birthDate']}" if patient.get("birthDate") else ""))
    context = resource.get("context")
    context = context if isinstance(context, dict) else {}
    encounters = [*_list(context, "encounter"), resource.get("encounter")]
    encounter = next((found for e in encounters if (found := _referred(e, known))), {})
    lines += _visit_lines(encounter, context.get("period") or encounter.get("period"), resource)
    for author in _list(resource, "author"):
        if who := _person(author, known):
            lines.append(f"Author: {who}")
    lines += _signature_lines(resource, known)
    return lines


def _visit_lines(encounter: dict[str, Any], period: Any, resource: dict[str, Any]) -> list[str]:
    """When and how the patient was seen (Encounter.class, ActCode); a stay by its days of admission and discharge."""
    lines = []
    cls = encounter.get("class")
    cls = cls[0] if isinstance(cls, list) and cls else cls
    code = str((cls.get("code") or _words(cls)) if isinstance(cls, dict) else "").upper()
    kinds = [w for w in (_CLASSES.get(code, ""), *(_words(t) for t in _list(encounter, "type"))) if w]
    if kinds:
        lines.append(f"Encounter type: {', '.join(kinds)}")
    start, end = (str(period.get(k) or "")[:10] for k in ("start", "end")) if isinstance(period, dict) else ("", "")
    start = start or str(resource.get("effectiveDateTime") or "")[:10]
    if start and end and start != end and code in _STAYS:
        lines.append(f"Admission date: {start}  Discharge date: {end}")
    elif start:
        lines.append(f"Date of service: {start}")
    elif resource.get("resourceType") == "Composition" and resource.get("date"):
        lines.append(f"Date of note: {str(resource['date'])[:10]}")
    return lines


def _signature_lines(resource: dict[str, Any], known: dict[str, dict[str, Any]]) -> list[str]:
    """Who attested the document, that nobody did yet, or that it was taken back."""
    if "entered-in-error" in (resource.get("status"), resource.get("docStatus")):
        return ["Document status: entered in error"]
    status = str(resource.get("docStatus") or (resource.get("status") if resource.get("resourceType") == "Composition" else ""))
    if status == "preliminary":
        return ["Document status: preliminary"]
    lines = []
    if who := _person(resource.get("authenticator"), known):
        lines.append(f"Electronically signed by: {who} {str(resource.get('date') or '')[:10]}".rstrip())
    for attester in _list(resource, "attester"):
        if isinstance(attester, dict) and (who := _person(attester.get("party"), known)):
            lines.append(f"Electronically signed by: {who} {str(attester.get('time') or '')[:10]}".rstrip())
    return lines


def _person(item: Any, known: dict[str, dict[str, Any]]) -> str:
    """A practitioner's name with the credentials of the resource (Practitioner.qualification, name suffix)."""
    found = _referred(item, known)
    if found.get("resourceType") == "PractitionerRole":
        item = found.get("practitioner")
        found = _referred(item, known)
    shown = str(item.get("display") or "") if isinstance(item, dict) else ""
    if found.get("resourceType") != "Practitioner":
        return shown
    names = [n for n in _list(found, "name") if isinstance(n, dict)]
    suffixes = [str(x) for n in names[:1] for x in _list(n, "suffix")]
    earned = [_code(q.get("code")) for q in _list(found, "qualification") if isinstance(q, dict)]
    name = _human_name(found) or shown
    return ", ".join(dict.fromkeys([name, *(c for c in [*suffixes, *earned] if c and c not in name)]))


def _code(concept: Any) -> str:
    """A qualification as it is printed behind a name: its code where that is one ("MD"), else its words."""
    for coding in _list(concept, "coding") if isinstance(concept, dict) else ():
        if isinstance(coding, dict) and str(coding.get("code") or "").isalpha():
            return str(coding["code"])
    return _words(concept)


def _words(concept: Any) -> str:
    """The text of a coded concept, or the name of its first coding."""
    if not isinstance(concept, dict):
        return ""
    named = (c.get("display") for c in _list(concept, "coding") if isinstance(c, dict))
    return str(concept.get("text") or next((d for d in named if d), "") or concept.get("display") or "")


def _human_name(patient: dict[str, Any]) -> str:
    for name in _list(patient, "name"):
        if isinstance(name, dict):
            given = " ".join(str(g) for g in _list(name, "given"))
            return str(name.get("text") or f"{given} {name.get('family', '')}".strip())
    return ""


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []
