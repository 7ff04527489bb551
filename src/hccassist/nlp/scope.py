"""What a context phrase reaches: ConText's scope (Harkema et al. 2009), and where providers' punctuation bounds it.

A cue modifies the conditions in its direction within the sentence, up to a terminating phrase. To that rule each function of
``_AHEAD`` and ``_BEHIND`` adds one exception, with the wording that taught it: where it holds, the cue speaks of something
else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hccassist.nlp.choices import answers_left_open, boxes_left_open
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import printed_choices
from hccassist.terminology.groups import pattern_group, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import ContextRow

_SAID_AGAIN = tuple(word_group("said_again"))
"""What names a diagnosis again speaks of the one before a semicolon too."""
_OPENS_REMARK = word_group("opens_remark")
_BEFORE_ITS_END = word_group("before_its_end")
_BY_CAUSE = word_group("causes")
"""They end what is doubted, but for the alternatives behind them: "could be thrush from the inhaler or an early cancer"."""
OPERATED = word_group("operated")
"""Behind a condition they name what was done for it: that ends a cancer, not a fracture or a clot."""
_RULE_OUT = "rule out"
_GRADES = word_group("grades")
_EXCLUDES = re.compile(r"ruled out|excluded")
_UNDOES_A_STATE = re.compile(pattern_group("undoes_states_cue"))
"""Said of a status alone, whatever else stands between: "trach for pneumonia, decannulated"."""
_RIGHT_BEFORE = 2
_REACH = 14
_FAR_REACHING = frozenset({"negated", "family"})
"""Categories that reach three times as far: lists of what is denied, and of what relatives had, are long."""
_SEEN_IN_PSEUDO = (("negated", "forward"), ("resolved", "backward"))
_GOES_ON = ([":"], [","], [";"], ["-"], ["."], ["–"], ["→"])
_OF_A_CAUSE = tuple(f" {words}" for words in word_group("of_a_cause"))
_OF_THE_KNOWN = word_group("of_the_known")
_BELIEVES = tuple(word_group("believes"))
_POSSESSIVES = (["his"], ["her"], ["their"])
_PRONOUNS = frozenset({"it", "this", "that"})
"""In a denial they stand for the condition named last: "a heart catheterization in May excluded it"."""
_VERSUS = word_group("versus")
_TELLS_WHEN = word_group("tells_when")
_MOST_TOUCH = 3
_ENDED_BY_COLON = frozenset({"negated", "uncertain", "hypothetical"})
_BEHIND_CUE = word_group("behind_cue")
_BEFORE_LIST = word_group("before_list")
_JOINS = word_group("joins")
_WITHIN_LIST, _BEFORE_REMARK = word_group("within_list"), word_group("before_remark")
_FROM = frozenset({"from", "due", "secondary"})
_TURNS = word_group("turns")
_END_OF_CLAUSE = word_group("ends_clause") | frozenset(".,;:)(|-–/")
_SAID_OF_THE_NEXT = word_group("said_of_the_next")
_COMES_ALONG, _BEARS = word_group("comes_along"), word_group("bears")
_IN_COMPANY = word_group("in_company")
_RELATIVE_FACTS = word_group("relative_facts")


class Cue(NamedTuple):
    """A ConText phrase found in a sentence: tokens [i, j) and its rules; ``within``: the pseudo-phrase that hides it."""

    i: int
    j: int
    rules: tuple[ContextRow, ...]
    within: tuple[int, int] | None = None

    def is_hidden_from(self, i: int, j: int, state: bool) -> bool:
        """Whether the pseudo-phrase around the cue hides it from the condition at tokens [i, j). A condition that only reaches
        into the phrase is not what the phrase is about: in "foot ulcers resolved" the ulcers are, while "CKD, ulcers resolved"
        leaves the disease; "not on home oxygen" denies the oxygen (``state``: a status; "not on" is said of nothing else)."""
        if self.within is None:
            return False
        start, end = self.within
        return not (i < start < j < end or (state and start < i < end < j))


def cues_of(document: Document, sentence: Sentence, lexicon: Lexicon) -> tuple[Cue, ...]:
    """All context phrases of a sentence, the longest at each place; one inside another is hidden by it, or where that is a
    pseudo-phrase, kept with it."""
    found: list[Cue] = []
    tokens = document.tokens
    printed = printed_choices(document.text, sentence.start, sentence.end)
    printed += boxes_left_open(document.text, sentence.start, sentence.end)
    printed += answers_left_open(document.text, sentence.start, sentence.end)
    end = 0
    pseudo: tuple[int, int] | None = None
    for i, hits in lexicon.context.starting(tokens, sentence.i, sentence.j):
        if any(a <= tokens.starts[i] < b for a, b in printed):
            continue
        j, rules = hits[-1]
        if j > end:
            end = j
            found.append(Cue(i, j, tuple(rules)))
            pseudo = (i, j) if all(r.direction == "pseudo" for r in rules) else None
            shorter = hits[:-1]
        else:
            shorter = hits
        if pseudo and shorter:
            j, rules = shorter[-1]
            if denying := tuple(r for r in rules if (r.category, r.direction) in _SEEN_IN_PSEUDO):
                found.append(Cue(i, j, denying, pseudo))
    return tuple(found)


class Told(NamedTuple):
    """A rule of a cue, and a condition at tokens [i, j) of the same sentence of which it may be told; ``others`` are the
    conditions beside that one, ``cues`` all cues of the sentence."""

    rule: ContextRow
    cue: Cue
    i: int
    j: int
    document: Document
    sentence: Sentence
    cues: Sequence[Cue]
    others: Sequence[tuple[int, int]]

    @property
    def norms(self) -> list[str]:
        return self.document.tokens.norms

    @property
    def high(self) -> int:
        """Where a cue behind the condition begins, for the words between them."""
        return max(self.cue.i, self.j)

    @property
    def between(self) -> list[str]:
        """The words between a condition and a cue behind it."""
        return self.norms[self.j : self.high]

    @property
    def asks(self) -> bool:
        """Whether the cue is a question mark written onto the word before it: "hep B? sent DNA", not "?DVT"."""
        k, tokens, text = self.cue.i, self.document.tokens, self.document.text
        if self.norms[k] != "?" or k == 0 or tokens.ends[k - 1] != tokens.starts[k]:
            return False
        return text[tokens.ends[k] : tokens.ends[k] + 1].isspace()

    @property
    def by_pronoun(self) -> bool:
        """Whether a denial names the condition by a pronoun."""
        return self.rule.category == "negated" and not _PRONOUNS.isdisjoint(self.norms[self.cue.i : self.cue.j])


def in_scope(told: Told) -> bool:
    """Whether a cue's rule speaks of the condition."""
    rule, cue, i, j = told.rule, told.cue, told.i, told.j
    if rule.category == "family" and cue.j - cue.i == 1 and _is_companion(told):
        return False
    reach = _REACH * (3 if rule.category in _FAR_REACHING else 1) if rule.scope is None else rule.scope
    if cue.i < i and rule.direction in ("forward", "both"):
        low = min(cue.j, i)
        return not any(exception(told) for exception in _AHEAD) and i - low <= reach and not _is_terminated(told, low, i)
    if cue.j > j and rule.direction in ("backward", "both"):
        if any(exception(told) for exception in _BEHIND):
            return False
        far = told.high - j
        return far <= reach if told.by_pronoun else far <= min(reach, _REACH) and not _is_terminated(told, j, told.high)
    return False


def _is_companion(told: Told) -> bool:
    """Whether a relative only comes along, speaks or helps: "with his father", "wife reports"."""
    norms, cue, first = told.norms, told.cue, told.sentence.i
    after = norms[cue.j] if cue.j < told.sentence.j else ""
    if after in _COMES_ALONG:
        return True
    k = cue.i - 1
    if k >= first and norms[k] in ("his", "her", "their"):
        k -= 1
    return k >= first and norms[k] in _IN_COMPANY and after not in _BEARS


def _is_terminated(told: Told, low: int, high: int) -> bool:
    """Whether something between tokens ``low`` and ``high`` ends the scope of the rule: a semicolon, an arrow that leads on, a
    colon that does not open its list ("negative for the following:"), or a terminating phrase. One that touches the cue
    belongs to it ("denies any history of"), unless a comma stands between. A terminating phrase with a scope ("and", 1) ends
    only cues that have none of their own."""
    rule, norms = told.rule, told.norms
    between = norms[low:high]
    if (";" in between and not rule.phrase.startswith(_SAID_AGAIN)) or ("→" in between and rule.direction == "forward"):
        return True
    if rule.direction == "forward" and ")" in between and "(" not in between[: between.index(")")]:
        # "ICD (no shocks), carotid stenosis": what is said in parentheses ends with them.
        return True
    ends = ":" in between and rule.scope is None and rule.category in _ENDED_BY_COLON
    if ends and not _BEFORE_LIST.issuperset(between[: between.index(":")]):
        return True
    if rule.direction == "forward" and "," in between and norms[high] in _GRADES:
        # "No diplopia, MGFA I": a grade is told of what is present.
        return True
    for cue in told.cues:
        if low <= cue.i and cue.j <= high:
            for end in cue.rules:
                if rule.direction == "backward" and norms[cue.i] in _TELLS_WHEN:
                    # "Considered on admission and ruled out": when it was considered ends nothing.
                    continue
                if end.phrase == "for" and _UNDOES_A_STATE.search(rule.phrase):
                    continue
                if rule.category == "uncertain" and end.phrase in _BY_CAUSE and "or" in norms[cue.j : high]:
                    continue
                if end.direction == "terminate" and end.category == rule.category and not (end.scope and rule.scope):
                    touches = cue.i - low <= _MOST_TOUCH and _BEHIND_CUE.issuperset(norms[low : cue.i])
                    if not touches or rule.category == "family" or norms[cue.i] in _TURNS:
                        return True
    return False


def _answers_a_question(told: Told) -> bool:
    """ "Lupus? No: fibromyalgia", "ESRD? - no, CKD 4": the question, and its answer, speak of what stands before."""
    cue, norms = told.cue, told.norms
    asked = cue.i - (norms[cue.i - 1 : cue.i] == ["-"])
    answered = norms[asked - 1 : asked] == ["?"] and norms[cue.j : cue.j + 1] in _GOES_ON
    return told.asks or (told.rule.phrase == "no" and answered)


def _doubts_what_it_does(told: Told) -> bool:
    """ "I do not think her COPD is to blame": what it does is denied, not the disease that is hers."""
    believed = told.rule.category == "negated" and told.rule.phrase.endswith(_BELIEVES)
    return believed and told.norms[told.cue.j : told.i] in _POSSESSIVES


def speaks_of_a_cause(rule: ContextRow) -> bool:
    """Whether a rule doubts or denies that something is the cause of another: "likely due to", "do not think this is from"."""
    return rule.category in ("uncertain", "negated") and rule.phrase.endswith(_OF_A_CAUSE)


def _blames_what_is_known(told: Told) -> bool:
    """ "Likely due to his COPD", "probably from known CHF": the cause is in doubt, not the disease; nor is what stands behind
    a comma the cause, but in a list of alternatives."""
    if not speaks_of_a_cause(told.rule):
        return False
    between = told.norms[told.cue.j : told.i]
    apart = "," in between and "or" not in told.norms[told.cue.j : told.j + _RIGHT_BEFORE]
    his_own = between[:1] in _POSSESSIVES and "," not in between
    return his_own or not _OF_THE_KNOWN.isdisjoint(between) or apart


def _rules_out_what_stands_before(told: Told) -> bool:
    """ "Sepsis - ruled out, SIRS from heart failure"."""
    behind_comma = "," in told.norms[min(told.cue.j, told.i) : told.i]
    before = any(0 <= told.cue.i - b <= _RIGHT_BEFORE for _, b in told.others)
    return behind_comma and before and bool(_EXCLUDES.search(told.rule.phrase))


def _ended_what_stands_before(told: Told) -> bool:
    """ "Status resolved, epilepsy on levetiracetam": what is over stands before the word, not behind the comma."""
    cue, norms = told.cue, told.norms
    ended = told.rule.category in ("history", "resolved") and told.rule.phrase == "resolved"
    return ended and norms[cue.j : cue.j + 1] == [","] and cue.i > told.sentence.i and norms[cue.i - 1] not in ",.;:"


def _was_done_for_another(told: Told) -> bool:
    """ "s/p nephrectomy, lung metastases": the operation is past, not what stands behind the comma."""
    behind_comma = "," in told.norms[min(told.cue.j, told.i) : told.i]
    return behind_comma and told.rule.phrase in OPERATED and not any(a == told.cue.j for a, _ in told.others)


def _is_said_of_the_one_before(told: Told) -> bool:
    """ "CKD 4 no dialysis wanted, HTN, gout": what is denied within one item of a list ends with the item, unless the denial
    names a condition and goes on with more of its kind ("DM no retinopathy, neuropathy")."""
    low, high = min(told.cue.j, told.i), told.i
    if told.rule.category != "negated" or "," not in told.norms[low:high]:
        return False
    comma = told.norms.index(",", low)
    within = any(told.cue.j <= a and b <= comma for a, b in told.others)
    return not within and any(b == told.cue.i for _, b in told.others)


def _asks_of_what_comes_with_it(told: Told) -> bool:
    """ "Kidney transplant with pancreatitis of the graft?": the question is about what comes with the first."""
    return told.asks and any(told.j <= a and told.norms[a - 1] == "with" for a, _ in told.others if a < told.cue.i)


def _stands_under_a_colon(told: Told) -> bool:
    """ "Bipolar 2: hypomania none": what is denied, or past, is said under the problem, not of it."""
    between, rule = told.between, told.rule
    if ":" not in between or between[-1] == ":":
        return False
    if rule.category in ("resolved", "history"):
        return True
    named = any(told.j < a and b <= told.high for a, b in told.others)
    return rule.category == "negated" and (rule.phrase == "none" or named)


def _parentheses_name_another(told: Told) -> bool:
    """ "LEMS (SCLC neg)": what is denied is what the parentheses name; "cirrhosis from hepatitis C (cured)": they speak of what
    stands right before them; "flare of lung fibrosis (pneumonia ruled out)": they have a subject of their own."""
    between, norms = told.between, told.norms
    if "(" not in between:
        return False
    inside = [a for a, b in told.others if told.j <= a and b <= told.high]
    if any(norms[a - 1] == "(" for a in inside):
        return True
    if ")" not in between and (
        not _FROM.isdisjoint(norms[told.i : told.j]) or any(told.j <= a < told.high for a, _ in told.others)
    ):
        return True
    opened = between[between.index("(") :]
    return ")" not in opened and not _BEFORE_REMARK.issuperset(opened)


def _prevents_behind_a_dash(told: Told) -> bool:
    """ "Immunosuppressed - PJP ppx", "COPD: gave the handout": what is prevented or taught stands behind the mark; what is
    screened for stands before it."""
    prevents = told.rule.category == "hypothetical" and not told.rule.phrase.endswith("screening")
    between = told.between
    return prevents and bool(between) and not {"-", ":"}.isdisjoint(between) and between[-1] not in ("-", ":")


def _compares_behind_a_colon(told: Told) -> bool:
    """ "Orthostasis: standing 98/60 vs lying 134/78"."""
    return ":" in told.between and told.norms[told.cue.i] in _VERSUS


def _names_the_last_by_pronoun(told: Told) -> bool:
    """ "Excluded it" speaks of the condition that was named last."""
    return told.by_pronoun and any(told.j <= a and b <= told.high for a, b in told.others)


def _stops_at_a_comma(told: Told) -> bool:
    """A cue reaches back over a comma as the end of a list of conditions ("DVT, PE and stroke were ruled out"), or as a remark
    without a subject ("depression, since resolved"; "worked up for lupus in 2020, which was not found"); else it does not."""
    rule, norms, low, high = told.rule, told.norms, told.j, told.high
    if "," not in norms[low:high] or told.by_pronoun or rule.category == "family":
        return False
    inside = [(a, b) for a, b in told.others if low <= a and b <= high]
    if all(norms[k] in _WITHIN_LIST or any(a <= k < b for a, b in inside) for k in range(low, high)):
        if rule.category == "hypothetical":
            return not inside
        # "Bipolar 2, hypomania none": "none" is said of the one before it.
        listed = rule.category == "negated" and rule.phrase != "none"
        return bool(inside) and not listed and _JOINS.isdisjoint(norms[low:high])
    upon = len(inside) == 1 and norms[inside[0][0] - 1] == "on" and rule.category == "resolved"
    opens = high - 1 - (norms[high - 1] in _OPENS_REMARK)
    if rule.category == "resolved":
        # "Ileostomy for 6 months, and it was then reversed".
        opens = next(k for k in range(high - 1, low - 2, -1) if norms[k] not in _BEFORE_ITS_END)
    undoes = rule.category == "resolved" and bool(_UNDOES_A_STATE.search(rule.phrase))
    said_back = rule.category in ("resolved", "history", "uncertain") or rule.phrase.partition(" ")[0] in _OPENS_REMARK
    remark = said_back and (not inside or upon or undoes) and norms[opens] == ","
    return not remark


def _is_said_of_the_next(told: Told) -> bool:
    """ "Lupus with negative dsDNA", "CAD, brother is well", "CKD 3b with recovered kidney injury": a single word that goes on
    is said of what follows it; so is "COPD, rule out pneumonia"."""
    rule, cue, norms = told.rule, told.cue, told.norms
    if cue.j >= told.sentence.j or norms[cue.j] in _END_OF_CLAUSE:
        return False
    if cue.j - cue.i != 1:
        return rule.phrase == _RULE_OUT and bool(told.between)
    follows_number = norms[cue.j][0].isdigit()
    return (
        (rule.category == "resolved" and norms[cue.i - 1] in ("with", "and"))
        or (norms[cue.i] in _SAID_OF_THE_NEXT and not told.asks)
        or (rule.category == "uncertain" and norms[cue.i] in _VERSUS and follows_number)
        or (rule.category == "family" and norms[cue.j] not in _RELATIVE_FACTS and not follows_number)
    )


_AHEAD: tuple[Callable[[Told], bool], ...] = (
    _answers_a_question, _doubts_what_it_does, _blames_what_is_known, _rules_out_what_stands_before, _was_done_for_another,
    _ended_what_stands_before, _is_said_of_the_one_before,
)  # fmt: skip
_BEHIND: tuple[Callable[[Told], bool], ...] = (
    _stands_under_a_colon, _parentheses_name_another, _prevents_behind_a_dash, _compares_behind_a_colon,
    _names_the_last_by_pronoun, _stops_at_a_comma, _is_said_of_the_next, _asks_of_what_comes_with_it,
)  # fmt: skip
