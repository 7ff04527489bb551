"""A stroke is over where its record tells what it left behind: sequelae are I69, whenever they arise (guideline I.C.9.d).

What is left is told in one of two ways. Words may name a stroke as the cause of a deficit ("hemiparesis from her stroke"): that
settles each mention before anything is coded. Or the code of a deficit is that of a sequela, which only the whole record
says. Either holds only where no stroke is treated: not during a stay, and not of one that its own words call new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.schema import Status
from hccassist.terminology.groups import code_group, said

LEFT_BEHIND = "only what it left behind is present"
STROKE = code_group("stroke")
_INFARCTION = code_group("cerebral_infarction")
_SEQUELA = code_group("sequela_of_stroke")
_CAUSED_BY_A_STROKE = frozenset({"cause=infarct", "cause=ich", "cause=sah", "cause=cvd", "cause=other_cvd"})
_ACUTE_SETTINGS = frozenset({"inpatient", "ed"})
_NEW = said("new_event")


def tells_a_sequela(located: Sequence[Located], setting: str) -> bool:
    """Whether the words of a record that is no acute one name a stroke as the cause of what the patient has now."""
    if setting in _ACUTE_SETTINGS:
        return False
    return any(m.mention.status == "active" and _CAUSED_BY_A_STROKE & set(m.mention.attributes) for m in located)


def left_behind(m: Located) -> Located:
    """The mention of a stroke in such a record, as one of the past unless it is called acute."""
    now = m.mention.status != "active" or "acuity=acute" in m.mention.attributes
    return m if now else m.judged("history", LEFT_BEHIND)


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
    sentence = document.sentences[m.sentence]
    return bool(_NEW.search(document.text, sentence.start, sentence.end))
