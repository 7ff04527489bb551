"""Conditions named in an encounter: found by the lexicon, told apart by context, with status and attributes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hccassist.nlp.choices import RING, ringed_choices
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import Assertion
from hccassist.nlp.status import (
    Cue,
    assert_status,
    cues_of,
    is_dropped,
    may_conclude,
    relative_of_row,
    tells_of_others,
)
from hccassist.schema import Mention, Status
from hccassist.terminology.lexicon import AttributeWord, Lexicon, Reading, Term
from hccassist.terminology.rows import Condition
from hccassist.terminology.words import FILLERS
from hccassist.written_dates import MONTH_NAME

_NEAR = 8
_CHOICE_LABELS = ("stage", "type", "grade", "class")
"""Words before a form's choices that belong to each of them."""
_DONE = ("status ", "post ")
_NOT_SAID = frozenset("no not without denie deny denied negative never non prevent avoid risk prior previous last if".split())
_ELSEWHERE = "elsewhere"
"""The value of an attribute's words that say it of something else, and hide the shorter ones in them: the side of the stroke
("L MCA") is not that of the hemiparesis."""
_DENIED_BEHIND = (["none"], ["absent"], ["denied"])
_PHASES = frozenset("exacerbation flare decompensation attack crisis relapse decompensated".split())
_ATTACK = "attack"
_PHASE = frozenset({"exacerbation=yes", "acuity=acute", "acuity=acute_on_chronic"})
CONCLUSIONS = frozenset({"assessment_plan", "hospital_course"})
_ESTABLISHED = frozenset("known his her their established chronic longstanding underlying persistent".split())
ONLY_ITS_PHASE = "its exacerbation is in doubt"
"""The cue of a mention that doubts an exacerbation, which leaves a disease that is told elsewhere as it is."""
AS_A_RESULT = "told as a result of imaging"
"""The cue of a mention that only says what an image or a tracing showed: no provider states it there."""
_IMAGING = re.compile(
    r"\b(?:echo\w*|TTE|TEE|MRI|MRA|CTA?|LDCT|(?:x-?ray|film|radiograph)s?|CXR|KUB|ultrasound|sonogram"
    r"|duplex|doppler|ultrasonography|scan|imaging|EKG|ECG|Holter|mammogram|DEXA|views?)\b[^.;]{0,80}?"
    r"\b(?:show(?:s|ed|n|ing)?|demonstrat(?:e|es|ed|ing)|reveal(?:s|ed|ing)?|mention(?:s|ed|ing)?|suggest(?:s|ed|ing)?"
    r"|not(?:es|ed)|report(?:s|ed)|identified|found|read as|significant for|notable for|positive for)\b|"
    r"^\W*(?:\w+ ){0,3}(?:echo\w*|TTE|TEE|MR[IA]|(?:LD|HR)?CTA?|x-?ray|CXR|ultrasound|duplex|EKG|ECG)(?: \w+){0,4}: ",
    re.IGNORECASE,
)
_TRACING = re.compile(r"\W*(?:echo\w*|TTE|TEE|MRI|MRA|CTA?|LDCT|CXR|KUB|x-?rays?|ultrasound|duplex|EKG|ECG)\b", re.IGNORECASE)
_FINDINGS = frozenset({"results", "exam", "vitals"})
_OVER = re.compile(
    r"\b(?:ago|earlier (?:this|in|that)|last (?:week|month|year|spring|summer|fall|autumn|winter|visit|admission)"
    r"|previous|prior|x ?\d (?:this|last|in|per|over)|recent(?:ly)? (?:hospitali[sz]\w+|admi\w+|discharged?)"
    r"|recover(?:ed|ing) from"
    rf"|since (?:her|his|the|their) (?:last )?|in (?:{MONTH_NAME}|(?:19|20)\d\d))\b",
    re.IGNORECASE,
)
_STAYED_THEN = re.compile(
    r"\b(?:hosp|hospitali[sz]ed|admitted|adm|inpatient|discharged)\b[^.;]{0,20}"
    rf"\b(?:ago|last|in (?:{MONTH_NAME}|(?:19|20)\d\d))\b",
    re.IGNORECASE,
)
"""A stay that is over: what was acute then ("admitted in May for acute systolic heart failure") is the disease now."""
_NOT_SO = re.compile(
    r"\b(?:do(?:es)?|did|can|could) not (?:support|agree with|accept|confirm|endorse|carry) (?:it|this|that|the)\b"
    r"|\b(?:this|that|it|the (?:diagnosis|label)) (?:was|is|has been|turned out to be) (?:(?:an?|entered|listed|charted) )?"
    r"(?:artifact|artefact|error|mistake|in error|wrong|incorrect|erroneous|inaccurate|excluded|ruled out"
    r"|not (?:the case|correct|confirmed|supported|real|true|present|accurate|so))\b(?! (?:today|now|yet|in|on|at))"
    r"|\b(?:he|she|they|patient|pt) (?:does|do|did) not (?:actually )?have (?:it|this|that)(?! (?:today|now|much|often|on))\b"
    r"|\bnot diagnosed\b|\bcriteria (?:were |are )?not met\b|\bdoes not meet (?:the |full |diagnostic )?criteria\b"
    r"|\bno evidence (?:of|for) (?:it|this|that)\b",
    re.IGNORECASE,
)
_DOUBTED = re.compile(
    r"\bI (?:strongly |very much )?doubt (?:it|this|that)\b"
    r"|\b(?:this|that|it|the diagnosis) is (?:unlikely|doubtful|questionable)\b",
    re.IGNORECASE,
)
"""A sentence that takes back, or doubts, what the one before it named."""
_CLAUSE_REACH = 60
_CUE_WINDOW = 25
_BESIDE = 3
_MOST_FAR = 2
_SHOUTED = 4
_SHORT_FORM = 3
_IS_NUMBERED = re.compile(r"-\d\b| \d{2,3}(?=\s|$)")
_NUMBERED = frozenset({"stage", "type", "dmtype", "class", "grade", "level"})
_CONFIRMED = 2
_MOST_COORDINATED = 6
_MOST_RIVALS = 4
"""Readings that an explanation names beside the one taken."""
_SPREAD = frozenset({"to", "involving"})
_PREPOSITIONS = frozenset("on with in of off from after by for".split())
"""What follows them belongs to the last name only: "DVT and PE, on warfarin"."""
_COORDINATORS = frozenset(", and or & / +".split())
_PRESSURES = frozenset({"BP", "SBP", "DBP"})
_PRESSURE = re.compile(r"[\s:=]{0,4}\d{2,3}\s?/\s?\d{2,3}\b")
_STATE = 2
_POSTAL_CODE = re.compile(r"[ -]+\d{5}(?:-\d{4})?\b(?![.,]?\d)")


@dataclass(frozen=True, slots=True)
class Located:
    """A mention with its place in the document: sentence index and tokens [i, j)."""

    mention: Mention
    sentence: int
    i: int
    j: int
    weak: bool = False

    def judged(self, status: Status, why: str) -> Located:
        """The mention with another status, and among its cues the reason for it."""
        return replace(self, mention=replace(self.mention, status=status, cues=(*self.mention.cues, why)))


@dataclass(frozen=True, slots=True)
class _Hit:
    sentence: int
    i: int
    j: int
    terms: tuple[Term, ...]


def _accept(term: Term, document: Document, i: int, j: int, lexicon: Lexicon) -> bool:
    if "," in document.tokens.norms[i:j] and (
        term.ambiguous or ("," not in term.written and " " in term.written and term.written.count(" ") == 1)
    ):
        # Two words of a term do not meet across a list: "with CHF, nurse calls weekly", "breast, primary care".
        return False
    if not term.cased:
        return True
    numbered = len(term.written) <= _SHORT_FORM and _IS_NUMBERED.match(document.text, document.tokens.ends[j - 1])
    if numbered and not lexicon.attribute_names.get(term.condition, frozenset()) & _NUMBERED:
        # "PCL-5", "SS 97": a scale or a score, unless a stage or a type is what the number may say.
        return False
    raw = document.text[document.tokens.starts[i] : document.tokens.ends[j - 1]]
    return raw == term.written or raw in (term.written + "s", term.written + "'s", term.written + "’s")


def _hits(document: Document, lexicon: Lexicon) -> list[_Hit]:
    hits: list[_Hit] = []
    tokens, terms = document.tokens, lexicon.terms
    for number, sentence in enumerate(document.sentences):
        if is_dropped(sentence.section):
            continue
        taken, before = sentence.i, len(hits)
        for i, found in terms.starting(tokens, sentence.i, sentence.j):
            if i < taken:
                continue
            for end, values in reversed(found):
                kept = tuple(t for t in values if _accept(t, document, i, end, lexicon))
                if kept:
                    hits.append(_Hit(number, i, end, kept))
                    more = _coordinated(document, lexicon, number, i, end)
                    hits.extend(more)
                    taken = more[-1].j if more else end
                    break
        hits.extend(_spread(document, lexicon, number, hits[before:]))
    return hits


def _spread(document: Document, lexicon: Lexicon, number: int, here: list[_Hit]) -> list[_Hit]:
    """Terms with another condition's name inside them: "metastatic breast cancer to bone and liver" and "met breast ca
    involving bone" name "metastatic to bone"; so does "widely metastatic to bone"."""
    norms, (start, stop) = document.tokens.norms, (document.sentences[number].i, document.sentences[number].j)
    found: list[_Hit] = []
    for hit in here:
        to = hit.j
        if to >= stop or norms[to] not in _SPREAD:
            continue
        before = next((h for h in here if h.j == hit.i), None)
        heads = [norms[before.i : before.j]] if before else []
        heads += [norms[max(hit.i - 1, start) : hit.i], norms[hit.j - 1 : hit.j], norms[hit.i : hit.i + 1]]
        for head in heads:
            if head and (ends := lexicon.terms.after(head, document.tokens, to, stop)):
                end, values = ends[-1]
                found.append(_Hit(number, to, end, tuple(values)))
                found.extend(_coordinated(document, lexicon, number, to, end, head))
                break
    return found


def _coordinated(document: Document, lexicon: Lexicon, number: int, i: int, j: int, head: Sequence[str] = ()) -> list[_Hit]:
    """What a list shares its first words with: in "mets to liver, lung and bone" the lung and the bone are sites too.
    ``head``: words that belong before token ``i``."""
    tokens, stop = document.tokens, document.sentences[number].j
    shared = [*head, *tokens.norms[i : j - 1]]
    found: list[_Hit] = []
    at = j
    while shared and len(found) < _MOST_COORDINATED:
        after = at
        while after < stop and tokens.norms[after] in _COORDINATORS:
            after += 1
        if after == at or after >= stop or tokens.norms[after] in _PREPOSITIONS:
            break
        if not (ends := lexicon.terms.after(shared, tokens, after, stop)):
            break
        end, values = ends[-1]
        if any(own >= end for own, _ in lexicon.terms.at(tokens, after, stop)) and len(shared) == 1:
            break
        found.append(_Hit(number, after, end, tuple(values)))
        at = end
    return found


def _score(reading: Reading, document: Document, i: int, j: int, sentence: Sentence, support: dict[str, int]) -> int:
    """How much the surroundings speak for a reading: a cue beside it counts four, in its sentence two, near it one; cues
    elsewhere count at most two in all, and so does a condition named plainly in the encounter or treated there."""
    near = far = 0
    tokens = document.tokens
    for a, b, _ in reading.cues.find(tokens, 0, len(tokens)):
        if a < j and i < b:
            # A cue stands beside the word, not over it: in "BP 180/95" there is no BP180.
            continue
        gap = a - j if a >= j else max(i - b, 0)
        if sentence.i <= a and b <= sentence.j:
            near += 4 if gap <= _BESIDE else 2
        elif gap <= _CUE_WINDOW:
            near += 1
        else:
            far += 1
    if reading.condition:
        far += support.get(reading.condition, 0)
    return near + min(far, _MOST_FAR)


def _is_shouted(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence is prose all in capitals, not a line of abbreviations."""
    written = document.text[sentence.start : sentence.end]
    return written.isupper() and sum(len(w) > _SHORT_FORM for w in document.tokens.norms[sentence.i : sentence.j]) > _SHORT_FORM


def _resolve(hit: _Hit, document: Document, lexicon: Lexicon, support: dict[str, int]) -> tuple[Term | None, tuple[str, ...]]:
    """The term that the words mean here and, where they are ambiguous, why; None when another reading wins."""
    plain = sorted((t for t in hit.terms if not t.ambiguous), key=lambda t: not t.also)
    words = [n for n in document.tokens.norms[hit.i : hit.j] if n not in ",(){}"]
    word = " ".join(words)
    bare = " ".join(n for n in words if n not in FILLERS)
    # "s/p BMT" has the readings of "BMT".
    rest = bare.removeprefix(_DONE[0]).removeprefix(_DONE[1])
    readings = next((r for w in (word, bare, rest) if (r := lexicon.readings.get(w))), ())
    if plain and not readings:
        # The same words may stand in several rows of a condition: the one that says most.
        return max((t for t in plain if t.condition == plain[0].condition), key=lambda t: len(t.attributes)), ()
    sentence = document.sentences[hit.sentence]
    if not readings:
        best = max(hit.terms, key=lambda t: support.get(t.condition, 0))
        if support.get(best.condition, 0) >= _CONFIRMED:
            return best, ("short form, confirmed by the rest of the note",)
        return None, ()
    scores = [(_score(r, document, hit.i, hit.j, sentence, support), r) for r in readings]
    top, reading = max(scores, key=lambda s: (s[0], not s[1].condition))
    rivals = dict.fromkeys(r.name for _, r in sorted(scores, key=lambda s: -s[0]) if r.condition != reading.condition)
    others = ", ".join(list(rivals)[:_MOST_RIVALS])
    shouted = len(word) <= _SHORT_FORM and _is_shouted(document, sentence)
    if not any(score for score, _ in scores) and plain and not shouted:
        return plain[0], ()
    if not reading.condition or top < (_SHOUTED if shouted else 1):
        # In a text all in capitals AN, OR and ALL are words again, unless something beside them says otherwise.
        return None, ()
    match = next((t for t in hit.terms if t.condition == reading.condition), None)
    if match is None:
        match = Term(reading.condition, (), word) if reading.condition in lexicon.conditions else None
    return match, (f"read as {reading.name}, not {others}",) if others else ()


def _attribute_hits(document: Document, lexicon: Lexicon, sentence: Sentence) -> list[tuple[int, int, AttributeWord]]:
    tokens = document.tokens
    found = [(i, j, word) for i, j, words in lexicon.attributes.every(tokens, sentence.i, sentence.j) for word in words]
    if RING not in document.text[sentence.start : sentence.end]:
        return found
    chosen, others = ringed_choices(document.text, sentence.start, sentence.end)
    starts, ends = tokens.starts, tokens.ends
    kept = [hit for hit in found if not any(a < ends[hit[1] - 1] and starts[hit[0]] < b for a, b in others)]
    ringed = [
        (bisect_left(starts, a, sentence.i, sentence.j), bisect_left(starts, b, sentence.i, sentence.j)) for a, b in chosen
    ]
    labels = [word for word in _CHOICE_LABELS if word in document.tokens.norms[sentence.i : sentence.j]]
    for i, j in ringed:
        # "Stage:  3a  ◉ 3b": the label stands before the choices.
        at = next((k for k in range(i, j) if tokens.norms[k] != RING), j)
        after = (hit for label in labels for hit in lexicon.attributes.after((label,), tokens, at, j))
        kept += [(at, end, word) for end, words in after for word in words]
    # What is ringed speaks for its row's condition, however far the choices stand from its name.
    return [
        (i, j, replace(word, everywhere=True)) if any(a <= i < b for a, b in ringed) else (i, j, word) for i, j, word in kept
    ]


def _note_attributes(document: Document, lexicon: Lexicon) -> list[tuple[int, int, AttributeWord]]:
    """Attribute words that count wherever in the encounter they stand ("type 1" for a complication of diabetes), outside the
    sections that tell of others or of nobody."""
    told = (s for s in document.sentences if not tells_of_others(s.section))
    found = (hit for s in told for hit in lexicon.note_attributes.find(document.tokens, s.i, s.j))
    return [(i, j, word) for i, j, words in found for word in words]


def _attributes(
    hit: _Hit, term: Term, around: list[tuple[int, int, AttributeWord]], others: list[tuple[int, int]], norms: list[str]
) -> tuple[str, ...]:
    """What the words around a mention add: attribute words in it or near it with no other condition in between, the nearest and
    of those the longest ("stage 3b", not its "stage 3"), unless they are denied ("without acute exacerbation")."""
    found = dict(pair.split("=", 1) for pair in term.attributes)
    ranked: list[tuple[int, int, str, str]] = []
    hidden: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, j, word in around:
        if word.value == _ELSEWHERE and term.condition in word.conditions:
            hidden[word.name].append((i, j))
    for i, j, word in around:
        if term.condition not in word.conditions or (word.name in found and not _refines(word.value, found[word.name])):
            continue
        gap = 0 if hit.i <= i < hit.j else (i - hit.j if i >= hit.j else hit.i - j)
        blocked = word.name != "cause" and any(min(hit.j, j) <= a and b <= max(hit.i, i) for a, b in others)
        if word.value == _ELSEWHERE or any(a <= i and j <= b for a, b in hidden.get(word.name, ())):
            continue
        if gap and (_denied(norms, hit, i) or norms[j : j + 1] in _DENIED_BEHIND):
            continue
        if word.everywhere or (gap <= _NEAR and not blocked):
            ranked.append((gap, i - j, word.name, word.value))
    for *_, name, value in sorted(ranked):
        if name not in found or _refines(value, found[name]):
            found[name] = value
    return tuple(f"{name}={value}" for name, value in sorted(found.items()))


def _refines(value: str, general: str) -> bool:
    """Whether a value names a part or a kind of another: ``foot_heel`` of ``foot``."""
    return value.startswith(f"{general}_")


def _denied(norms: list[str], hit: _Hit, i: int) -> bool:
    """Whether a "no" or "without" stands up to three words before token ``i``, in the same clause and outside the mention."""
    for k in range(i - 1, max(i - 4, -1), -1):
        if norms[k] in ",;.:" or hit.i <= k < hit.j:
            return False
        if norms[k] in _NOT_SAID:
            return True
    return False


def find_mentions(document: Document, lexicon: Lexicon, inpatient: bool, support: dict[str, int]) -> list[Located]:
    """Every condition named in the document with its status, in reading order.

    ``support`` counts, per condition, the unambiguous words of the document that speak for it (its drugs, tests, findings);
    it settles abbreviations with several meanings.
    """
    hits = _hits(document, lexicon)
    support = dict(support)
    for hit in hits:
        if " ".join(document.tokens.norms[hit.i : hit.j]) in lexicon.readings:
            continue
        for condition in {t.condition for t in hit.terms if not t.ambiguous}:
            support[condition] = support.get(condition, 0) + 2
    by_sentence: dict[int, list[_Hit]] = defaultdict(list)
    for hit in hits:
        by_sentence[hit.sentence].append(hit)
    everywhere = _note_attributes(document, lexicon) if hits else []
    located: list[Located] = []
    stay = (inpatient, inpatient and may_conclude(document))
    for number, group in by_sentence.items():
        sentence = document.sentences[number]
        cues = cues_of(document, sentence, lexicon)
        relative = relative_of_row(document, number, lexicon)
        around = [*_attribute_hits(document, lexicon, sentence), *everywhere]
        for hit in group:
            term, why = _resolve(hit, document, lexicon, support)
            if term is None or _is_heading(hit, sentence, document, lexicon):
                continue
            if document.text.startswith("-like", document.tokens.ends[hit.j - 1]):
                # "Celiac-like enteropathy" is no celiac disease.
                continue
            if _marks_another(hit, term, group, document, lexicon) or _explained(hit, group, document):
                continue
            if _in_address(hit, document) or _is_measured(hit, document) or _is_joined(hit, document):
                continue
            others = [(h.i, h.j) for h in group if h is not hit]
            for named in (term, *(replace(term, condition=c, attributes=a, code=None) for c, a in term.also)):
                located.append(_locate(hit, named, why, document, sentence, cues, around, others, lexicon, stay, relative))
    return _taken_back(document, located, lexicon)


def _taken_back(document: Document, located: list[Located], lexicon: Lexicon) -> list[Located]:
    """What the next sentence takes back: "The list carries atrial fibrillation. This was an artifact; he does not have it." It
    speaks of the last condition before it, and of none that it names itself as present."""
    last = {m.sentence: m for m in located if not lexicon.conditions[m.mention.condition].default_code.startswith("Z")}
    present = {m.sentence for m in located if m.mention.status == "active"}
    sentences, text = document.sentences, document.text
    gone: dict[tuple[int, int], Status] = {}
    for number, m in last.items():
        after = number + 1
        if m.mention.status != "active" or after >= len(sentences) or after in present:
            continue
        following = sentences[after]
        if following.paragraph == sentences[number].paragraph and not following.bullet:
            if _NOT_SO.search(text, following.start, following.end):
                gone[m.i, m.j] = "negated"
            elif _DOUBTED.search(text, following.start, following.end):
                gone[m.i, m.j] = "uncertain"
    if not gone:
        return located
    why = "taken back in the next sentence"
    return [m.judged(gone[m.i, m.j], why) if (m.i, m.j) in gone else m for m in located]


def _is_result(document: Document, sentence: Sentence, hit: _Hit) -> bool:
    """Whether the words before a mention, in its sentence, are an image's: "the echo showed mild mitral regurgitation"."""
    if not _ESTABLISHED.isdisjoint(document.tokens.norms[max(hit.i - _BESIDE, sentence.i) : hit.i]):
        return False
    if sentence.section in _FINDINGS and _TRACING.match(document.text, sentence.start, sentence.end):
        return True
    return bool(_IMAGING.search(document.text, sentence.start, document.tokens.starts[hit.i]))


def _clause_around(document: Document, sentence: Sentence, hit: _Hit) -> str:
    """The words of its sentence around a mention, as far as a date or a time of it may stand."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    return document.text[max(sentence.start, start - _CLAUSE_REACH) : min(sentence.end, end + _CLAUSE_REACH)]


def _phase_is_over(phased: bool, condition: Condition, attributes: tuple[str, ...], around: str) -> bool:
    """Whether the acute phase that words or attributes tell of a lifelong disease was that of an earlier time."""
    acute = condition.course == "lifelong" and not _PHASE.isdisjoint(attributes)
    return (phased and bool(_OVER.search(around))) or (acute and bool(_STAYED_THEN.search(around)))


def _is_heading(hit: _Hit, sentence: Sentence, document: Document, lexicon: Lexicon) -> bool:
    """Whether an ambiguous short form is the heading of a section: "PE: lungs clear"."""
    norms = document.tokens.norms
    if hit.i != sentence.i or norms[hit.j : hit.j + 1] != [":"] or not any(t.ambiguous for t in hit.terms):
        return False
    written = document.text[document.tokens.starts[hit.i] : document.tokens.ends[hit.j - 1]]
    return written.lower() in lexicon.sections


def _marks_another(hit: _Hit, term: Term, group: list[_Hit], document: Document, lexicon: Lexicon) -> bool:
    """Whether an ambiguous short form alone in parentheses stands behind the name of an unlike condition: the mark of a payment
    category, "COPD (HCC)", not a disease. Behind its own name, or one of the same code category, it only repeats it."""
    norms = document.tokens.norms
    if not all(t.ambiguous for t in hit.terms) or norms[max(hit.i - 1, 0)] != "(" or norms[hit.j : hit.j + 1] != [")"]:
        return False
    category = lexicon.conditions[term.condition].default_code[:3]
    before = [t.condition for o in group if o.j == hit.i - 1 for t in o.terms]
    return bool(before) and all(lexicon.conditions[c].default_code[:3] != category for c in before)


def _explained(hit: _Hit, group: list[_Hit], document: Document) -> bool:
    """Whether the note itself spells a short form out as something that is no condition: "CLL (contact lens left)"."""
    norms, tokens = document.tokens.norms, document.tokens
    word = document.text[tokens.starts[hit.i] : tokens.ends[hit.j - 1]]
    first, last = hit.j + 1, hit.j + 1 + len(word)
    if hit.j - hit.i > 1 or not word.isupper() or len(word) < _SHORT_FORM or norms[hit.j : hit.j + 1] != ["("]:
        return False
    initials = "".join(n[0] for n in norms[first:last])
    named = any(first <= h.i and h.j <= last for h in group)
    return norms[last : last + 1] == [")"] and initials == word.lower() and not named


def _is_measured(hit: _Hit, document: Document) -> bool:
    """Whether "BP" is a blood pressure: two numbers with a slash stand behind it."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    return document.text[start:end] in _PRESSURES and bool(_PRESSURE.match(document.text, end))


def _is_joined(hit: _Hit, document: Document) -> bool:
    """Whether a short form is part of a longer one, joined with "&": "PM&R", "H&P"."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    text = document.text
    return (
        end - start <= _SHORT_FORM
        and text[start:end].isupper()
        and "&" in (text[end : end + 1], text[max(start - 1, 0) : start])
    )


def _in_address(hit: _Hit, document: Document) -> bool:
    """Whether two capitals before a postal code are a state: "Colebrook, VT 05576"."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    return end - start == _STATE and document.text[start:end].isupper() and bool(_POSTAL_CODE.match(document.text, end))


def _names_phase(hit: _Hit, term: Term, document: Document, lexicon: Lexicon) -> bool:
    """Whether a mention names a turn for the worse of its condition. An attack is one only of a disease that is named beside
    it: "asthma attack", not "panic attack"."""
    words = document.tokens.norms[hit.i : hit.j]
    if _PHASES.isdisjoint(words):
        return False
    if _ATTACK not in words:
        return True
    named = lexicon.terms.at(document.tokens, hit.i, hit.i + words.index(_ATTACK))
    return any(t.condition == term.condition for _, terms in named for t in terms)


def _locate(
    hit: _Hit,
    term: Term,
    why: tuple[str, ...],
    document: Document,
    sentence: Sentence,
    cues: tuple[Cue, ...],
    around: list[tuple[int, int, AttributeWord]],
    others: list[tuple[int, int]],
    lexicon: Lexicon,
    stay: tuple[bool, bool],
    relative: str,
) -> Located:
    """A hit as a mention. ``stay``: whether the record is an inpatient one, and one that may speak for its discharge."""
    attributes = _attributes(hit, term, around, others, document.tokens.norms)
    condition = lexicon.conditions[term.condition]
    assertion = assert_status(document, sentence, cues, hit.i, hit.j, condition, stay[0], attributes, others, stay[1])
    if relative and assertion.status != "negated":
        assertion = Assertion("family", (f"“{relative}” in the same row",))
    phased = condition.course == "lifelong" and _names_phase(hit, term, document, lexicon)
    if phased and assertion.status in ("negated", "history"):
        # "No CHF exacerbation", "COPD flare resolved": the phase is over or absent, the disease is not.
        assertion = Assertion("active", ("only its exacerbation is denied",))
        attributes = tuple(a for a in attributes if a not in _PHASE)
        term = replace(term, code=None)
    elif phased and assertion.status == "uncertain":
        # "Possible COPD flare": so is the phase; whether the disease is there the rest of the record says.
        assertion = Assertion("uncertain", (*assertion.cues, ONLY_ITS_PHASE))
        attributes = tuple(a for a in attributes if a not in _PHASE)
        term = replace(term, code=None)
    elif not stay[0] and _phase_is_over(phased, condition, attributes, _clause_around(document, sentence, hit)):
        attributes = tuple(a for a in attributes if a not in _PHASE)
        term = replace(term, code=None)
    mention = Mention(
        condition=term.condition,
        start=document.tokens.starts[hit.i],
        end=document.tokens.ends[hit.j - 1],
        status=assertion.status,
        section=sentence.section,
        attributes=attributes,
        code=term.code,
        ambiguous=bool(why),
        cues=(*assertion.cues, *why),
    )
    if mention.status == "active" and sentence.section not in CONCLUSIONS and _is_result(document, sentence, hit):
        mention = replace(mention, cues=(*mention.cues, AS_A_RESULT))
    if "status=history" in attributes and mention.status == "active":
        mention = replace(mention, status="history")
    return Located(mention, hit.sentence, hit.i, hit.j, term.weak)
