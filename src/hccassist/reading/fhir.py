"""FHIR JSON: documents, reports and compositions, with their attachments read by what they hold."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from typing import Any

from hccassist.reading.errors import ReadError
from hccassist.reading.html import html_text
from hccassist.reading.limits import Limits
from hccassist.reading.merging import merged
from hccassist.reading.plain import one_page
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


def read_fhir(data: bytes, name: str, sha256: str, limits: Limits, read: Callable[[bytes, str, Limits], Chart]) -> Chart:
    """The chart of a FHIR resource or bundle. ``read`` reads one attachment. Raises ``ReadError``."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ReadError("broken", f"{name}: broken JSON; export it again") from None
    resources = list(_resources(document))
    patients = {r.get("id"): r for r in resources if r.get("resourceType") == "Patient"}
    charts: list[Chart] = []
    room = limits.max_unpacked_bytes
    for resource in resources:
        header = _header(resource, patients)
        for attachment in _attachments(resource):
            content = _decoded(attachment, name)
            room -= len(content)
            if room < 0:
                raise ReadError("too_large", f"{name}: its attachments are too large; split the bundle")
            suffix = _SUFFIX.get(str(attachment.get("contentType", "")).split(";")[0].strip().lower(), ".txt")
            if suffix in {".txt", ".html"}:
                # Text alone carries no letterhead: the resource's own facts go before it.
                text = content.decode("utf-8", "replace") if suffix == ".txt" else html_text(content.decode("utf-8", "replace"))
                charts.append(one_page("\n".join([*header, text]), name, sha256))
            else:
                charts.append(read(content, f"{name}/attachment {len(charts) + 1}{suffix}", limits))
        narrative = _narrative(resource)
        if narrative:
            charts.append(one_page("\n".join([*header, narrative]), name, sha256))
    if not charts:
        raise ReadError("empty", f"{name}: no document in the FHIR resources; export them with their attachments")
    return merged(charts, name, sha256)


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


def _header(resource: dict[str, Any], patients: dict[Any, dict[str, Any]]) -> list[str]:
    """What the resource says of patient, day and author, as a printed header would."""
    lines = []
    kind = resource.get("type") or resource.get("code")
    if isinstance(kind, dict) and kind.get("text"):
        lines.append(str(kind["text"]))
    subject = resource.get("subject")
    if isinstance(subject, dict):
        patient = patients.get(str(subject.get("reference", "")).rpartition("/")[2])
        name = subject.get("display") or (_human_name(patient) if patient else "")
        birth = f"  DOB: {patient['birthDate']}" if patient and patient.get("birthDate") else ""
        if name:
            lines.append(f"Patient: {name}{birth}")
    context = resource.get("context")
    period = context.get("period") if isinstance(context, dict) else None
    day = period.get("start") if isinstance(period, dict) else resource.get("effectiveDateTime")
    if day:
        lines.append(f"Date of service: {str(day)[:10]}")
    for author in _list(resource, "author"):
        if isinstance(author, dict) and author.get("display"):
            lines.append(f"Author: {author['display']}")
    return lines


def _human_name(patient: dict[str, Any]) -> str:
    for name in _list(patient, "name"):
        if isinstance(name, dict):
            given = " ".join(str(g) for g in _list(name, "given"))
            return str(name.get("text") or f"{given} {name.get('family', '')}".strip())
    return ""


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []
