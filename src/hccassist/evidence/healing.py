"""A fracture behind its first treatment: a visit that follows it up, weeks after, is a subsequent encounter (7th character D,
ICD-10-CM guidelines I.C.19.a and I.C.19.c)."""

from __future__ import annotations

from hccassist.evidence.story import Story
from hccassist.evidence.when import days_ago
from hccassist.nlp.mentions import Located
from hccassist.terminology.groups import code_group, said
from hccassist.terminology.rows import Condition
from hccassist.written_dates import dates_before

FRACTURES = code_group("fracture")
_SUBSEQUENT = "encounter=subsequent"
_ACTIVE_DAYS = 28
"""Until when care of a fracture may still be its active treatment, where the record says no more than when it happened."""
_IN_HOSPITAL_DAYS = 7
"""Until when a record of an operation upon a fracture may be one of the stay."""
_AFTER = ("“after”",)
"""What stands behind it is over, but for a fracture that is still cared for: "rehab after a hip fracture"."""
_WEEKS_OUT = said("weeks_out")
_FIXED_BEFORE = said("fixed", behind=r"\b[^.;]{0,30}$")
_FIXED_BEHIND = said("fixed", before=r"^[^.;]{0,25}?\b")
_FOLLOW_UP_OF = said("follow_up_of", behind=r" (?:of|for|on|after|following|from)\b[^.;]{0,40}$")
_FOLLOW_UP_BEHIND = said("follow_up_of", before=r"^[\s:,-]{0,3}\b", behind=r"\b(?! (?:with|w/|in|by|at)\b)")


def in_healing(story: Story, m: Located, known: Condition) -> Located:
    """A fracture that is present with what its words and those behind it say of the time since: followed up, operated upon, or
    weeks old. During a stay in hospital it is under active treatment."""
    if not known.default_code.startswith(FRACTURES):
        return m
    if m.mention.status == "history" and m.mention.cues[:1] == _AFTER and _FOLLOW_UP_OF.search(story.before(m)):
        m = m.judged("active", "cared for still")
    said_already = any(a.startswith("encounter=") for a in m.mention.attributes)
    if story.inpatient or said_already or m.mention.status != "active":
        return m
    if not any(_SUBSEQUENT in need for need, _ in known.codes):
        return m
    before, after, ago = story.before(m), story.after(m), _days_since(story, m)
    followed = _FOLLOW_UP_OF.search(before) or _FOLLOW_UP_BEHIND.search(after)
    fixed = (_FIXED_BEFORE.search(before) or _FIXED_BEHIND.search(after)) and (ago is None or ago > _IN_HOSPITAL_DAYS)
    if not followed and not fixed and (ago or 0) <= _ACTIVE_DAYS:
        return m
    return m.coded_by((*m.mention.attributes, _SUBSEQUENT), m.mention.code)


def _days_since(story: Story, m: Located) -> int | None:
    """How long ago a fracture was, or its operation; None where the record does not say."""
    words = story.clause(m)
    out = _WEEKS_OUT.search(story.document.text, *story.around(m))
    ago = days_ago(words, story.in_earlier_year(words)) or (days_ago(out.group(), dated=False) if out else None)
    if ago is None and story.day:
        ago = min(((story.day - then).days for then in dates_before(words, story.day)), default=None)
    return ago
