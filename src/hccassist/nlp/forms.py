"""What the layout around a condition's name says: check boxes, yes/no answers, question and minus marks, unfilled templates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hccassist.nlp.choices import read_choice, read_options
from hccassist.nlp.document import Document, Sentence
from hccassist.schema import Status

_MARK = r"\[\s?[xX✓✔]?\s?\]|[☐□☑☒✓✔]|\(\s?[xX]?\s?\)|_+[xX✓]?_+"
_UNCHECKED = re.compile(r"(?:\[\s?\]|☐|□|\(\s\)|__+)\s*$")
_CHECKED = re.compile(r"(?:\[\s?[xX✓✔]\s?\]|☑|☒|✓|✔|\([xX]\))\s*$")
_UNCHECKED_AFTER = re.compile(r"^\s*(?:\[\s?\]|☐|□|\(\s\))")
_LONGEST_ITEM = 60
_ITEM_START = re.compile(rf"({_MARK})\s*((?:(?!\s{{2}}|{_MARK})[^\n.;:])*)\Z")
_QUALIFIERS = 2
"""So many words may stand between an empty box and the condition that it leaves out: more, and they are what was not done."""
_BLANK = re.compile(r"\s*[:=]?\s*_{2,}(?![xX✓\w])")
_CHOICE = re.compile(rf"\s*({_MARK})\s*(yes|no|none|y|n)\b", re.IGNORECASE)
_CHOICE_BEHIND = re.compile(rf"\s*/?\s*(yes|none|no|y|n)\s*({_MARK})", re.IGNORECASE)
_TO_ANSWER = re.compile(r"\)?(?:\s?/\s?[^\W\d_]+|\s?\([^()]{1,20}\))?(?:\s*(?:[:?=]|[-–—]\s|\.{3,}|\(|\t)|\s{2,})[\s.:]*")
_BOTH_PRINTED = re.compile(r"(?:yes|y)\s*/\s*(?:no|n)\b", re.IGNORECASE)
_BRACKETED = re.compile(
    r"(?:(?P<yes>[(\[<]\s?y(?:es)?\s?[)\]>])\s*no?|y(?:es)?\s*(?P<no>[(\[<]\s?no?\s?[)\]>])|y(?:es)?\s{1,12}no?)(?=\s*(?:$|\s{2}|\|))",
    re.IGNORECASE,
)
"""Both answers are printed, and one is in brackets, as a ring around it is read; or none is."""
_YES = re.compile(r"(?:yes|y|positive|pos|\+)(?![\w/])", re.IGNORECASE)
_NO = re.compile(
    r"(?:no|none|n|neg|negative|denie[sd]|never|absent|-|not present)"
    r"(?=\s*(?:$|[.,;|)\]\n]|[-–—]\s|\s{2}|\s(?:known|history|hx|evidence|per|reported|documented|prior|diagnos\w+)\b))",
    re.IGNORECASE,
)
_NO_IN_LIST = re.compile(r" (?:N|No|NO)(?=\s*(?:$|[,;|]|\s{2}))| N(?=(?: [\w/]+){1,3} [YN](?:\s|$))")
_NO_POINTS = re.compile(r"(?:\s?[:=]\s?0| ?\(0\)| 0)(?=\s*(?:$|[,;|)]|\.\s|\s{2})| [A-Z/]+ [\d(])")
"""What a score counts for something that is not there: "CHF 0, HTN 1", "DM (0)"."""
_QUESTION_BEFORE = re.compile(r"(?:^|[\s,;:(/-])\?+\s?$")
_QUESTION_AFTER = re.compile(r"\?|\s\?(?![\w(])")
_MINUS_LIST = re.compile(r"(?:^|[\s,;(:])-[^\W\d_]{3}")
_MINUS_BEFORE = re.compile(r"(?:^|[\s,;(])(?:\(-\)|-|–|∅|Ø|0)\s?$")
_MINUS_AFTER = re.compile(r"-(?:(?=[,;/)])|\s+\d{1,3} ?(?:y/?o\b|[MF]\b))", re.IGNORECASE)
"""A minus written onto a name and followed by no words about it: "HIV-, HCV-", "HIV- 70M"."""
_ANSWER_REACH = 48
_CHOICE_WORD = r"(?:active|current|hist(?:ory)?|past|resolved|c?rule[ -]?out|r/o|none|n/a)"
_OTHER_NAME = re.compile(r"\s?/\s?[A-Za-z][A-Za-z ]{1,24}?(?=\s{2})")
_PRINTED = re.compile(rf"(?:[\s(\[<○o]*\b{_CHOICE_WORD}\b[\s)\]>,/|]*){{3,}}", re.IGNORECASE)
_MARKED = re.compile(rf"[(\[<]\s?({_CHOICE_WORD})\s?[)\]>]", re.IGNORECASE)
_CHOSEN: dict[str, Status] = {"a": "active", "c": "active", "h": "history", "p": "history", "n": "negated", "r": "uncertain"}


@dataclass(frozen=True, slots=True)
class Assertion:
    """A status and the words or rules that decided it, strongest first."""

    status: Status
    cues: tuple[str, ...]


def read_layout(document: Document, sentence: Sentence, start: int, end: int) -> Assertion | None:
    """Check boxes, yes/no answers, question and minus marks around the words."""
    text = document.text
    before = text[max(sentence.start - 6, start - 8, 0) : start]
    newline = text.find("\n", end, end + _ANSWER_REACH)
    after = text[end : newline if newline >= 0 else min(end + _ANSWER_REACH, len(text))]
    choice = (None if _CHECKED.search(before) else read_options(text, end)) or read_choice(text, start, end)
    if choice:
        return Assertion(choice[0], (choice[1],))
    if answer := _answer(after):
        return answer
    named = _OTHER_NAME.match(after)
    if printed := _PRINTED.match(after, named.end() if named else 0):
        marked = _MARKED.findall(printed.group())
        if len(marked) == 1:
            return Assertion(_CHOSEN[marked[0][0].lower()], (f"“{marked[0]}” is marked",))
        return Assertion("hypothetical", ("choices of a form, none marked in the text",))
    if _CHECKED.search(before):
        return Assertion("active", ("checked box",))
    box, words = _own_box(text, start)
    if (_UNCHECKED.fullmatch(box) and words <= _QUALIFIERS) or (
        not box and _UNCHECKED_AFTER.match(after) and "[" not in text[sentence.start : start]
    ):
        return Assertion("negated", ("box not checked",))
    open_brace = text.rfind("{", sentence.start, start) > text.rfind("}", sentence.start, start)
    if open_brace or "***" in text[sentence.start : sentence.end] or _BLANK.match(after):
        return Assertion("hypothetical", ("template text that was not filled in",))
    if _QUESTION_BEFORE.search(before) or _QUESTION_AFTER.match(after):
        return Assertion("uncertain", ("question mark",))
    if _MINUS_BEFORE.search(before) and start - sentence.start > 2:
        attached = text[start - 1] == "-" and len(_MINUS_LIST.findall(text, sentence.start, start + 3)) > 1
        if sentence.section == "ros" or attached:
            return Assertion("negated", ("minus sign",))
    if _MINUS_AFTER.match(after):
        return Assertion("negated", ("minus sign",))
    return None


def _own_box(text: str, start: int) -> tuple[str, int]:
    """The check box before the words that hold what starts at ``start``, and how many words stand between; blank where none
    does. The next box on the line is another item's: "☒ Diabetic CKD stage 3  ☐ Gout"."""
    low = max(text.rfind("\n", 0, start) + 1, start - _LONGEST_ITEM)
    item = _ITEM_START.search(text, low, start)
    return (item[1], len(item[2].split())) if item else ("", 0)


def printed_choices(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where a form prints its choices ("Active  History  Rule out  None"): words that say nothing until one is marked."""
    return [m.span() for m in _PRINTED.finditer(text, start, end)] if "one" in text[start:end] else []


def _answer(after: str) -> Assertion | None:
    """The answer of a form behind a condition's name: ": no", "? Y", "[ ] yes [x] no"; one must stand alone, so that
    "RA: no stiffness" is none."""
    if _NO_IN_LIST.match(after) or _NO_POINTS.match(after):
        return Assertion("negated", ("answered no",))
    lead = _TO_ANSWER.match(after)
    at = lead.end() if lead else 0
    pairs = [(m[2], m[1]) for m in _CHOICE.finditer(after, at, len(after))] if _CHOICE.match(after, at) else []
    if not pairs and _CHOICE_BEHIND.match(after, at):
        pairs = [(m[1], m[2]) for m in _CHOICE_BEHIND.finditer(after, at)]
    if pairs:
        chosen = [word[0].lower() for word, mark in pairs if any(c in "xX✓✔☑☒" for c in mark)]
        if chosen == ["y"]:
            return Assertion("active", ("answered yes",))
        return Assertion("negated", ("answered no" if chosen else "not answered",))
    if not lead:
        return None
    if _BOTH_PRINTED.match(after, at):
        return Assertion("hypothetical", ("not answered",))
    if both := _BRACKETED.match(after, at):
        if not (both["yes"] or both["no"]):
            return Assertion("uncertain", ("neither yes nor no is marked on the form, or the mark was not read",))
        return Assertion("active" if both["yes"] else "negated", (f"“{both['yes'] or both['no']}” is marked",))
    if _YES.match(after, at):
        return Assertion("active", ("answered yes",))
    if _NO.match(after, at):
        return Assertion("negated", ("answered no",))
    return None
