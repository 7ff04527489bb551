"""A stroke is over where its record tells what it left behind: sequelae are I69, whenever they arise (guideline I.C.9.d).

What is left is told in one of three ways. Words may name a stroke as the cause of a deficit ("hemiparesis from her stroke"):
that settles each mention before anything is coded. The code of a deficit may be that of a sequela, which only the whole record
says. Or a record tells a stroke of the past and a paralysis of one side or limb, and nothing else that would cause it
("PMH: CVA 2019. A/P: left hemiparesis"): its cause is told, and G81 and G83 are for one that is not. Each holds only where no
stroke is treated: not during a stay, and not of one that its own words call new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.schema import Status
from hccassist.terminology.groups import code_group, said
from hccassist.terminology.lexicon import Lexicon

LEFT_BEHIND = "only what it left behind is present"
STROKE = code_group("stroke")
_INFARCTION = code_group("cerebral_infarction")
_SEQUELA = code_group("sequela_of_stroke")
_PARALYSIS = code_group("paralysis_of_one_side")
_OTHER_CAUSE = code_group("other_cause_of_paralysis")
_STROKE_AS_CAUSE = {
    "infarct": _INFARCTION,
    "ich": code_group("cerebral_hemorrhage"),
    "sah": code_group("subarachnoid_hemorrhage"),
}
_CAUSED_BY_A_STROKE = frozenset({"cause=infarct", "cause=ich", "cause=sah", "cause=cvd", "cause=other_cvd"})
_ACUTE_SETTINGS = frozenset({"inpatient", "ed"})
_NEW, _ACUTE = said("new_event"), said("acute_stroke")


def tells_a_sequela(located: Sequence[Located], setting: str) -> bool:
    """Whether the words of a record that is no acute one name a stroke as the cause of what the patient has now."""
    if setting in _ACUTE_SETTINGS:
        return False
    return any(m.mention.status == "active" and _CAUSED_BY_A_STROKE & set(m.mention.attributes) for m in located)


def left_behind(document: Document, m: Located) -> Located:
    """The mention of a stroke in such a record, as one of the past unless its sentence calls it acute."""
    now = m.mention.status != "active" or "acuity=acute" in m.mention.attributes
    now = now or bool(_ACUTE.search(document.said(document.sentences[m.sentence])))
    return m if now else m.judged("history", LEFT_BEHIND)


def of_its_stroke(located: list[Located], lexicon: Lexicon, setting: str) -> list[Located]:
    """The mentions, a paralysis whose cause no words tell as that of the record's stroke of the past, if all else that could
    cause one is absent."""
    codes = {m: lexicon.conditions[m.mention.condition].default_code for m in located}
    told = [m for m in located if m.mention.status in ("active", "history")]
    over = {cause for m in told if m.mention.status == "history" for cause in _causes_of(codes[m])}
    caused = any(a.startswith("cause=") for m in told if codes[m].startswith(_PARALYSIS) for a in m.mention.attributes)
    if setting in _ACUTE_SETTINGS or len(over) != 1 or caused or any(codes[m].startswith(_OTHER_CAUSE) for m in told):
        return located
    return [m.with_attributes(*over) if codes[m].startswith(_PARALYSIS) else m for m in located]


def _causes_of(code: str) -> list[str]:
    return [f"cause={cause}" for cause, codes in _STROKE_AS_CAUSE.items() if code.startswith(codes)]


def of_present_strokes(located: Sequence[Located], strokes: Collection[str]) -> list[Located]:
    """The mentions without a stroke as the cause of a deficit that is told beside a stroke which is present: "pontine infarct
    yesterday with left hemiparesis" has no sequela yet. ``strokes``: the condition ids of strokes."""
    new = {m.sentence for m in located if m.mention.condition in strokes and m.mention.status == "active"}
    return [_without_its_cause(m) if m.sentence in new else m for m in located]


def _without_its_cause(m: Located) -> Located:
    return m.coded_by(tuple(a for a in m.mention.attributes if a not in _CAUSED_BY_A_STROKE), m.mention.code)


def infarctions_over(
    document: Document,
    setting: str,
    groups: Mapping[str, Sequence[Located]],
    status: Mapping[str, Status],
    codes: Mapping[str, str],
) -> list[str]:
    """The infarctions (condition ids, keys of ``groups``) of a record that is no stay and in which a present condition has the
    code of a sequela; but not one that some sentence calls new."""
    present = [c for c in groups if status[c] == "active"]
    if setting == "inpatient" or not any(codes[c].startswith(_SEQUELA) for c in present):
        return []
    return [c for c in present if codes[c].startswith(_INFARCTION) and not any(_called_new(document, m) for m in groups[c])]


def _called_new(document: Document, m: Located) -> bool:
    return bool(_NEW.search(document.said(document.sentences[m.sentence])))
