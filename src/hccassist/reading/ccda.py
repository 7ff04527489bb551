"""C-CDA: the narrative of a clinical document (XML), which is what its author attested, under the facts of its
header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hccassist.reading.errors import ReadError
from hccassist.reading.layout import CELL_SEPARATOR
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart

_NS = "{urn:hl7-org:v3}"
_BLOCKS = frozenset({"paragraph", "list", "item", "table", "tr", "thead", "tbody", "caption", "br", "text", "title"})
_ENCOUNTERS = {"AMB": "office", "IMP": "inpatient", "ACUTE": "inpatient", "EMER": "emergency", "HH": "home", "VR": "virtual"}
"""Kinds of encounter of HL7's ActCode as a header prints them."""
_CELLS = frozenset({"td", "th"})


def read_ccda(data: bytes, name: str, sha256: str) -> Chart:
    """The chart of a C-CDA document, as one page without words; raises ``ReadError``."""
    import defusedxml.ElementTree as safe
    from defusedxml import DefusedXmlException

    try:
        root = safe.fromstring(data)
    except DefusedXmlException:
        raise ReadError("unsafe", f"{name}: XML with entity declarations is refused; export it again") from None
    except (safe.ParseError, ValueError, LookupError):
        raise ReadError("broken", f"{name}: broken XML; export it again") from None
    lines = [*_header(root), *_sections(root)]
    text = "\n".join(lines)
    if not text.strip():
        raise ReadError("empty", f"{name}: the document holds no narrative; export it again")
    return text_chart(text, name, sha256)


def _header(root: Element) -> Iterator[str]:
    title = root.findtext(f"{_NS}title")
    if title:
        yield title.strip()
    patient = root.find(f"{_NS}recordTarget/{_NS}patientRole/{_NS}patient")
    if patient is not None:
        birth = patient.find(f"{_NS}birthTime")
        yield f"Patient: {_name(patient)}{CELL_SEPARATOR}DOB: {_date(birth)}"
    encounter = root.find(f"{_NS}componentOf/{_NS}encompassingEncounter")
    if encounter is not None:
        time = encounter.find(f"{_NS}effectiveTime")
        low = time.find(f"{_NS}low") if time is not None else None
        when = _date(low if low is not None else time)
        high = _date(time.find(f"{_NS}high")) if time is not None else ""
        code = encounter.find(f"{_NS}code")
        kind = _ENCOUNTERS.get(code.get("code", ""), code.get("displayName", "")) if code is not None else ""
        if kind:
            yield f"Encounter type: {kind}"
        if when and high and high != when:
            yield f"Admission date: {when}{CELL_SEPARATOR}Discharge date: {high}"
        elif when:
            yield f"Encounter date: {when}"
    for author in root.findall(f"{_NS}author/{_NS}assignedAuthor/{_NS}assignedPerson"):
        yield f"Author: {_name(author)}"
    signer = root.find(f"{_NS}legalAuthenticator")
    if signer is not None:
        person = signer.find(f"{_NS}assignedEntity/{_NS}assignedPerson")
        if person is not None:
            yield f"Electronically signed by: {_name(person)} {_date(signer.find(f'{_NS}time'))}"


def _name(person: Element) -> str:
    """Given and family names in order, with the credentials that stand in suffixes."""
    name = person.find(f"{_NS}name")
    if name is None:
        return ""
    if not len(name):
        return " ".join((name.text or "").split())
    words = [(child.text or "").strip() for child in name if not child.tag.endswith(("suffix", "prefix"))]
    suffixes = [(child.text or "").strip() for child in name if child.tag.endswith("suffix")]
    return ", ".join(part for part in (" ".join(w for w in words if w), *suffixes) if part)


def _date(element: Element | None) -> str:
    value = element.get("value", "") if element is not None else ""
    match = re.match(r"(\d{4})(\d\d)(\d\d)", value)
    return "-".join(match.groups()) if match else ""


def _sections(root: Element) -> Iterator[str]:
    for section in root.iter(f"{_NS}section"):
        title, text = section.find(f"{_NS}title"), section.find(f"{_NS}text")
        body = _flat(text) if text is not None else ""
        if body:
            yield ""
            if title is not None:
                yield "".join(title.itertext()).strip()
            yield body


def _flat(text: Element) -> str:
    parts: list[str] = []
    stack: list[Element | str] = [text]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        tag = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        before, after = ("\n", "\n") if tag in _BLOCKS else ("", CELL_SEPARATOR) if tag in _CELLS else ("", "")
        stack.append(after)
        for child in reversed(list(node)):
            stack.append(re.sub(r"\s+", " ", child.tail or ""))
            stack.append(child)
        stack.append(before + re.sub(r"\s+", " ", node.text or ""))
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
