"""What the code of a condition takes from the rest of its record: words that other mentions and other conditions say of it.

A general name says what the specific one leaves open; the list's wording goes where the record takes it back; a joint that was
replaced leaves one side of a disease of both; an ulcer tells the place of the vessels' disease that it comes from; a fracture
that is told as pathological is that of the tumor in the bone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.nlp.sections import CONCLUSIONS, LISTS
from hccassist.schema import Status
from hccassist.terminology.groups import code_group
from hccassist.terminology.lexicon import Lexicon

_IN_A_JOINT, _NEW_JOINT = code_group("in_a_joint"), code_group("new_joint")
_SKIN_ULCER, _WITH_ULCER = code_group("skin_ulcer"), code_group("coded_with_ulcer")
_TUMOR_IN_BONE, _OSTEOPOROSIS = code_group("tumor_in_bone"), code_group("osteoporosis")
_PATHOLOGICAL, _BY_TUMOR = "cause=pathological", "cause=neoplasm"
_NO_CAUSE = "M84.4"
_ULCERATED = "complication=ulcer"
_AS_VESSELS_SAY = {"toe": "foot"}
"""The toes are "other part of foot" in the codes of the vessels."""
_ANY_PART = "leg"
"""An ulcer "of the leg" leaves its place open; the vessels' codes have one for another part of the lower leg."""
_OTHER_SIDE = {"left": "right", "right": "left"}


def told_together(
    document: Document,
    groups: Mapping[str, Sequence[Located]],
    status: Mapping[str, Status],
    folded: Mapping[str, str],
    lexicon: Lexicon,
) -> dict[str, Sequence[Located]]:
    """Per condition its mentions with the attributes that count for its code. ``folded``: general conditions that a specific
    one says already."""
    told: dict[str, Sequence[Located]] = {c: _undenied(document, group) for c, group in groups.items()}
    for general, kind in folded.items():
        told[kind] = _with_what_is_said_of(told[general], told[kind], lexicon)
    for condition, side in _joints_left(told, status, lexicon).items():
        told[condition] = [_on_one_side(m, side) for m in told[condition]]
    for condition, place in _ulcer_places(told, status, lexicon).items():
        told[condition] = [_at(m, place) for m in told[condition]]
    for condition in _tumor_fractures(told, status, lexicon):
        told[condition] = [_by_tumor(m) for m in told[condition]]
    return told


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
        m.coded_by(
            tuple(a for a in m.mention.attributes if a not in gone), None if _words(document, m) in words else m.mention.code
        )
        if m.mention.status == "active" and m.mention.section in LISTS
        else m
        for m in group
    ]


def _words(document: Document, m: Located) -> tuple[str, ...]:
    return tuple(document.tokens.norms[m.i : m.j])


def _with_what_is_said_of(general: Sequence[Located], specific: Sequence[Located], lexicon: Lexicon) -> list[Located]:
    """The mentions of a condition, and with them what is said of it under its general name: "vascular dementia ... dementia
    with agitation"."""
    known = {a.split("=", 1)[0] for m in specific if m.mention.status == "active" for a in m.mention.attributes}
    wanted = lexicon.attribute_names[specific[0].mention.condition] - known
    lent = []
    for m in general:
        said = tuple(a for a in m.mention.attributes if a.split("=", 1)[0] in wanted)
        if said and m.mention.status == "active":
            lent.append(m.coded_by(said, None))
    return [*specific, *lent]


def _joints_left(
    told: Mapping[str, Sequence[Located]], status: Mapping[str, Status], lexicon: Lexicon
) -> dict[str, tuple[str, str]]:
    """Diseases of both joints of a kind of which one was replaced -> the side that is gone, and the one that is left. A joint
    that is gone has no arthritis (ICD-10-CM Z96.6)."""
    replaced: dict[str, set[str]] = defaultdict(set)
    for condition, group in told.items():
        if status[condition] == "active" and lexicon.conditions[condition].default_code.startswith(_NEW_JOINT):
            for said in (dict(a.split("=", 1) for a in m.mention.attributes) for m in group):
                if said.get("laterality") in _OTHER_SIDE:
                    replaced[said.get("site", "")].add(said["laterality"])
    found = {}
    for condition, group in told.items():
        pairs = {a for m in group if m.mention.status == "active" for a in m.mention.attributes}
        gone = {side for site, sides in replaced.items() if f"site={site}" in pairs for side in sides}
        of_a_joint = lexicon.conditions[condition].default_code.startswith(_IN_A_JOINT)
        if of_a_joint and "laterality=bilateral" in pairs and len(gone) == 1:
            found[condition] = (next(iter(gone)), _OTHER_SIDE[next(iter(gone))])
    return found


def _on_one_side(m: Located, side: tuple[str, str]) -> Located:
    """A mention of both sides as one of the side that is left."""
    gone, left = (f"laterality={s}" for s in side)
    told = tuple(left if a == "laterality=bilateral" else a for a in m.mention.attributes if a != gone)
    return m.coded_by(told, None) if told != m.mention.attributes else m


def _ulcer_places(
    told: Mapping[str, Sequence[Located]], status: Mapping[str, Status], lexicon: Lexicon
) -> dict[str, dict[str, str]]:
    """Diseases of a leg's vessels that are coded by the place of their ulcer -> that place, as the ulcer itself is told
    (ICD-10-CM I70.2, I83.0, I83.2, I87.3): "2. Right heel ulcer due to PAD". Nothing where there are several."""
    present = {c: [m for m in group if m.mention.status == "active"] for c, group in told.items() if status[c] == "active"}
    ulcers = [m for c, group in present.items() if lexicon.conditions[c].default_code.startswith(_SKIN_ULCER) for m in group]
    places: dict[str, set[str]] = defaultdict(set)
    for name, value in (a.split("=", 1) for m in ulcers for a in m.mention.attributes):
        part = value.rsplit("_", 1)[-1]
        if part != _ANY_PART:
            places[name].add(_AS_VESSELS_SAY.get(part, part))
    place = {name: next(iter(places[name])) for name in ("laterality", "site") if len(places[name]) == 1}
    return {
        c: place
        for c, group in present.items()
        if place and lexicon.conditions[c].default_code.startswith(_WITH_ULCER) and _is_ulcerated(c, group, lexicon)
    }


def _is_ulcerated(condition: str, group: Sequence[Located], lexicon: Lexicon) -> bool:
    """Whether a disease is said to have led to an ulcer, by its name or by what stands around it."""
    if any(_ULCERATED in m.mention.attributes for m in group):
        return True
    return not any(_ULCERATED in need for need, _ in lexicon.conditions[condition].codes)


def _at(m: Located, place: Mapping[str, str]) -> Located:
    """A mention with the place that it leaves open."""
    said = {a.split("=", 1)[0] for a in m.mention.attributes}
    return m.coded_by((*m.mention.attributes, *(f"{n}={v}" for n, v in place.items() if n not in said)), m.mention.code)


def _tumor_fractures(told: Mapping[str, Sequence[Located]], status: Mapping[str, Status], lexicon: Lexicon) -> list[str]:
    """Present fractures that are told as pathological and no more, in a record that names a tumor of the bone and no
    osteoporosis: those are fractures in neoplastic disease (ICD-10-CM M84.5; M84.4 Excludes1)."""
    codes = {c: lexicon.conditions[c].default_code for c, own in status.items() if own == "active"}
    tumors, brittle = (any(code.startswith(kinds) for code in codes.values()) for kinds in (_TUMOR_IN_BONE, _OSTEOPOROSIS))
    if brittle or not tumors:
        return []
    return [
        c
        for c, code in codes.items()
        if code.startswith(_NO_CAUSE) or any(_PATHOLOGICAL in m.mention.attributes for m in told[c])
    ]


def _by_tumor(m: Located) -> Located:
    """A mention of a pathological fracture as one by a tumor, unless it tells another cause."""
    told = {a for a in m.mention.attributes if a.startswith("cause=")} - {_PATHOLOGICAL}
    if told:
        return m
    return m.coded_by((*(a for a in m.mention.attributes if a != _PATHOLOGICAL), _BY_TUMOR), None)
