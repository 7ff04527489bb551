"""Time and course: whether a cancer, an event or a curable condition is still the patient's, judged over the encounter.

One sentence seldom tells. "Breast cancer, s/p lumpectomy 2019" is past; with "continues anastrozole" it is under treatment
(ICD-10-CM guideline I.C.2.m). "DVT" on a list is past; "DVT 6 weeks ago, on Eliquis" is not. A stroke or an infarction of an
earlier year is over; an infarction of the last four weeks is not (I.C.9.e.1).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from hccassist.evidence.detect import Item, is_stopped
from hccassist.evidence.given import given_now
from hccassist.evidence.healing import FRACTURES, in_healing
from hccassist.evidence.replaced import grafts_of, is_why_amputated, removed, taken_out
from hccassist.evidence.sequelae import (
    LEFT_BEHIND,
    STROKE,
    left_behind,
    of_its_stroke,
    of_present_strokes,
    tells_a_sequela,
)
from hccassist.evidence.story import Story
from hccassist.evidence.when import days_ago, latest_year, since_month
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import WORDED_AS_OVER, Located
from hccassist.nlp.status import LISTED_AS_PAST
from hccassist.patterns import Seldom
from hccassist.schema import Encounter
from hccassist.terminology.groups import code_group, pattern_group, said
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import ENDS, Condition
from hccassist.written_dates import YEAR, dates_before

_NOW = said("present")
_NO_LONGER = said("no_longer", behind=r"\s+(?:\w+\s+){0,3}$")
_PAST = said("over")
_STRONG_PAST, _LONG_AGO = said("surely_over"), said("long_ago")
_TREATED_THEN = said("cancer_treatment")
_CLOSED_SPAN = re.compile(rf"[^.;,\n]{{0,30}}?\b{YEAR} ?(?:to|-|–|until|till|through) ?({YEAR})\b", re.IGNORECASE)
"""Years that began and ended: "on hemodialysis 2016 to 2020"."""
_SPREAD = ("C77", "C78", "C79")
_NEOPLASM = "C"
_RECENT = Seldom(said("recent"))
_ANSWERED = "on the form"
"""What a cue says that a form's own answer gave."""
_SAID_OVER = said("said_over", "", "")
_LEFT_BEHIND = said("left_behind")
_NONE_SINCE = said("none_since")
_EVENT_NONE_SINCE = said("event_none_since")
_TOLD_RESOLVED = said("told_resolved", before=r"[^.;]*[.;]\s+", behind=r"\s*(?:[.;]|$)")
"""A sentence of its own behind the one of an event: "Hypoxic respiratory failure in September, off O2. Resolved."."""
_ONLY_ONCE = said("only_once", behind=r"\b(?:[ -]\w+){0,4}[ -]$")
_ONCE_BEHIND = said("once_behind", before=r"\s?")
_NEVER_AGAIN, _NO_RELAPSE = said("never_again"), said("no_relapse")
"""A lasting disease told as one event that never came back ("single post-op AF 2016, none since") is over."""
_CAME_WITH_SURGERY = said("came_with_surgery", before=r"^,? (?:\w+ ){0,2}")
_REMISSION = frozenset({"remission=full", "remission=partial"})
_SINCE_THEN = re.compile(rf"\bon (?:[\w/-]+ ){{1,4}}since (?:[\w]+ )?{YEAR}\b", re.IGNORECASE)
"""A year in which a treatment began that goes on: "on Suboxone since 2019"."""
_TREATMENTS = code_group("treatments")
_ENDS_WITH_ABLATION = code_group("ends_with_ablation")
_ABLATED = said("ablated")
_MAY_END = code_group("may_end")
_BY_TREATMENT = re.compile(r" (?:on|with|while|under)\b", re.IGNORECASE)
"""It did not come back because it is treated."""
_RECOVERED = said("recovered", behind=rf"\b[^.;]*\b(?:{pattern_group('untreated_since')})\b")
"""What may end has ended where it recovered and its treatment was stopped: "with recovered EF, off therapy since 2020"."""
_QUIET_FOR_YEARS = said("quiet_for_years")
_NONE_SINCE_ABLATION = said("none_since_ablation")
_CURED, _TOLD_CURED = said("cured"), said("told_cured")
_SAID_CURED = said("cured_of_it", before=r"[^.]*?[-;:,.—–]\s*", behind=r"\b(?=\s*(?:[-.;,—–]|$))")
_HELD_DOWN = said("held_down", behind=r"(?: \w+){0,2} (?:suppress\w+|maintenance)\b")
"""Treatment that keeps a disease down: its first course may be completed, the disease is still there."""
_EXCLUDED = re.compile(rf"^“.*(?:{pattern_group('excluded')}).*”")
_KEPT_DOWN = code_group("kept_down")
_CLOTS = code_group("clots")
_TOOK_FOR_A_TIME = said("took_for_a_time")
_INFARCTION_DAYS = 28
_EVENT_DAYS = 28
_CURE_DAYS = 180
_HEALING_DAYS = 90
_OPERATIONS = "psh"
_OPERATED = (("“s/p”",), ("“status post”",))
"""The cues that tell an operation."""
_DATED = "dated in the past"
_OF_THE_STAY = "an event of the hospital stay"
_OVER_EVENTS = frozenset({_DATED, _OF_THE_STAY, LEFT_BEHIND})


def settle(
    document: Document, located: Sequence[Located], items: Sequence[Item], lexicon: Lexicon, encounter: Encounter | None = None
) -> list[Located]:
    """The mentions with the status of cancers, events and curable conditions judged by the whole of their encounter."""
    named = {m.mention.condition for m in located if m.mention.status == "active"}
    cancers = frozenset(c for c in named if _is_cancer(lexicon.conditions[c]))
    setting = encounter.setting if encounter else ""
    first = (encounter.start_date or encounter.date_of_service) if encounter else None
    day = date.fromisoformat(first) if first else None
    this_year = day.year if day else latest_year(document)
    story = Story(
        document,
        located,
        given_now(document, items, lexicon, this_year),
        day,
        this_year,
        tells_a_sequela(located, setting),
        cancers,
        grafts_of(located, lexicon),
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
            dated = [_by_time(story, m, known, days) for m in group]
            if known.default_code.startswith(STROKE) and story.late_effects:
                dated = [left_behind(document, m) for m in dated]
            settled.extend(_agreed(_once(story, dated) if known.course == "acute" else dated))
        else:
            ended = _ended_by_ablation(story, group, known)
            settled.extend(_agreed(ended or [_lasting(story, m, known) for m in group]))
    settled = [in_healing(story, m, lexicon.conditions[m.mention.condition]) for m in settled]
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


def _by_time(story: Story, m: Located, known: Condition, open_days: int) -> Located:
    """A mention of what may be over, judged by its time and by the operation that is told beside it."""
    if WORDED_AS_OVER in m.mention.cues and known.default_code.startswith(FRACTURES):
        # "Pain from old compression fractures, takes Tylenol": the pain is treated.
        return m
    judged = _dated(story, _without_its_organ(story, m, known), known.course in ENDS, open_days)
    if LISTED_AS_PAST in judged.mention.cues and known.default_code.startswith(_KEPT_DOWN) and story.given(known.id):
        return judged.judged("active", "kept down by treatment now")
    return _without_its_clot(story, judged, known)


def _without_its_clot(story: Story, m: Located, known: Condition) -> Located:
    """A clot is over where the record tells that its anticoagulant was taken for a time, and gives none now: "a pulmonary
    embolism, for which she took Eliquis for 3 months"."""
    if m.mention.status != "active" or not known.default_code.startswith(_CLOTS):
        return m
    if story.given(known.id):
        # The clot of an earlier year that is treated still is no acute one.
        long_past = not m.mention.code and _When.of(story, m, True).long_past(True, 0)
        return m.with_attributes("acuity=chronic") if long_past else m
    over = _TOOK_FOR_A_TIME.search(story.document.text, *story.around(m))
    return m.judged("history", "treated then") if over else m


def _without_its_organ(story: Story, m: Located, known: Condition) -> Located:
    """A mention, past where the operation that took the organ out is told beside it."""
    why = taken_out(story, m, known) if m.mention.status == "active" else ""
    return m.judged("history", why) if why else m


def _dated(story: Story, m: Located, curable: bool, open_days: int) -> Located:
    """An event that the words date long ago is over; a curable condition treated now, or an infarction of the last four
    weeks, is not."""
    status = m.mention.status
    if status not in ("active", "history"):
        return m
    if "acuity=chronic" in m.mention.attributes:
        return m.judged("history", "cured") if curable and _CURED.search(story.after(m)) else m
    if any(a.startswith(("remission=", "remit=yes")) for a in m.mention.attributes):
        # "In sustained remission since 2016": remission is coded as the condition is (guideline I.C.5.b.1).
        return m
    if curable and status == "active" and _TOLD_CURED.search(story.document.text, *story.around(m)):
        return m.judged("history", "cured")
    when = _When.of(story, m, curable)
    if not curable and status == "active" and _LEFT_BEHIND.search(when.words):
        return m.judged("history", LEFT_BEHIND)
    if not curable and status == "active" and not open_days and story.after_a_stay and story.stayed_with(m):
        return m.judged("history", _OF_THE_STAY)
    if not curable and status == "active" and not open_days and not story.inpatient and _is_told_over(story, m, when):
        return m.judged("history", "told as over")
    none_since = curable and when.earlier and bool(_NONE_SINCE.search(when.words))
    treated = curable and not none_since and not story.given(m.mention.condition).isdisjoint((m.sentence, m.sentence + 1))
    if status == "history":
        why = _still_there(m, when, treated, curable, open_days)
        return m.judged("active", why) if why else m
    if curable and is_why_amputated(story, m):
        return m.judged("history", "the reason for an amputation")
    return m.judged("history", _DATED) if none_since or (not treated and when.long_past(curable, open_days)) else m


def _is_told_over(story: Story, m: Located, when: _When) -> bool:
    """Whether an event is told to have had none after it, or a sentence of its own behind it says that it resolved."""
    return bool(_EVENT_NONE_SINCE.search(when.words) or _TOLD_RESOLVED.match(story.until_next(m)))


class _When(NamedTuple):
    """What the words that date a mention say: how many days ago it was, None where they do not tell; whether they name an
    ``earlier`` year at all, and ``behind`` it."""

    words: str
    ago: int | None
    earlier: bool
    behind: bool

    @classmethod
    def of(cls, story: Story, m: Located, curable: bool) -> _When:
        """An event is dated by a day that is written out too."""
        words = story.clause(m)
        behind = story.in_earlier_year(story.behind(m))
        earlier = behind or story.in_earlier_year(words)
        ago = days_ago(words, earlier)
        if ago is None and not curable and story.day:
            ago = min(((story.day - then).days for then in dates_before(words, story.day)), default=None)
        if ago is None and not curable:
            ago = since_month(words, story.day)
        return cls(words, ago, earlier, behind)

    @property
    def recent(self) -> bool:
        """Whether they call it recent, and say no more of its time."""
        return self.ago is None and bool(_RECENT.search(self.words))

    def long_past(self, curable: bool, open_days: int) -> bool:
        """Whether it was so long ago that it is over: an event by more days than it stays open, a curable condition by more
        than its cure takes."""
        if self.recent and not self.behind:
            return False
        limit = open_days or (_CURE_DAYS if curable else _EVENT_DAYS)
        return self.earlier if self.ago is None else self.ago > limit


def _still_there(m: Located, when: _When, treated: bool, curable: bool, open_days: int) -> str:
    """Why what is told as past is present all the same; blank where it is not."""
    said_over = any(_SAID_OVER.search(cue) for cue in m.mention.cues if cue.startswith("“"))
    if treated and (_SINCE_THEN.search(when.words) or (not said_over and (when.ago is not None or not when.earlier))):
        return "under treatment now"
    if said_over:
        return ""
    if curable and _HELD_DOWN.search(when.words):
        return "kept down by treatment now"
    if curable and when.ago is not None and when.ago <= _HEALING_DAYS and m.mention.cues[:1] in _OPERATED:
        return "operated lately"
    return "within four weeks" if open_days and (when.recent or (when.ago is not None and when.ago <= open_days)) else ""


def _lasting(story: Story, m: Located, known: Condition) -> Located:
    """A lasting disease or state is over where it is told with the years in which it began and ended, as a single event that
    never came back, as what an operation took away, or, where such a disease may end, as one of an earlier year that did not
    come back and that no drug treats."""
    if m.mention.status != "active" or known.course not in ("lifelong", "status"):
        return m
    behind = story.after(m)
    span = _CLOSED_SPAN.match(behind)
    if span and story.this_year and int(span[1]) < story.this_year:
        return m.judged("history", _DATED)
    if known.course == "status":
        ended = "no longer taken" if _is_taken_no_more(story, m, known) else removed(story, m, known)
        return m.judged("history", ended) if ended else m
    once = _ONLY_ONCE.search(story.before(m)) or _CAME_WITH_SURGERY.match(behind) or _ONCE_BEHIND.match(behind)
    never = _NEVER_AGAIN.search(clause := story.clause(m))
    if never and once:
        return m.judged("history", "a single event, none since")
    untreated = known.default_code.startswith(_MAY_END) and not story.given(known.id)
    quiet = (never or _NO_RELAPSE.search(clause)) if untreated and story.in_earlier_year(clause) else None
    if quiet and not _BY_TREATMENT.match(clause, quiet.end()):
        return m.judged("history", "an earlier year's, none since")
    if untreated and _QUIET_FOR_YEARS.search(clause):
        return m.judged("history", "none in years, and not treated")
    if untreated and _RECOVERED.search(clause):
        return m.judged("history", "recovered, and treated no longer")
    if known.course == "lifelong" and _SAID_CURED.match(story.until_next(m)):
        return m.judged("history", "cured")
    why = removed(story, m, known)
    return m.judged("history", why) if why else m


def _is_taken_no_more(story: Story, m: Located, known: Condition) -> bool:
    """Whether a state that is a treatment itself has ended with its drug: "Lantus 20 units (discontinued)"."""
    sentence = story.document.sentences[m.sentence]
    return known.default_code.startswith(_TREATMENTS) and is_stopped(
        story.document.text, sentence.start, m.mention.start, m.mention.end, sentence.end
    )


def _ended_by_ablation(story: Story, group: list[Located], known: Condition) -> list[Located]:
    """An arrhythmia that was ablated, that the record denies since, tells not to have come back, or names only in the list of
    operations, and that no drug treats is over; blank where it is not."""
    if not known.default_code.startswith(_ENDS_WITH_ABLATION) or story.given(known.id):
        return []
    told = [m for m in group if m.mention.status == "active"]
    denied = any(m.mention.status == "negated" for m in group) or any(_NEVER_AGAIN.search(story.after(m)) for m in told)
    denied = denied or bool(_NONE_SINCE_ABLATION.search(story.document.text))
    denied = denied or all(m.mention.section == _OPERATIONS for m in told)
    ablated = any(_ABLATED.search(story.document.said(story.document.sentences[m.sentence])) for m in told)
    if not told or not denied or not ablated:
        return []
    return [m.judged("history", "ablated, none since") if m.mention.status == "active" else m for m in group]


def _once(story: Story, group: list[Located]) -> list[Located]:
    """An event is one: dated long ago, or told as one of a stay that is over, in one place of the record, it is over where it
    is named without a time; so is what a visit only follows up ("stroke follow-up") and elsewhere tells as past."""
    dated = any(not _OVER_EVENTS.isdisjoint(m.mention.cues) for m in group)
    past = any(m.mention.status == "history" for m in group)
    return [
        m.judged("history", _DATED)
        if m.mention.status == "active" and not _RECENT.search(story.clause(m)) and (dated or (past and story.followed_up(m)))
        else m
        for m in group
    ]


def _cancer(story: Story, group: list[Located], spread: bool, remits: bool) -> list[Located]:
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
    treatments = len(story.treated(group)) or (spread and sum(len(story.given(c)) for c in story.cancers))
    now = {m.group().lower() for m in _NOW.finditer(text) if not _NO_LONGER.search(text, max(m.start() - 40, 0), m.start())}
    over = {x.lower() for x in _PAST.findall(text)}
    tellings = (text, *map(story.clause, told), *map(story.behind, told))
    dated = any(story.in_earlier_year(words) or _LONG_AGO.search(words) for words in tellings)
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


def _is_cancer(known: Condition) -> bool:
    """Whether a condition is a cancer, a blood cancer that is never over included."""
    return known.course == "cancer" or known.default_code.startswith(_NEOPLASM)


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
