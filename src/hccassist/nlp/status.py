"""Whether the patient has it now: ConText (Harkema et al. 2009) with sections, check boxes and a condition's course.

The rules are data (``context.csv``): a phrase, its category, its direction, its reach. The algorithm is ConText's as
medSpaCy implements it: a cue modifies the conditions in its direction within the sentence, up to a terminating phrase; the
longest phrase wins, so "no change in" (a pseudo-cue) hides "no". It is our own because only sentences with a condition need
it and medSpaCy's costs more than all else here together (docs/architecture.md has the measurement).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hccassist.nlp.choices import boxes_left_open
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import Assertion, printed_choices, read_layout
from hccassist.schema import Status
from hccassist.terminology.groups import code_group, said, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import ENDS, Condition, ContextRow

_OVER_BEFORE = re.compile(r"histor|h/o|hx|prior|previous|remote|old|past|former|ago|child|teen|recover(?:ed|ing) from|surviv")
_UNDONE = re.compile(
    r"transplant|revers|taken down|take ?down|closed|remov|decannul|explant|no longer|stopped|recovered|inactive|used to"
)
_AT_DISCHARGE = re.compile(r"discharg|final (?:diagnos|progress)|death (?:summary|note)|expir|hospital course", re.IGNORECASE)
_DURING_STAY = re.compile(
    r"\bH ?(?:&|and) ?P\b|history (?:and|&) physical|admi(?:ssion|tting) (?:note|history|h&p)|daily note|hospital day"
    r"|\bHD ?#? ?\d|\bPOD ?#? ?\d|(?:date of admission|admission date|admitted)\b|progress note|consult(?:ation)?\b"
    r"|(?:inpatient|daily|ward) progress|emergency (?:department|room) (?:note|record)|ED (?:provider )?note",
    re.IGNORECASE,
)
_FAMILY_HISTORY = re.compile(r"histor|\bf?hx\b|\bfh\b", re.IGNORECASE)
_TITLE_REACH = 500
_PLANNED, _MIGHT = word_group("planned"), word_group("might")
_ON_THE_WAY, _LEADS_TO = word_group("on_the_way"), word_group("leads_to")
"""Said of what is planned only where it leads there: "evaluated for LVAD", not "evaluated after LVAD"."""
_DAYS_AHEAD, _TALKED_OF = word_group("days_ahead"), word_group("talked_of")
"""Behind an operation they tell when it will be done: "BKA Thurs"."""
_SAID_AGAIN = tuple(word_group("said_again"))
"""What names a diagnosis again speaks of the one before a semicolon too."""
_CLAUSE_MARKS = frozenset(", ; : . ( ) |".split())
_MOST_CELL = 4
_OF_PATIENTS = {"he": ("he", "him", "his"), "she": ("she", "her", "hers")}
_BY_FAR = 3
_OPERATED = word_group("operated")
"""Behind a condition they name what was done for it: that ends a cancer, not a fracture or a clot."""
_EXCLUDES = re.compile(r"ruled out|excluded")
_RIGHT_BEFORE = 2
_REACH = 14
_GOES_ON = ([":"], [","], [";"], ["-"], ["."], ["–"], ["→"])
_RESOLVED = "resolv"
_OF_THE_STAY = frozenset({"assessment_plan", "hospital_course", "start"})
_TESTED_BY_NAME = code_group("tested_by_name")
_ORDERS_TESTS = said("orders_tests", behind=r"(?![^.]*\b(?:his|her|their|known|chronic|for|with|of|has)\b)[^.;]*$")
_FORMERLY = ("was ", "were ", "had been ", "there was ", "initially ")
"""What an inpatient record once considered is no diagnosis of its discharge (guideline II.H speaks of those that still are)."""
_LATELY = word_group("lately")
"""They deny an event, and a lasting disease nothing but a turn of it: "no recent gout"."""
_SPELLS = code_group("spells")
_BELIEFS = ("think", "believe", "feel")
_POSSESSIVES = (["his"], ["her"], ["their"])
_PRONOUNS = frozenset({"it", "this", "that"})
"""In a denial they stand for the condition named last: "a heart catheterization in May excluded it"."""
_VERSUS = ("v", "vs", "versus")
_IN_REMISSION = "in remission"
"""Only a cancer may be past with it; every other condition is coded as in remission (guideline I.C.5.b.1)."""
_WHEN = frozenset("on after since following from given".split())
_MOST_TOUCH = 3
_ENDED_BY_COLON = frozenset({"negated", "uncertain", "hypothetical"})
_TOUCH = frozenset("any a an the all of that he she they patient pt there or prior known his her current currently".split())
_COLON_LEAD = frozenset("history of the following condition problem any all known evidence sign for with such as ) (".split())
_CONJUNCTIONS = frozenset({"and", "both", "all", "&", "or", "+"})
_LIST_WORDS = frozenset(
    ", and or / & + ( ) was were is are has have had been be being to all both also now then still yet since".split()
)
_FROM = frozenset({"from", "due", "secondary"})
_BREAKS = frozenset("but however though although except yet while whereas despite".split())
_END_OF_CLAUSE = frozenset(
    ". , ; : ) ( | - – / but on by per at in today x for after since from and or with this given due because as v versus"
    " now".split()
)
_SAID_OF_THE_NEXT = word_group("said_of_the_next")
_COMES_ALONG, _BEARS = word_group("comes_along"), word_group("bears")
_IN_COMPANY = frozenset("with by per from".split())
_RELATIVE_FACTS = word_group("relative_facts")

_DROPPED_SECTIONS = frozenset({"allergies", "legal"})
_SECTION_STATUS: dict[str, Status] = {
    "family_history": "family",
    "education": "hypothetical",
    "screening": "hypothetical",
    "instructions": "hypothetical",
    "copied": "history",
    "resolved_problems": "history",
    "ruled_out": "negated",
}
_PAST_SECTIONS = frozenset({"pmh", "psh"})
_OPEN_COURSES = frozenset({"lifelong", "status"})
_RANK: dict[str, int] = {"family": 5, "negated": 4, "hypothetical": 3, "uncertain": 2, "history": 1}


@dataclass(frozen=True, slots=True)
class Cue:
    """A ConText phrase found in a sentence: tokens [i, j) and its rules."""

    i: int
    j: int
    rules: tuple[ContextRow, ...]


def may_conclude(document: Document) -> bool:
    """Whether an inpatient record may tell what was known at discharge. Guideline II.H codes uncertain diagnoses then, not
    those of an admission, progress or consultation note."""
    if not document.sentences:
        return True
    head = document.text[document.sentences[0].start : document.sentences[0].start + _TITLE_REACH]
    return bool(_AT_DISCHARGE.search(head)) or not _DURING_STAY.search(head)


def cues_of(document: Document, sentence: Sentence, lexicon: Lexicon) -> tuple[Cue, ...]:
    """All context phrases of a sentence, the longest at each place; one inside another is hidden by it."""
    found: list[Cue] = []
    tokens = document.tokens
    printed = printed_choices(document.text, sentence.start, sentence.end)
    printed += boxes_left_open(document.text, sentence.start, sentence.end)
    end = 0
    for i, hits in lexicon.context.starting(tokens, sentence.i, sentence.j):
        j, rules = hits[-1]
        if j > end and not any(a <= tokens.starts[i] < b for a, b in printed):
            found.append(Cue(i, j, tuple(rules)))
            end = j
    return tuple(found)


_OF_THE_CUE = frozenset(
    "( , now since later is was were has have been it this that all both formally clinically fully ?".split()
)
"""Words between an opening parenthesis and a cue that is said of what stands before it: "DVT (now resolved)"."""


def _in_parentheses(between: Sequence[str]) -> bool:
    """Whether a cue behind these words stands in parentheses with a subject of its own."""
    opened = between.index("(") if "(" in between else len(between)
    return ")" not in between[opened:] and not _OF_THE_CUE.issuperset(between[opened:])


def _terminated(rule: ContextRow, low: int, high: int, cues: Sequence[Cue], document: Document) -> bool:
    """Whether something between tokens ``low`` and ``high`` ends the scope of ``rule``: a semicolon, an arrow that leads on, a
    colon that does not open its list ("negative for the following:"), or a terminating phrase. One that touches the cue
    belongs to it ("denies any history of"), unless a comma stands between. A terminating phrase with a scope ("and", 1) ends
    only cues that have none of their own."""
    norms = document.tokens.norms
    between = norms[low:high]
    if (";" in between and not rule.phrase.startswith(_SAID_AGAIN)) or ("→" in between and rule.direction == "forward"):
        return True
    if rule.direction == "forward" and ")" in between and "(" not in between[: between.index(")")]:
        # "ICD (no shocks), carotid stenosis": what is said in parentheses ends with them.
        return True
    ends = ":" in between and rule.scope is None and rule.category in _ENDED_BY_COLON
    if ends and not _COLON_LEAD.issuperset(between[: between.index(":")]):
        return True
    for cue in cues:
        if low <= cue.i and cue.j <= high:
            for end in cue.rules:
                if rule.direction == "backward" and norms[cue.i] in _WHEN:
                    # "Considered on admission and ruled out": when it was considered ends nothing.
                    continue
                if end.direction == "terminate" and end.category == rule.category and not (end.scope and rule.scope):
                    touches = cue.i - low <= _MOST_TOUCH and _TOUCH.issuperset(norms[low : cue.i])
                    if not touches or rule.category == "family" or norms[cue.i] in _BREAKS:
                        return True
    return False


def _behind_comma(rule: ContextRow, document: Document, low: int, high: int, others: Sequence[tuple[int, int]]) -> bool:
    """Whether a cue at token ``high`` reaches back over a comma to a condition that ends at ``low``: as the end of a list
    of conditions ("DVT, PE and stroke were ruled out"), or as a remark without a subject ("depression, since resolved")."""
    norms = document.tokens.norms
    inside = [(a, b) for a, b in others if low <= a and b <= high]
    if rule.category == "family":
        return True
    if all(norms[k] in _LIST_WORDS or any(a <= k < b for a, b in inside) for k in range(low, high)):
        if rule.category == "hypothetical":
            return bool(inside)
        # "Bipolar 2, hypomania none": "none" is said of the one before it.
        listed = rule.category == "negated" and rule.phrase != "none"
        return not inside or listed or not _CONJUNCTIONS.isdisjoint(norms[low:high])
    upon = len(inside) == 1 and norms[inside[0][0] - 1] == "on" and rule.category == "resolved"
    return rule.category in ("resolved", "history", "uncertain") and (not inside or upon) and norms[high - 1] == ","


def _is_companion(norms: Sequence[str], cue: Cue, sentence: Sentence) -> bool:
    """Whether a relative only comes along, speaks or helps: "with his father", "wife reports"."""
    after = norms[cue.j] if cue.j < sentence.j else ""
    if after in _COMES_ALONG:
        return True
    k = cue.i - 1
    if k >= sentence.i and norms[k] in ("his", "her", "their"):
        k -= 1
    return k >= sentence.i and norms[k] in _IN_COMPANY and after not in _BEARS


def _names_before(cue: Cue, others: Sequence[tuple[int, int]]) -> bool:
    """Whether a condition ends right before a cue, with a dash or a verb between them at most."""
    return any(0 <= cue.i - b <= _RIGHT_BEFORE for _, b in others)


def _in_scope(
    rule: ContextRow, cue: Cue, i: int, j: int, cues: Sequence[Cue], document: Document, sentence: Sentence,
    others: Sequence[tuple[int, int]],
) -> bool:  # fmt: skip
    if rule.category == "family" and cue.j - cue.i == 1 and _is_companion(document.tokens.norms, cue, sentence):
        return False
    reach = _REACH * (3 if rule.category in ("negated", "family") else 1) if rule.scope is None else rule.scope
    ahead, behind = cue.i < i, cue.j > j
    asked = document.tokens.norms[cue.i] == "?" and _ends_a_question(document, cue.i)
    if ahead and rule.direction in ("forward", "both"):
        answered = document.tokens.norms[cue.i - 1 : cue.i] == ["?"] and document.tokens.norms[cue.j : cue.j + 1] in _GOES_ON
        if asked or (rule.phrase == "no" and answered):
            # "Lupus? No: fibromyalgia" answers what was asked.
            return False
        low = min(cue.j, i)
        if rule.category == "negated" and rule.phrase.endswith(_BELIEFS) and document.tokens.norms[cue.j : i] in _POSSESSIVES:
            # "I do not think her COPD is to blame": what it does is denied, not the disease that is hers.
            return False
        if _EXCLUDES.search(rule.phrase) and "," in document.tokens.norms[low:i] and _names_before(cue, others):
            # "Sepsis - ruled out, SIRS from heart failure": what is ruled out stands before it.
            return False
        if rule.phrase in _OPERATED and "," in document.tokens.norms[low:i] and not any(a == cue.j for a, _ in others):
            # "s/p nephrectomy, lung metastases": the operation is what is past, not what stands behind the comma.
            return False
        return i - low <= reach and not _terminated(rule, low, i, cues, document)
    if behind and rule.direction in ("backward", "both"):
        high = max(cue.i, j)
        norms = document.tokens.norms
        if ":" in norms[j:high] and rule.category in ("resolved", "history") and norms[high - 1] != ":":
            return False
        under = ":" in norms[j:high] and norms[high - 1] != ":"
        if under and rule.category == "negated" and (rule.phrase == "none" or any(j < a and b <= high for a, b in others)):
            # "Bipolar 2: hypomania none": what is denied is said under the problem, not of it.
            return False
        if "(" in norms[j:high] and any(norms[a - 1] == "(" for a, b in others if j <= a and b <= high):
            # "LEMS (SCLC neg)": what is denied is what the parentheses name.
            return False
        apart = "(" in norms[j:high] and ")" not in norms[j:high]
        if apart and (not _FROM.isdisjoint(norms[i:j]) or any(j <= a < high for a, _ in others)):
            # "Cirrhosis from hepatitis C (cured)": parentheses speak of what stands right before them.
            return False
        screened = rule.phrase.endswith("screening")
        if rule.category == "hypothetical" and not screened and "-" in norms[j:high] and norms[high - 1] != "-":
            # "Immunosuppressed - PJP ppx": what is prevented stands behind the dash.
            return False
        if ":" in norms[j:high] and norms[cue.i] in _VERSUS:
            # "Orthostasis: standing 98/60 vs lying 134/78": what stands behind the colon is compared.
            return False
        if _in_parentheses(norms[j:high]):
            # "Flare of lung fibrosis (pneumonia ruled out)": what is ruled out stands in the parentheses.
            return False
        spoken_of = rule.category == "negated" and not _PRONOUNS.isdisjoint(norms[cue.i : cue.j])
        if spoken_of and any(j <= a and b <= high for a, b in others):
            return False
        if "," in norms[j:high] and not spoken_of and not _behind_comma(rule, document, j, high, others):
            return False
        if cue.j - cue.i == 1 and cue.j < sentence.j and norms[cue.j] not in _END_OF_CLAUSE:
            if rule.category == "resolved" and norms[cue.i - 1] in ("with", "and"):
                # "CKD 3b with recovered kidney injury": so is what follows.
                return False
            # "lupus with negative dsDNA", "CAD, brother is well": the word is said of what follows it.
            if norms[cue.i] in _SAID_OF_THE_NEXT and not asked:
                return False
            if rule.category == "uncertain" and norms[cue.i] in _VERSUS and norms[cue.j][0].isdigit():
                return False
            if rule.category == "family" and norms[cue.j] not in _RELATIVE_FACTS and not norms[cue.j][0].isdigit():
                return False
        if spoken_of:
            return high - j <= reach
        return high - j <= min(reach, _REACH) and not _terminated(rule, j, high, cues, document)
    return False


def _comes_in_spells(condition: Condition, rule: ContextRow) -> bool:
    """Whether "none in 3 years" counts the spells of a condition that a drug holds down, not the condition itself."""
    return rule.phrase.startswith("none") and condition.default_code.startswith(_SPELLS)


def _ends_a_question(document: Document, k: int) -> bool:
    """Whether the question mark at token ``k`` is written onto the word before it: "hep B? sent DNA", not "?DVT"."""
    tokens, text = document.tokens, document.text
    return k > 0 and tokens.ends[k - 1] == tokens.starts[k] and text[tokens.ends[k] : tokens.ends[k] + 1].isspace()


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
            if 0 < cell.j - first <= _MOST_CELL and not document.said(cell).endswith("."):
                for _, rules in lexicon.context.at(document.tokens, first, cell.j):
                    if any(r.category == "family" and r.direction == "forward" for r in rules):
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
        for i in range(sentence.i, sentence.j):
            for end, rules in lexicon.context.at(document.tokens, i, sentence.j):
                if any(r.category == "family" and r.direction == "forward" for r in rules):
                    return document.text[document.tokens.starts[i] : document.tokens.ends[end - 1]]
        if norms[sentence.i] != pronoun:
            break
    return ""


def _speaks_as_of_another(norms: Sequence[str], pronoun: str) -> bool:
    """Whether a record says its patient with the other pronoun: by far the most of its pronouns are of that kind."""
    counts = {p: sum(n in forms for n in norms) for p, forms in _OF_PATIENTS.items()}
    return sum(counts.values()) - counts[pronoun] >= _BY_FAR * counts[pronoun]


def _only_planned(norms: Sequence[str], sentence: Sentence, i: int, j: int) -> bool:
    """Whether the words beside a procedure say that it is only talked of: "declines LVAD", "lung transplant candidate"."""
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
        if norms[k] in _PLANNED or norms[k] in _DAYS_AHEAD or norms[k] in _TALKED_OF:
            return True
    return False


def assert_status(
    document: Document,
    sentence: Sentence,
    cues: tuple[Cue, ...],
    i: int,
    j: int,
    condition: Condition,
    inpatient: bool,
    attributes: tuple[str, ...] = (),
    others: Sequence[tuple[int, int]] = (),
    discharge: bool = True,
) -> Assertion:
    """The status of the condition at tokens [i, j) of ``document`` in ``sentence``; ``others`` are the conditions beside it;
    ``discharge``: the inpatient record may speak for the end of the stay (``may_conclude``).

    Rules: ICD-10-CM guidelines IV.H (outpatient: uncertain is not coded), II.H (inpatient: coded as if present), I.C.2
    (cancer), I.C.9.d (stroke); "history of" a lifelong disease is that disease.
    """
    start, end = document.tokens.starts[i], document.tokens.ends[j - 1]
    by_section = _SECTION_STATUS.get(sentence.section)
    if layout := read_layout(document, sentence, start, end):
        # A patient ticks what ever happened: a ticked stroke or heart attack is one of the past.
        past = layout.status == "active" and condition.course == "acute"
        return Assertion("history", (*layout.cues, "an event of the past")) if past else layout
    remitted = any(a.startswith(("remission=", "remit=yes")) for a in attributes)
    found: dict[str, str] = {}
    place: dict[str, int] = {}
    for cue in cues:
        if i <= cue.i < j or (cue.i <= i and j <= cue.j):
            # A cue that starts within the condition's words is part of them: a "mutation carrier" of factor V has the mutation.
            continue
        for rule in cue.rules:
            if rule.direction in ("terminate", "pseudo") or rule.category in ("none", "affirmed"):
                continue
            if rule.phrase in _LATELY and (condition.course not in (*ENDS, "acute") or _comes_in_spells(condition, rule)):
                continue
            known = rule.category in found and not (rule.category == "resolved" and _UNDONE.search(rule.phrase))
            if not known and _in_scope(rule, cue, i, j, cues, document, sentence, others):
                if rule.category == "negated" and cue.i < i and _affirmed_apart(document, cue, i, j, cues, remitted):
                    continue
                if rule.category == "history" and cue.i >= j and rule.phrase in _OPERATED and condition.course != "cancer":
                    continue
                found[rule.category] = rule.phrase
                place[rule.category] = cue.i
    if {"negated", "family"} <= set(found) and place["negated"] < place["family"] and _FAMILY_HISTORY.search(found["family"]):
        # "Never had a family history of gout": what is denied is the relative's.
        del found["family"]
    if remitted:
        # Remission of a use disorder or a depression is coded as such (guideline I.C.5.b.1).
        found = {c: phrase for c, phrase in found.items() if "remission" not in phrase}
    stays = condition.course in _OPEN_COURSES or (condition.course in ENDS and "acuity=chronic" in attributes)
    if "resolved" in found and stays and place["resolved"] >= j and _stands_on(document.tokens.norms, i, others):
        # "AKI on CKD 3b, resolved": the injury is, the disease under it is not.
        del found["resolved"]
    resolved = found.pop("resolved", None)
    if resolved and (condition.course != "status" or _UNDONE.search(resolved)):
        found.setdefault("history", resolved)
    elif stays or (found.get("history") == _IN_REMISSION and condition.course != "cancer"):
        found.pop("history", None)
    if inpatient:
        if discharge and not found.get("uncertain", "").startswith(_FORMERLY):
            found.pop("uncertain", None)
        gone = found.get("history", "history")
        if not _OVER_BEFORE.search(gone) and (not stays or (gone.startswith(_RESOLVED) and sentence.section in _OF_THE_STAY)):
            # Treated and gone within the stay: still a diagnosis of the stay.
            found.pop("history", None)
    if by_section and "negated" not in found:
        return Assertion(by_section, (f"stands under {sentence.section.replace('_', ' ')}",))
    if condition.course == "status" and "negated" not in found and _only_planned(document.tokens.norms, sentence, i, j):
        found["hypothetical"] = "planned or discussed"
    if found:
        best = max(found, key=lambda c: _RANK[c])
        return Assertion(best, tuple(f"“{found[c]}”" for c in sorted(found, key=lambda c: -_RANK[c])))  # type: ignore[arg-type]
    named_by_its_test = condition.default_code.startswith(_TESTED_BY_NAME)
    if named_by_its_test and _ORDERS_TESTS.search(document.text, sentence.start, start):
        return Assertion("hypothetical", ("a test that bears its name",))
    if sentence.section in _PAST_SECTIONS and not stays and "status=current" not in attributes:
        return Assertion("history", ("listed as past history",))
    return Assertion("active", ())


def _stands_on(norms: Sequence[str], i: int, others: Sequence[tuple[int, int]]) -> bool:
    """Whether the condition at token ``i`` is what another one came upon: "AKI on CKD", "delirium superimposed on dementia"."""
    return i > 0 and norms[i - 1] == "on" and any(b in (i - 1, i - 2) for _, b in others)


def _affirmed_apart(document: Document, cue: Cue, i: int, j: int, cues: Sequence[Cue], remitted: bool) -> bool:
    """ "No seizures this year, epilepsy controlled on lamotrigine": behind a comma, a condition that is said to have a state
    opens a clause of its own; so does one in parentheses, "no drink in 12 years (alcohol use disorder in remission)"."""
    between = document.tokens.norms[cue.j : i]
    if "(" in between and remitted:
        return True
    if "," not in between:
        return False
    return any(0 <= c.i - j <= 1 and r.category == "affirmed" and r.direction == "backward" for c in cues for r in c.rules)


def is_dropped(section: str) -> bool:
    """Sections whose words name no condition of the patient (allergies, legal and billing text)."""
    return section in _DROPPED_SECTIONS


def tells_of_others(section: str) -> bool:
    """Sections whose words describe a relative or nobody in particular: what they say of a disease is not the patient's."""
    return section in _DROPPED_SECTIONS or _SECTION_STATUS.get(section) in ("family", "hypothetical")
