"""What an operation took away: the disease of an organ is gone with the organ that a transplant replaced, that of a valve with
the valve, the dead bone of a joint with the joint, the colitis with the colon; what lives elsewhere (diabetes) stays."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hccassist.evidence.story import REACH, Story
from hccassist.nlp.mentions import Located
from hccassist.terminology.groups import code_group, pattern_group, said
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import Condition
from hccassist.written_dates import YEAR

_VALVE_DISEASE = code_group("valve_disease")
_OF_AN_ORGAN = code_group("of_an_organ")
_GRAFTED = {
    graft: code_group(f"gone_with_{organ}")
    for graft, organ in (("Z94.0", "kidney"), ("Z94.1", "heart"), ("Z94.2", "lung"), ("Z94.4", "liver"))
}
"""A transplant's code, and the codes of the diseases that leave with the organ it replaces."""
_FAILED_GRAFT = said("failed_graft")
_NEW_ORGAN = (
    r"transplant(?:ation|ed)?|(?:(?:received|given|got) (?:her|his|an?|the)(?: new)?|donor) (?:heart|kidney|liver|lungs?)"
)
_TRANSPLANTED_FOR = said("reason_for", rf"\b(?:{_NEW_ORGAN})\b[^.;]{{0,40}}\b", r"\b[^.;]{0,25}$")
_AMPUTATED_FOR = re.compile(
    rf"\b(?:{pattern_group('amputated')})\b[^.;]{{0,50}}\b(?:{pattern_group('amputated_for')})\b[^.;]{{0,25}}$"
)
_AMPUTATED_THEN = said(
    "was_treated",
    before=r"^\W*(?:[\w'-]+\W+){0,6}?(?:was|were|(?:has|have) been) ",
    behind=r" (?:\w+ ){0,2}(?:with|by) (?:[\w'-]+ ){0,4}amputation\b",
)
_FOR_WHICH = said("reason_for", r"[^.,;()]{0,25}\b", r"\b[^.;]{0,40}$")
"""What stands behind a transplant and "for" is why it was done: "OLT 2010 for HCV cirrhosis"."""
_IN_PARENTHESES = re.compile(r"[^.;()]{0,12}\([^.;()]{0,12}$")
"""What stands behind an operation in parentheses is why it was done: "s/p kidney transplant 2014 (FSGS)"."""
_AMPUTATED = re.compile(rf"\b(?:{pattern_group('amputated')})\b")
_VALVE_REPLACED = said(
    "valve_replacement", rf"^[^.;]{{0,30}}?\b(?:{pattern_group('joint_treated')})\b(?!.{{0,30}}\bplan)[^.;]{{0,25}}?\b"
)
_VALVE_REPLACED_FOR = said(
    "valve_replacement",
    before=rf"\b(?:{pattern_group('joint_treated')}|after)\b[^.;]{{0,30}}?",
    behind=rf"\b[^.;]{{0,40}}\b(?:{pattern_group('reason_for')})\b[^.;]{{0,25}}$",
)
_JOINT_REPLACED = said(
    "joint_replacement", rf"^[^.;]{{0,40}}?\b(?:{pattern_group('joint_treated')})\b(?!.{{0,30}}\bplan)[^.;]{{0,25}}?\b"
)
_JOINT_REPLACED_FOR = said(
    "joint_replaced", behind=rf"\b[^.;]{{0,40}}\b(?:{pattern_group('joint_replaced_for')})\b[^.;]{{0,25}}$"
)
_OPERATIONS = "psh"
"""The section whose list holds what was done."""
_DEAD_BONE, _WORN_JOINT = code_group("dead_bone"), code_group("worn_joint")
_DONE = said("operation_done")
_DIALYSIS = code_group("dialysis")
_DIALYZED_THEN = said("dialyzed_then", behind=r"\b(?: \w+){0,2} ?$")
_DIALYZED_BEFORE, _DIALYZED_NOW = said("dialyzed_before"), said("dialyzed_now")
_OF_THE_COLON, _COLON_REMOVED = code_group("gone_with_colon"), said("colon_removed")
_NOT_YET = pattern_group("operation_to_come")


def _taken_out(organ: str) -> tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str]]:
    """The codes of the diseases that leave with an organ, the ways to say that it was taken out, and the operation alone."""
    operation = pattern_group(f"{organ}_removed")
    done = rf"(?:{pattern_group('operation_done')})(?: (?!{_NOT_YET})[\w'-]+){{0,3}}? (?:{operation})"
    dated = rf"(?:{operation})(?: [\w'-]+){{0,6}} (?:in |at (?:age )?)(?:{YEAR}|\d\d)"
    return code_group(f"gone_with_{organ}"), re.compile(rf"\b(?:{done}|{dated})\b", re.IGNORECASE), said(f"{organ}_removed")


_ORGANS = tuple(map(_taken_out, ("uterus", "thyroid", "parathyroid", "gallbladder", "sigmoid", "prostate", "tonsils")))


def grafts_of(located: Sequence[Located], lexicon: Lexicon) -> list[tuple[Located, tuple[str, ...]]]:
    """The transplants that the patient has, each with the codes of the diseases that leave with the organ it replaces."""
    active = (m for m in located if m.mention.status == "active")
    return [(m, gone) for m in active if (gone := _GRAFTED.get(lexicon.conditions[m.mention.condition].default_code))]


def removed(story: Story, m: Located, known: Condition) -> str:
    """By which operation a disease ended, as a coder reads it; blank where by none."""
    code, before = known.default_code, story.before(m)
    if code.startswith(_DIALYSIS) and _is_over_with_a_graft(story, m):
        return "before the kidney was replaced"
    if code.startswith(_DEAD_BONE) and (_JOINT_REPLACED_FOR.search(before) or _JOINT_REPLACED.search(story.after(m))):
        return "the reason for a joint replacement"
    if code.startswith(_WORN_JOINT) and _JOINT_REPLACED_FOR.search(before) and _is_done(story, m):
        return "the reason for a joint replacement"
    if code.startswith(_VALVE_DISEASE) and (_VALVE_REPLACED_FOR.search(before) or _VALVE_REPLACED.search(story.after(m))):
        return "the valve was replaced"
    if code.startswith(_OF_THE_COLON) and (_COLON_REMOVED.search(before) or _COLON_REMOVED.search(story.after(m))):
        return "the colon was removed"
    if why := taken_out(story, m, known):
        return why
    if not code.startswith(_OF_AN_ORGAN):
        return ""
    if _ended_by_a_graft(story, m, known) or _is_why_grafted(story, m):
        return "the organ was replaced"
    return "the reason for a transplant" if _TRANSPLANTED_FOR.search(before) else ""


def _is_done(story: Story, m: Located) -> bool:
    """Whether the operation before a disease is told as done: in the list of operations, or in words."""
    return story.document.sentences[m.sentence].section == _OPERATIONS or bool(_DONE.search(story.before(m)))


def taken_out(story: Story, m: Located, known: Condition) -> str:
    """As ``removed``, where the sentence of a disease says that its organ was taken out: "hysterectomy for fibroids, 2011"."""
    sentence = story.document.sentences[m.sentence]
    for codes, done, operation in _ORGANS:
        if known.default_code.startswith(codes):
            told = operation if sentence.section == _OPERATIONS else done
            return "the organ was taken out" if told.search(story.document.text, sentence.start, sentence.end) else ""
    return ""


def _is_over_with_a_graft(story: Story, m: Located) -> bool:
    """Whether a patient with a new kidney was dialyzed in the time before it: "two years on HD before her transplant"."""
    if not any("N18.6" in gone for _, gone in story.grafts):
        return False
    before, after = story.before(m), story.after(m)
    return bool(_DIALYZED_THEN.search(before) or _DIALYZED_BEFORE.search(after)) and not _DIALYZED_NOW.search(before + after)


def is_why_amputated(story: Story, m: Located) -> bool:
    """Whether an amputation was done for what is named."""
    before = story.before(m)
    if _AMPUTATED_FOR.search(before) or _AMPUTATED_THEN.search(story.after(m)):
        return True
    done = list(_AMPUTATED.finditer(before))
    return bool(done and _IN_PARENTHESES.fullmatch(before, done[-1].end()))


def _ended_by_a_graft(story: Story, m: Located, known: Condition) -> bool:
    """Whether the sentence goes on from a disease to the transplant that ended it: "ESRD from IgAN, s/p LRKT"."""
    for graft, gone in story.grafts:
        if graft.sentence == m.sentence and graft.i >= m.j and known.default_code.startswith(gone):
            stop = min(graft.mention.end + REACH, story.document.sentences[m.sentence].end)
            if not _FAILED_GRAFT.search(story.document.text, m.mention.end, stop):
                return True
    return False


def _is_why_grafted(story: Story, m: Located) -> bool:
    """Whether a mention stands in parentheses right behind a transplant ("s/p kidney transplant 2014 (FSGS)"), or behind its
    "for"."""
    before = [g for g, _ in story.grafts if g.sentence == m.sentence and g.j <= m.i]
    text, at = story.document.text, m.mention.start
    return any(
        _IN_PARENTHESES.fullmatch(text, g.mention.end, at) or _FOR_WHICH.match(text, g.mention.start, at) for g in before
    )
