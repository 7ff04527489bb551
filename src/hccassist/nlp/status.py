"""Whether the patient has it now: ConText (Harkema et al. 2009) with sections, check boxes and a condition's course.

The rules are data (``context.csv``): a phrase, its category, its direction, its reach. The algorithm is ConText's as
medSpaCy implements it: a cue modifies the conditions that it reaches (``nlp.scope``); the longest phrase wins, so "no change
in" (a pseudo-cue) hides "no". It is our own because only sentences with a condition need it and medSpaCy's costs more than all
else here together (docs/architecture.md has the measurement).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hccassist.encounters.settings import is_before_discharge
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import Assertion, read_layout
from hccassist.nlp.scope import OPERATED, Cue, Told, in_scope, speaks_of_a_cause
from hccassist.nlp.sections import CONCLUSIONS
from hccassist.schema import Status
from hccassist.terminology.groups import code_group, pattern_group, said, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import ENDS, Condition, ContextRow

_OVER_BEFORE, _UNDONE = re.compile(pattern_group("over_before_cue")), re.compile(pattern_group("undone_cue"))
_FAMILY_HISTORY = re.compile(r"histor|\bf?hx\b|\bfh\b", re.IGNORECASE)
_TITLE_REACH = 500
_PLANNED, _MIGHT = word_group("planned"), word_group("might")
_ON_THE_WAY, _LEADS_TO = word_group("on_the_way"), word_group("leads_to")
"""Said of what is planned only where it leads there: "evaluated for LVAD", not "evaluated after LVAD"."""
_DAYS_AHEAD, _TALKED_OF = word_group("days_ahead"), word_group("talked_of")
"""Behind an operation they tell when it will be done: "BKA Thurs"."""
_CLAUSE_MARKS = frozenset(", ; : . ( ) |".split())
_MOST_CELL = 4
_OF_PATIENTS = {"he": ("he", "him", "his"), "she": ("she", "her", "hers")}
_BY_FAR = 3
_RESOLVED = "resolv"
_OF_THE_STAY = frozenset({"assessment_plan", "hospital_course", "start"})
_TESTED_BY_NAME = code_group("tested_by_name")
_ORDERS_TESTS = said("orders_tests", behind=r"(?![^.]*\b(?:his|her|their|known|chronic|for|with|of|has)\b)[^.;]*$")
_FORMERLY = tuple(word_group("formerly"))
"""What an inpatient record once considered is no diagnosis of its discharge (guideline II.H speaks of those that still are)."""
_OF_STATES_ALONE = word_group("of_states_alone")
"""Behind a condition they end a device or a stoma ("trach out since August"), not a tumour or a clot ("melanoma removed")."""
_SIZE = re.compile(r"[ (]{1,2}(?:~|up to )?\d+(?:\.\d+)? ?(?:x ?\d+(?:\.\d+)? ?)*(?:mm|cm|cc|ml)\b", re.IGNORECASE)
_LATELY = word_group("lately")
"""They deny an event, and a lasting disease nothing but a turn of it: "no recent gout"."""
_PASSING = ENDS | {"acute"}
_UPON, _MOST_UPON = word_group("upon"), 5
_PHASES = word_group("phases")
_TICKED_AS_PAST = code_group("ticked_as_past")
_SPELLS = code_group("spells")
"""Diseases of spells that a drug holds down: "none in 3 years" counts the spells."""
LISTED_AS_PAST = "listed as past history"
ONLY_AS_CAUSE = "named as a cause that is in doubt"
"""The phrase of a mention that is not sure of, or denies, what the condition does: "edema likely due to CHF". Guideline IV.H
codes no such diagnosis; where the rest of the record states it, it stands."""
_ALTERNATIVES = word_group("causes") - {"given", "due"} | {"either"}
_APART = frozenset(". ; : ( ) |".split()) | word_group("turns") | word_group("relates")
_OWNED = word_group("established")
_MOST_CAUSES, _NEAR_OR = 12, 5
_IN_REMISSION = "in remission"
"""Only a cancer may be past with it; every other condition is coded as in remission (guideline I.C.5.b.1)."""

_DROPPED_SECTIONS = frozenset({"allergies", "legal"})
_SECTION_STATUS: dict[str, Status] = {
    "family_history": "family",
    "education": "hypothetical",
    "screening": "hypothetical",
    "instructions": "hypothetical",
    "copied": "history",
    "resolved_problems": "history",
    "past_medications": "history",
    "ruled_out": "negated",
}
_PAST_SECTIONS = frozenset({"pmh", "psh"})
_OPEN_COURSES = frozenset({"lifelong", "status"})
_RANK: dict[str, int] = {"family": 5, "negated": 4, "hypothetical": 3, "uncertain": 2, "history": 1}


def may_conclude(document: Document) -> bool:
    """Whether an inpatient record may tell what was known at discharge (guideline II.H)."""
    if not document.sentences:
        return True
    head = document.text[document.sentences[0].start : document.sentences[0].start + _TITLE_REACH]
    return not is_before_discharge(head)


def _comes_in_spells(condition: Condition, rule: ContextRow) -> bool:
    """Whether "none in 3 years" counts the spells of a condition that a drug holds down, not the condition itself."""
    return rule.phrase.startswith("none") and condition.default_code.startswith(_SPELLS)


def relative_of_row(document: Document, number: int, lexicon: Lexicon) -> str:
    """The relative whom another cell of the same table row names ("Colon cancer | Father"), or blank."""
    sentences = document.sentences
    line = sentences[number].line
    for step in (-1, 1):
        k = number + step
        while 0 <= k < len(sentences) and sentences[k].line == line:
            cell = sentences[k]
            if document.text[min(cell.end, sentences[number].end) - 1] == ".":
                # Sentences of one line are no cells: "Family hx: dad HTN. Hypothyroid - on levothyroxine."
                break
            first = cell.i + (document.tokens.norms[cell.i] == "|")
            short = 0 < cell.j - first <= _MOST_CELL and not document.said(cell).endswith(".")
            if short and any(_name_a_relative(rules) for _, rules in lexicon.context.at(document.tokens, first, cell.j)):
                return document.said(cell).strip("| \t")
            k += step
    return ""


def relative_before(document: Document, number: int, lexicon: Lexicon) -> str:
    """The relative whom the sentences before name, where a sentence opens with the pronoun that is not the patient's: "His
    daughter drove him. She has asthma." Blank where it does not, or where the record speaks of its patient as both."""
    sentences, norms = document.sentences, document.tokens.norms
    pronoun = norms[sentences[number].i]
    if pronoun not in _OF_PATIENTS or not _speaks_as_of_another(norms, pronoun):
        return ""
    for k in range(number - 1, -1, -1):
        sentence = sentences[k]
        if sentence.paragraph != sentences[number].paragraph:
            break
        for i, end, rules in lexicon.context.every(document.tokens, sentence.i, sentence.j):
            if _name_a_relative(rules):
                return document.written(i, end)
        if norms[sentence.i] != pronoun:
            break
    return ""


def _name_a_relative(rules: Sequence[ContextRow]) -> bool:
    return any(r.category == "family" and r.direction == "forward" for r in rules)


def _speaks_as_of_another(norms: Sequence[str], pronoun: str) -> bool:
    """Whether a record says its patient with the other pronoun: by far the most of its pronouns are of that kind."""
    words = Counter(norms)
    counts = {p: sum(words[form] for form in forms) for p, forms in _OF_PATIENTS.items()}
    return sum(counts.values()) - counts[pronoun] >= _BY_FAR * counts[pronoun]


class Stay(NamedTuple):
    """Whether a record is an inpatient one, and whether it may speak for the discharge (``concludes``)."""

    inpatient: bool
    concludes: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A condition where a sentence names it, at tokens [i, j): the ``name=value`` attributes that the words give it, the cues
    of the sentence, and the tokens [i, j) of the conditions beside it."""

    document: Document
    sentence: Sentence
    i: int
    j: int
    condition: Condition
    attributes: tuple[str, ...]
    cues: tuple[Cue, ...]
    others: Sequence[tuple[int, int]]

    @property
    def norms(self) -> list[str]:
        return self.document.tokens.norms

    @property
    def start(self) -> int:
        """Where it starts in the text."""
        return self.document.tokens.starts[self.i]

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.document.tokens.ends[self.j - 1]

    @property
    def stays(self) -> bool:
        """Whether "history of" leaves it present: a lifelong disease, a lasting state, or one that is called chronic."""
        course = self.condition.course
        return course in _OPEN_COURSES or (course in ENDS and "acuity=chronic" in self.attributes)

    @property
    def remitted(self) -> bool:
        return any(a.startswith(("remission=", "remit=yes")) for a in self.attributes)


def assert_status(named: Named, stay: Stay) -> Assertion:
    """The status of a condition where a sentence names it, and what decided that.

    Rules: ICD-10-CM guidelines IV.H (outpatient: uncertain is not coded), II.H (inpatient: coded as if present), I.C.2
    (cancer), I.C.9.d (stroke); "history of" a lifelong disease is that disease.
    """
    condition, section = named.condition, named.sentence.section
    if layout := read_layout(named.document, named.sentence, named.start, named.end):
        # A patient ticks what ever happened: a ticked stroke or heart attack is one of the past, unless it is called chronic. A
        # provider who concludes ticks what is there.
        past = layout.status == "active" and condition.course == "acute" and "acuity=chronic" not in named.attributes
        past = past and (section not in CONCLUSIONS or condition.default_code.startswith(_TICKED_AS_PAST))
        return Assertion("history", (*layout.cues, "an event of the past")) if past else layout
    found = _told(named, stay)
    if (by_section := _SECTION_STATUS.get(section)) and "negated" not in found:
        return Assertion(by_section, (f"stands under {section.replace('_', ' ')}",))
    if condition.course == "status" and "negated" not in found and _only_planned(named):
        found["hypothetical"] = "planned or discussed"
    if found:
        strongest = sorted(found, key=lambda c: -_RANK[c])
        return Assertion(strongest[0], tuple(f"“{found[c]}”" for c in strongest))
    if not stay.inpatient and _is_one_of_several_causes(named):
        return Assertion("uncertain", (f"“{ONLY_AS_CAUSE}”",))
    if _orders_its_test(named):
        return Assertion("hypothetical", ("a test that bears its name",))
    if section in _PAST_SECTIONS and not (named.stays or named.remitted) and "status=current" not in named.attributes:
        return Assertion("history", (LISTED_AS_PAST,))
    return Assertion("active", ())


def _told(named: Named, stay: Stay) -> dict[Status, str]:
    """What the cues of a sentence say of a condition, as its course and the stay let them: per status the phrase."""
    said, place = _said(named)
    if {"negated", "family"} <= set(said) and place["negated"] < place["family"] and _FAMILY_HISTORY.search(said["family"]):
        # "Never had a family history of gout": what is denied is the relative's.
        del said["family"]
    if named.remitted:
        # Remission of a use disorder or a depression is coded as such (guideline I.C.5.b.1).
        said = {c: phrase for c, phrase in said.items() if "remission" not in phrase}
    if "resolved" in said and named.stays and _is_of_its_turn(named, place["resolved"]):
        del said["resolved"]
    resolved = said.pop("resolved", None)
    if resolved and (named.condition.course != "status" or resolved in _OF_STATES_ALONE or _UNDONE.search(resolved)):
        said.setdefault("history", resolved)
    elif named.stays or (said.get("history") == _IN_REMISSION and named.condition.course != "cancer"):
        said.pop("history", None)
    if stay.inpatient:
        if stay.concludes and not said.get("uncertain", "").startswith(_FORMERLY):
            said.pop("uncertain", None)
        gone = said.get("history", "history")
        in_stay = gone.startswith(_RESOLVED) and named.sentence.section in _OF_THE_STAY
        if not _OVER_BEFORE.search(gone) and (not named.stays or in_stay):
            # Treated and gone within the stay: still a diagnosis of the stay.
            said.pop("history", None)
    return said  # type: ignore[return-value]


def _said(named: Named) -> tuple[dict[str, str], dict[str, int]]:
    """What the cues of a sentence say of a condition: per category the phrase, and the token at which its cue begins."""
    document, sentence, i, j, condition = named.document, named.sentence, named.i, named.j, named.condition
    found: dict[str, str] = {}
    place: dict[str, int] = {}
    for cue in named.cues:
        if i <= cue.i < j or (cue.i <= i and j <= cue.j):
            # A cue that starts within the condition's words is part of them: a "mutation carrier" of factor V has the mutation.
            continue
        if cue.is_hidden_from(i, j, condition.course == "status"):
            continue
        for rule in cue.rules:
            if rule.direction in ("terminate", "pseudo") or rule.category in ("none", "affirmed"):
                continue
            if rule.phrase in _LATELY and (condition.course not in _PASSING or _comes_in_spells(condition, rule)):
                continue
            known = rule.category in found and not (rule.category == "resolved" and _UNDONE.search(rule.phrase))
            if known or not in_scope(Told(rule, cue, i, j, document, sentence, named.cues, named.others)):
                continue
            if rule.category == "negated" and cue.i < i and _affirmed_apart(named, cue):
                continue
            if rule.category == "history" and cue.i >= j and rule.phrase in OPERATED and condition.course != "cancer":
                continue
            if rule.phrase in _OF_STATES_ALONE and condition.course != "status":
                continue
            found[rule.category] = ONLY_AS_CAUSE if speaks_of_a_cause(rule) else rule.phrase
            place[rule.category] = cue.i
    return found, place


def _only_planned(named: Named) -> bool:
    """Whether the words beside a procedure say that it is only talked of: "declines LVAD", "lung transplant candidate"."""
    norms, i, j, sentence = named.norms, named.i, named.j, named.sentence
    for k in range(i - 1, max(i - 6, sentence.i - 1), -1):
        if norms[k] in _CLAUSE_MARKS or norms[k : k + 2] == ["status", "post"]:
            break
        if (
            norms[k] in _PLANNED
            or norms[k] in _MIGHT
            or (norms[k] in _ON_THE_WAY and not _LEADS_TO.isdisjoint(norms[k + 1 : i]))
        ):
            return True
    for k in range(j, min(j + 3, sentence.j)):
        if norms[k] in _CLAUSE_MARKS:
            break
        # Several days are a schedule: "on hemodialysis Monday, Wednesday, and Friday".
        ahead = norms[k] in _DAYS_AHEAD and _DAYS_AHEAD.isdisjoint(norms[k + 1 : min(k + 4, sentence.j)])
        if norms[k] in _PLANNED or ahead or norms[k] in _TALKED_OF:
            return True
    return False


def _orders_its_test(named: Named) -> bool:
    """Whether words order a test that is called like the disease which it looks for."""
    if not named.condition.default_code.startswith(_TESTED_BY_NAME):
        return False
    return bool(_ORDERS_TESTS.search(named.document.text, named.sentence.start, named.start))


def _is_one_of_several_causes(named: Named) -> bool:
    """ "An effusion from a meniscus tear or arthritis", "either reflux or anxiety": none of several causes is established, but
    for what is the patient's own ("from his hip or knee arthritis")."""
    norms, i, j = named.norms, named.i, named.j
    for k in range(i - 1, max(i - _MOST_CAUSES, named.sentence.i) - 1, -1):
        if norms[k] in _APART or (norms[k] in _OWNED and "," not in norms[k:i]):
            return False
        if norms[k] in _ALTERNATIVES or " ".join(norms[k : k + 2]) in _ALTERNATIVES:
            return "or" in norms[max(k, i - _NEAR_OR) : i] or "or" in norms[j : min(j + 2, named.sentence.j)]
    return False


def _is_of_its_turn(named: Named, cue: int) -> bool:
    """Whether words behind a lasting disease (``cue``: their token) end what came upon it or a turn of it, not itself: "AKI on
    CKD 3b, resolved"; "COPD, recent exacerbation, recovered"."""
    return cue >= named.j and (_stands_on(named) or not _PHASES.isdisjoint(named.norms[named.j : cue]))


def _stands_on(named: Named) -> bool:
    """Whether the condition is what another one came upon: "AKI on CKD", "delirium superimposed on dementia", "delirium on
    top of her dementia"."""
    before = next((named.norms[b : named.i] for _, b in named.others if 0 < named.i - b <= _MOST_UPON), [])
    return "on" in before and _UPON.issuperset(before)


def _affirmed_apart(named: Named, cue: Cue) -> bool:
    """ "No seizures this year, epilepsy controlled on lamotrigine": behind a comma, a condition that is said to have a state,
    or a size, opens a clause of its own ("no LOC, subdural 6 mm"); so does one in parentheses, "no drink in 12 years (alcohol
    use disorder in remission)"."""
    between = named.norms[cue.j : named.i]
    if "(" in between and named.remitted:
        return True
    if "," not in between:
        return False
    if _SIZE.match(named.document.text, named.end, named.sentence.end):
        return True
    behind = (r for c in named.cues if 0 <= c.i - named.j <= 1 for r in c.rules)
    return any(r.category == "affirmed" and r.direction == "backward" for r in behind)


def is_dropped(section: str) -> bool:
    """Sections whose words name no condition of the patient (allergies, legal and billing text)."""
    return section in _DROPPED_SECTIONS


def tells_of_others(section: str) -> bool:
    """Sections whose words describe a relative or nobody in particular: what they say of a disease is not the patient's."""
    return section in _DROPPED_SECTIONS or _SECTION_STATUS.get(section) in ("family", "hypothetical")
