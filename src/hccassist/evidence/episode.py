"""Time and course: whether a cancer, an event or a curable condition is still the patient's, judged over the encounter.

One sentence seldom tells. "Breast cancer, s/p lumpectomy 2019" is past; with "continues anastrozole" it is under treatment
(ICD-10-CM guideline I.C.2.m). "DVT" on a list is past; "DVT 6 weeks ago, on Eliquis" is not. A stroke or an infarction of an
earlier year is over; an infarction of the last four weeks is not (I.C.9.e.1).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hccassist.evidence.detect import Item
from hccassist.evidence.sequelae import (
    LEFT_BEHIND,
    STROKE,
    left_behind,
    of_its_stroke,
    of_present_strokes,
    tells_a_sequela,
)
from hccassist.evidence.when import days_ago, last_named_year, latest_year
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.schema import Encounter
from hccassist.terminology.groups import code_group, pattern_group, said
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import ENDS, Condition
from hccassist.written_dates import dates_before

_NOW = said("present")
_NO_LONGER = said("no_longer", behind=r"\s+(?:\w+\s+){0,3}$")
_PAST = said("over")
_STRONG_PAST = said("surely_over")
_TREATED_THEN = said("cancer_treatment")
_GIVEN_BEFORE = said("given_before", behind=rf"\b(?!.*\b(?:{pattern_group('still')})\b)")
_SPAN_BEFORE = said(
    "treatment_spans", before=r"\b(?:\d+|two|three|four|five|six|eight|ten|twelve) ?", behind=r" (?:of |course of )?$"
)
_NOT_GIVEN = said("not_given", behind=r" (?:(?!missed|issue|problem|trouble)\w+ )?$")
_OPERATED_THEN = said("operation", before=r"\b(?:19|20)\d\d\b(?!.*\b(?:now|current\w*|continu\w+|on|today)\b).*\b")
"""A year with an operation behind it: the drug that was given with it, "2011 TURBT + BCG"."""
_GIVEN_UNTIL = said("given_until")
_BLAMED = said("blamed", behind=r" (?:(?:the|her|his|their|prior) )?$")
"""A drug that is blamed ("neuropathy from the Taxol") is not thereby given."""
_HARMED_BY_IT = said("harm", before=r"[- ]?(?:induced|related|associated)?[- ]?(?:\w+ )?")
"""What a drug that is blamed did, behind its name: "oxaliplatin neuropathy"."""
_CLOSED_SPAN = re.compile(r"[^.;,\n]{0,30}?\b(?:19|20)\d\d ?(?:to|-|–|until|till|through) ?((?:19|20)\d\d)\b", re.IGNORECASE)
"""Years that began and ended: "on hemodialysis 2016 to 2020"."""
_KINDS_OF_TREATMENT = said("kind_of_treatment", behind="")
_SAID_PAST = said("history_of", behind=r"\b.*\b(?:19|20)\d\d\b")
"""Behind it a kind of treatment without a name is that of then: "history of lymphoma, 1994, chemo and radiation"."""
_THEN_ENDED = said("then_ended", before="[,;] ")
_GIVEN_TODAY = said("given_today")
_CLAUSE_MARKS = ",;."
_SPREAD = ("C77", "C78", "C79")
_RECENT = said("recent")
_VALVE_DISEASE = code_group("valve_disease")
_OF_AN_ORGAN = code_group("of_an_organ")
_GRAFTED = {
    graft: code_group(f"gone_with_{organ}")
    for graft, organ in (("Z94.0", "kidney"), ("Z94.1", "heart"), ("Z94.2", "lung"), ("Z94.4", "liver"))
}
"""A transplant's code, and the codes of the diseases that leave with the organ it replaces."""
_FAILED_GRAFT = said("failed_graft")
_TRANSPLANTED_FOR = said("reason_for", r"\btransplant(?:ation|ed)?\b[^.;]{0,40}\b", r"\b[^.;]{0,25}$")
_AMPUTATED_FOR = re.compile(
    rf"\b(?:{pattern_group('amputated')})\b[^.;]{{0,50}}\b(?:{pattern_group('amputated_for')})\b[^.;]{{0,25}}$"
)
_AMPUTATED_THEN = said(
    "was_treated",
    before=r"^\W*(?:[\w'-]+\W+){0,6}?(?:was|were|(?:has|have) been) ",
    behind=r" (?:\w+ ){0,2}(?:with|by) (?:[\w'-]+ ){0,4}amputation\b",
)
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
_ANSWERED = "on the form"
"""What a cue says that a form's own answer gave."""
_SAID_OVER = said("said_over", "", "")
_DISCHARGED = said("discharged")
_SUMMARY = said("stay_summary", "", "")
_TITLE_REACH = 500
_IN_THE_STAY = said("in_the_stay")
"""The words of a stay that is over: its acute events ("was hospitalized for sepsis") are past at the visit that follows it."""
_LEFT_BEHIND = said("left_behind")
_FOLLOW_UP = said("followed_up")
_NONE_SINCE = said("none_since")
_ONLY_ONCE = said("only_once", behind=r"\b(?:[ -]\w+){0,4}[ -]$")
_ONCE_BEHIND = said("once_behind", before=r"\s?")
_NEVER_AGAIN = said("never_again")
"""A lasting disease told as one event that never came back ("single post-op AF 2016, none since") is over."""
_CAME_WITH_SURGERY = said("came_with_surgery", before=r"^,? (?:\w+ ){0,2}")
_REMISSION = frozenset({"remission=full", "remission=partial"})
_SINCE_THEN = re.compile(r"\bon (?:[\w/-]+ ){1,4}since (?:[\w]+ )?(?:19|20)\d\d\b", re.IGNORECASE)
"""A year in which a treatment began that goes on: "on Suboxone since 2019"."""
_ENDS_WITH_ABLATION = code_group("ends_with_ablation")
_ABLATED = said("ablated")
_CURED = said("cured")
_HELD_DOWN = said("held_down", behind=r"(?: \w+){0,2} (?:suppress\w+|maintenance)\b")
"""Treatment that keeps a disease down: its first course may be completed, the disease is still there."""
_EXCLUDED = re.compile(rf"^“.*(?:{pattern_group('excluded')}).*”")
_APART = re.compile(r"[,;|]|\band\b|\s/\s")
_MOST_TARGETS = 20
_DEAD_BONE = code_group("dead_bone")
_INFARCTION_DAYS = 28
_EVENT_DAYS = 28
_CURE_DAYS = 180
_HEALING_DAYS = 90
_REACH = 70
_FOLLOWING = 2
_DATED = "dated in the past"
_NO_YEAR = 9999
"""Of an encounter without a year every year that is named is an earlier one."""
_RIGHT_BEHIND = 24


@dataclass(frozen=True)
class _Story:
    """What the settling of one encounter looks at. What few encounters need is looked up when it is asked for."""

    document: Document
    located: Sequence[Located]
    drugs: dict[str, set[int]]
    day: date | None
    """The first day of the encounter, where it is known."""
    late_effects: bool
    """The encounter tells what a stroke left behind: the stroke is over (``evidence.sequelae``)."""
    cancers: frozenset[str]
    grafts: Sequence[tuple[Located, tuple[str, ...]]]
    inpatient: bool

    def around(self, m: Located) -> tuple[int, int]:
        """The sentence of a mention, and those that follow in its paragraph until another condition is named."""
        sentences = self.document.sentences
        first = sentences[m.sentence]
        taken = {o.sentence for o in self.located if o.mention.condition != m.mention.condition}
        last = first
        for following in sentences[m.sentence + 1 : m.sentence + 1 + _FOLLOWING]:
            number = m.sentence + 1 + (0 if last is first else 1)
            if following.paragraph != first.paragraph or following.section != first.section or number in taken:
                break
            last = following
        return first.start, last.end

    def treated(self, group: Sequence[Located]) -> set[int]:
        """The sentences in which a drug treats a cancer. A drug that is given for another cancer of the record too counts for
        the one beside which it stands."""
        mine = group[0].mention.condition
        beside = {n for m in group for n in (m.sentence, m.sentence + 1)}
        shared = {n for c in self.cancers if c != mine for n in self.drugs.get(c, ())}
        return {n for n in self.drugs.get(mine, ()) if n in beside or n not in shared}

    def replaced(self, m: Located, known: Condition) -> bool:
        """Whether the sentence goes on from a disease to the transplant that ended it: "ESRD from IgAN, s/p LRKT"."""
        for graft, gone in self.grafts:
            if graft.sentence == m.sentence and graft.i >= m.j and known.default_code.startswith(gone):
                stop = min(graft.mention.end + _REACH, self.document.sentences[m.sentence].end)
                if not _FAILED_GRAFT.search(self.document.text, m.mention.end, stop):
                    return True
        return False

    def is_why_grafted(self, m: Located) -> bool:
        """Whether a mention stands in parentheses right behind a transplant: "s/p kidney transplant 2014 (FSGS)"."""
        before = (g for g, _ in self.grafts if g.sentence == m.sentence and g.j <= m.i)
        return any(_IN_PARENTHESES.fullmatch(self.document.text, g.mention.end, m.mention.start) for g in before)

    @cached_property
    def this_year(self) -> int | None:
        """The year of the encounter; where its day is not known the latest year of a full date in it, or None."""
        return self.day.year if self.day else latest_year(self.document)

    def in_earlier_year(self, words: str) -> bool:
        """Whether words name a year, and none later than the one before the encounter's."""
        year = last_named_year(words)
        return year is not None and year < (self.this_year or _NO_YEAR)

    @cached_property
    def after_a_stay(self) -> bool:
        return not self.inpatient and _after_a_stay(self.document)

    def stayed_with(self, m: Located) -> bool:
        """Whether the sentence of a mention tells of a hospital stay."""
        sentence = self.document.sentences[m.sentence]
        return bool(_IN_THE_STAY.search(self.document.text, sentence.start, sentence.end))

    def followed_up(self, m: Located) -> bool:
        """Whether the sentence of a mention only says that it is followed up."""
        sentence = self.document.sentences[m.sentence]
        return bool(_FOLLOW_UP.search(self.document.text, sentence.start, sentence.end))

    def before(self, m: Located) -> str:
        """The words of its sentence before a mention."""
        return self.document.text[self.document.sentences[m.sentence].start : m.mention.start]

    def after(self, m: Located) -> str:
        """The words of its sentence after a mention."""
        return self.document.text[m.mention.end : max(self.document.sentences[m.sentence].end, m.mention.end)]

    def behind(self, m: Located) -> str:
        """The few words right behind a mention, where its year stands: "DVT 2017"."""
        return self.document.text[m.mention.end : m.mention.end + _RIGHT_BEHIND]

    def clause(self, m: Located) -> str:
        """The words that date a mention: behind it up to the next one, and before it when it is the sentence's first."""
        sentence, text = self.document.sentences[m.sentence], self.document.text
        here = [o for o in self.located if o.sentence == m.sentence and o is not m]
        apart = [o.mention.start for o in here if o.i >= m.j and _APART.search(text, m.mention.end, o.mention.start)]
        after = min([*apart, sentence.end, m.mention.end + _REACH])
        behind = text[m.mention.end : max(after, m.mention.end)].split(";")[0]
        before = "" if any(o.j <= m.i for o in here) else text[max(sentence.start, m.mention.start - _REACH) : m.mention.start]
        return before.split(";")[-1] + text[m.mention.start : m.mention.end] + behind


def settle(
    document: Document, located: Sequence[Located], items: Sequence[Item], lexicon: Lexicon, encounter: Encounter | None = None
) -> list[Located]:
    """The mentions with the status of cancers, events and curable conditions judged by the whole of their encounter."""
    named = {m.mention.condition for m in located if m.mention.status == "active"}
    cancers = frozenset(c for c in named if lexicon.conditions[c].course == "cancer")
    grafts = [
        (m, gone)
        for m in located
        if m.mention.status == "active" and (gone := _GRAFTED.get(lexicon.conditions[m.mention.condition].default_code))
    ]
    setting = encounter.setting if encounter else ""
    first = (encounter.start_date or encounter.date_of_service) if encounter else None
    day = date.fromisoformat(first) if first else None
    story = _Story(
        document,
        located,
        _treated(document, items, lexicon),
        day,
        tells_a_sequela(located, setting),
        cancers,
        grafts,
        setting == "inpatient",
    )
    groups: dict[str, list[Located]] = defaultdict(list)
    for m in located:
        groups[m.mention.condition].append(m)
    settled: list[Located] = []
    for condition, group in groups.items():
        known = lexicon.conditions[condition]
        if known.course == "cancer":
            settled.extend(_agreed(_cancer(story, group, known.default_code.startswith(_SPREAD), _remits(known))))
        elif known.course in ENDS or known.course == "acute":
            days = _INFARCTION_DAYS if known.default_code.startswith("I21") else 0
            dated = [_dated(story, m, known.course in ENDS, days) for m in group]
            if known.default_code.startswith(STROKE) and story.late_effects:
                dated = [left_behind(m) for m in dated]
            settled.extend(_agreed(_once(story, dated) if known.course == "acute" else dated))
        else:
            ended = _ended_by_ablation(story, group, known)
            settled.extend(_agreed(ended or [_replaced(story, m, known) for m in group]))
    settled.sort(key=lambda m: m.i)
    settled = of_present_strokes(settled, {c for c in groups if lexicon.conditions[c].default_code.startswith(STROKE)})
    return _without_excluded(of_its_stroke(settled, lexicon, setting), lexicon)


def _without_excluded(settled: list[Located], lexicon: Lexicon) -> list[Located]:
    """An event is over with the general one that is ruled out behind it: "page said traumatic amputation of the foot ...
    amputation ruled out"."""
    excluded = {
        m.mention.condition: m.i
        for m in settled
        if m.mention.status == "negated" and any(_EXCLUDED.search(c) for c in m.mention.cues)
    }
    if not excluded:
        return settled
    kept = []
    for m in settled:
        acute = m.mention.status == "active" and lexicon.conditions[m.mention.condition].course == "acute"
        over = acute and any(excluded.get(g, -1) > m.i for g in lexicon.implied.get(m.mention.condition, ()))
        kept.append(m.judged("negated", "excluded later in the record") if over else m)
    return kept


def _treated(document: Document, items: Sequence[Item], lexicon: Lexicon) -> dict[str, set[int]]:
    """Per condition the sentences in which a drug for it is given now: named, not stopped, not told as completed. A drug that
    goes with very many conditions (an antiemetic, a growth factor) treats none of them, unless all of them are cancers."""
    found: dict[str, set[int]] = defaultdict(set)
    for item in items:
        targets = item.word.conditions
        if item.word.kind != "drug" or _given_once(document, item):
            continue
        if len(targets) <= _MOST_TARGETS or all(lexicon.conditions[c].course == "cancer" for c in targets):
            for condition in targets:
                found[condition].add(item.sentence)
    return found


def _given_once(document: Document, item: Item) -> bool:
    """Whether the clause of a drug says that it is over: "completed 5 years of tamoxifen", "tamoxifen x 5 y"."""
    sentence, text = document.sentences[item.sentence], document.text
    start, end = document.tokens.starts[item.i], document.tokens.ends[item.j - 1]
    low = max([text.rfind(mark, sentence.start, start) + 1 for mark in _CLAUSE_MARKS] + [sentence.start])
    high = min([at for mark in _CLAUSE_MARKS if (at := text.find(mark, end, sentence.end)) >= 0] + [sentence.end])
    before = text[low:start]
    ended = _THEN_ENDED.match(text, high, sentence.end)
    until = (ended or _GIVEN_UNTIL.search(text, end, high)) and not _GIVEN_TODAY.search(text, start, high)
    then = _KINDS_OF_TREATMENT.search(text, start, end) and _SAID_PAST.search(text, sentence.start, start)
    return bool(
        until
        or then
        or _HARMED_BY_IT.match(text, end, high)
        or any(past.search(before) for past in (_GIVEN_BEFORE, _SPAN_BEFORE, _BLAMED, _OPERATED_THEN, _NOT_GIVEN))
    )


def _after_a_stay(document: Document) -> bool:
    """Whether a record looks back on a hospital stay: a visit after discharge, not the stay's own summary."""
    if not document.sentences:
        return False
    start, end = document.sentences[0].start, document.sentences[-1].end
    if _SUMMARY.search(document.text, start, min(start + _TITLE_REACH, end)):
        return False
    return bool(_DISCHARGED.search(document.text, start, end))


def _dated(story: _Story, m: Located, curable: bool, open_days: int) -> Located:
    """An event that the words date long ago is over; a curable condition treated now, or an infarction of the last four
    weeks, is not."""
    status = m.mention.status
    if status not in ("active", "history"):
        return m
    if "acuity=chronic" in m.mention.attributes:
        cured = curable and _CURED.search(story.after(m))
        return m.judged("history", "cured") if cured else m
    if any(a.startswith(("remission=", "remit=yes")) for a in m.mention.attributes):
        # "In sustained remission since 2016": remission is coded as the condition is (guideline I.C.5.b.1).
        return m
    words = story.clause(m)
    behind = story.in_earlier_year(story.behind(m))
    earlier = behind or story.in_earlier_year(words)
    ago = days_ago(words, earlier)
    if ago is None and not curable and story.day:
        ago = min(((story.day - then).days for then in dates_before(words, story.day)), default=None)
    if not curable and status == "active" and _LEFT_BEHIND.search(words):
        return m.judged("history", LEFT_BEHIND)
    if not curable and status == "active" and not open_days and story.after_a_stay and story.stayed_with(m):
        return m.judged("history", "an event of the hospital stay")
    none_since = curable and _NONE_SINCE.search(words) and earlier
    treated = curable and not none_since and bool({m.sentence, m.sentence + 1} & story.drugs.get(m.mention.condition, set()))
    if status == "history":
        said_over = any(_SAID_OVER.search(cue) for cue in m.mention.cues if cue.startswith("“"))
        begun = _SINCE_THEN.search(words)
        if treated and (begun or (not said_over and (ago is not None or not earlier))):
            return m.judged("active", "under treatment now")
        if curable and not said_over and _HELD_DOWN.search(words):
            return m.judged("active", "kept down by treatment now")
        lately = ago is not None and ago <= _HEALING_DAYS
        if curable and lately and not said_over and m.mention.cues[:1] in (("“s/p”",), ("“status post”",)):
            return m.judged("active", "operated lately")
        if open_days and not said_over and ((ago is not None and ago <= open_days) or (ago is None and _RECENT.search(words))):
            return m.judged("active", "within four weeks")
        return m
    if curable and (_is_why_amputated(story.before(m)) or _AMPUTATED_THEN.search(story.after(m))):
        return m.judged("history", "the reason for an amputation")
    if none_since:
        return m.judged("history", _DATED)
    if treated or (ago is None and _RECENT.search(words) and not behind):
        return m
    limit = open_days or (_CURE_DAYS if curable else _EVENT_DAYS)
    if (ago is not None and ago > limit) or (ago is None and earlier):
        return m.judged("history", _DATED)
    return m


def _is_why_amputated(before: str) -> bool:
    """Whether the words before a mention end with an amputation of which it is the reason."""
    done = list(_AMPUTATED.finditer(before))
    return bool(_AMPUTATED_FOR.search(before) or (done and _IN_PARENTHESES.fullmatch(before, done[-1].end())))


def _replaced(story: _Story, m: Located, known: Condition) -> Located:
    """The disease of an organ for which a transplant was done is gone with the organ, the dead bone of a joint with the joint;
    what lives elsewhere (diabetes) stays. What is told with the years in which it began and ended is over."""
    if m.mention.status != "active" or known.course not in ("lifelong", "status"):
        return m
    span = _CLOSED_SPAN.match(story.after(m))
    if span and story.this_year and int(span[1]) < story.this_year:
        return m.judged("history", _DATED)
    if known.course == "status":
        return m
    before = story.before(m)
    behind = story.after(m)
    once = _ONLY_ONCE.search(before) or _CAME_WITH_SURGERY.match(behind) or _ONCE_BEHIND.match(behind)
    if once and _NEVER_AGAIN.search(story.clause(m)):
        return m.judged("history", "a single event, none since")
    if known.default_code.startswith(_DEAD_BONE) and (
        _JOINT_REPLACED_FOR.search(before) or _JOINT_REPLACED.search(story.after(m))
    ):
        return m.judged("history", "the reason for a joint replacement")
    if known.default_code.startswith(_VALVE_DISEASE) and (
        _VALVE_REPLACED_FOR.search(before) or _VALVE_REPLACED.search(story.after(m))
    ):
        return m.judged("history", "the valve was replaced")
    if not known.default_code.startswith(_OF_AN_ORGAN):
        return m
    if story.replaced(m, known) or story.is_why_grafted(m):
        return m.judged("history", "the organ was replaced")
    return m.judged("history", "the reason for a transplant") if _TRANSPLANTED_FOR.search(before) else m


def _ended_by_ablation(story: _Story, group: list[Located], known: Condition) -> list[Located]:
    """An arrhythmia that was ablated, that the record denies since, or tells not to have come back, and that no drug treats is
    over; blank where it is not."""
    if not known.default_code.startswith(_ENDS_WITH_ABLATION) or story.drugs.get(known.id):
        return []
    told = [m for m in group if m.mention.status == "active"]
    denied = any(m.mention.status == "negated" for m in group) or any(_NEVER_AGAIN.search(story.after(m)) for m in told)
    ablated = any(_ABLATED.search(story.document.said(story.document.sentences[m.sentence])) for m in told)
    if not told or not denied or not ablated:
        return []
    return [m.judged("history", "ablated, none since") if m.mention.status == "active" else m for m in group]


def _once(story: _Story, group: list[Located]) -> list[Located]:
    """An event is one: dated long ago in one place of the record, it is over where it is named without a time; so is what a
    visit only follows up ("stroke follow-up") and elsewhere tells as past."""
    dated = any(_DATED in m.mention.cues or LEFT_BEHIND in m.mention.cues for m in group)
    past = any(m.mention.status == "history" for m in group)
    return [
        m.judged("history", _DATED)
        if m.mention.status == "active" and not _RECENT.search(story.clause(m)) and (dated or (past and story.followed_up(m)))
        else m
        for m in group
    ]


def _cancer(story: _Story, group: list[Located], spread: bool, remits: bool) -> list[Located]:
    """A cancer is present while there or treated: what its sentences say of now is weighed against what they say is past. What
    treats the cancer that it came from treats a ``spread`` too. A blood cancer that ``remits`` has codes of its remission
    (ICD-10-CM C81 to C96)."""
    told = [m for m in group if m.mention.status in ("active", "history")]
    if not told:
        return group
    if remits and any(_REMISSION & {*m.mention.attributes} and not story.in_earlier_year(story.clause(m)) for m in told):
        why = "in remission, which has a code of its own"
        return [m.judged("active", why) if m.mention.status == "history" else m for m in group]
    spans = sorted(story.around(m) for m in told)
    text = " ".join(story.document.text[a:b] for a, b in spans)
    treatments = len(story.treated(group)) or (spread and sum(len(story.drugs.get(c, ())) for c in story.cancers))
    now = {m.group().lower() for m in _NOW.finditer(text) if not _NO_LONGER.search(text, max(m.start() - 40, 0), m.start())}
    over = {x.lower() for x in _PAST.findall(text)}
    tellings = (text, *map(story.clause, told), *map(story.behind, told))
    dated = any(story.in_earlier_year(words) for words in tellings)
    strong = bool(_STRONG_PAST.search(text)) or (dated and not now and (bool(over) or bool(_TREATED_THEN.search(text))))
    past = len(over) + 2 * strong + dated
    said_past = any(m.mention.status == "history" for m in told)
    explicit = any(_SAID_OVER.search(cue) for m in told for cue in m.mention.cues)
    if any(_ANSWERED in cue for m in told if m.mention.status == "history" for cue in m.mention.cues):
        # The form asked, and the provider answered: it is past.
        return group
    if said_past and (treatments or len(now) > past or (now and not explicit and not strong and not dated)):
        return [m.judged("active", "under treatment now") if m.mention.status == "history" else m for m in group]
    if not treatments and past > len(now) and (strong or said_past):
        why = "past cancer, no current treatment named"
        return [m.judged("history", why) if m.mention.status == "active" else m for m in group]
    return group


def _remits(known: Condition) -> bool:
    """Whether a condition has codes for its remission."""
    return any(_REMISSION & need for need, _ in known.codes)


def _agreed(group: list[Located]) -> list[Located]:
    """The mentions of one condition after its last word: an explicit exclusion ends what was said before it, and an
    abbreviation of several meanings does not outvote the condition's plain name."""
    denials = (m.i for m in group if m.mention.status == "negated" and any(_EXCLUDED.search(c) for c in m.mention.cues))
    excluded = max(denials, default=-1)
    plain = {m.mention.status for m in group if not m.mention.ambiguous}
    agreed = []
    for m in group:
        if m.mention.status == "active" and m.i < excluded:
            agreed.append(m.judged("negated", "excluded later in the record"))
        elif m.mention.status == "active" and m.mention.ambiguous and len(plain) == 1 and plain != {"active"}:
            agreed.append(m.judged(next(iter(plain)), "an abbreviation of what is named beside it"))
        else:
            agreed.append(m)
    return agreed
