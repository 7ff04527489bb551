"""Judged suggestions: from a team's own decisions, from labelled cases, or from a file of them made before.

A judged suggestion carries all that a policy or a ranker looks at, so that any of them can be tried on it. Its ``sentence`` is
the chart's words: a file of them (``write``) stays where the charts are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hccassist import evaluation
from hccassist.evidence.strength import load_strength
from hccassist.ranking.features import Candidate, features, features_version
from hccassist.ranking.files import models_folder
from hccassist.ranking.policy import Facts, held_by
from hccassist.ranking.tiers import facts_of
from hccassist.review import Store
from hccassist.review.decisions import Decision, Event, fold
from hccassist.schema import Chart, Status
from hccassist.terminology.codes import Codes
from hccassist.terminology.compiled import load_lexicon

_AROUND = 160
_JUDGED = frozenset({"accept", "reject", "change"})
_NOT_ABOUT_SUPPORT = frozenset({"duplicate"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A suggestion and whether a coder supports it. ``who``: whose decision it is, blank for labelled cases; ``reason``:
    why it was rejected; ``rule``: what coded it, or decided its status, in words; ``features``: those that are not zero."""

    chart: str
    kind: str
    condition: str
    icd10: str
    label: str
    supported: bool
    status: Status
    category: str | None
    group: str | None
    pays: bool
    setting: str
    sections: tuple[str, ...]
    features: dict[str, float]
    date_of_service: str = ""
    provider: str = ""
    term: str = ""
    rule: str = ""
    sentence: str = ""
    who: str = ""
    reason: str = ""
    at: str = ""

    @property
    def facts(self) -> Facts:
        """What a policy looks at."""
        held, backed = held_by(self.features), bool(self.features.get("backed"))
        sections = frozenset(self.sections)
        return Facts(self.status, self.category, self.group, self.pays, held, backed, self.setting, sections)


_JUDGED_ROW = TypeAdapter(Judged)


@dataclass(slots=True)
class Loaded:
    """Judged suggestions, and why others were left out (reason -> count)."""

    rows: list[Judged] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def from_decisions(store: Store) -> Loaded:
    """What the team accepted, rejected or changed. A change is support where the new code is of the same V28 category or
    three-character category: the condition stood there, under another code."""
    loaded = Loaded()
    by_suggestion: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in store.events():
        by_suggestion[event.chart_id, event.action.suggestion_id].append(event)
    for (_, suggestion_id), events in by_suggestion.items():
        decision = fold(suggestion_id, events).decision
        if decision is None or decision.kind not in _JUDGED:
            continue
        if decision.reason in _NOT_ABOUT_SUPPORT:
            loaded.left_out["rejected as a duplicate: says nothing of support"] += 1
            continue
        judged = _of_decision(decision)
        if isinstance(judged, str):
            loaded.left_out[judged] += 1
        else:
            loaded.rows.append(judged)
    return loaded


def _of_decision(decision: Decision) -> Judged | str:
    """The decision as a judged suggestion, or why it cannot be one."""
    content, s, e = decision.snapshot, decision.suggestion, decision.encounter
    if not s.get("features") or not s.get("icd10"):
        return "made on results without features: screen the charts again for the next decisions"
    if (content.get("versions") or {}).get("features") != features_version():
        return "made on results of another version's features: screen the charts again for the next decisions"
    hcc = s.get("hcc") or {}
    names = [q for q in s["quotes"] if q.get("element") is None]
    code = decision.code.icd10 if decision.code else s["icd10"]
    return Judged(
        chart=str(content.get("chart", "")),
        kind="decision",
        condition=s["condition"],
        icd10=s["icd10"],
        label=(hcc.get("V28") or {}).get("label", ""),
        supported=decision.kind == "accept" or (decision.kind == "change" and _same(code, s["icd10"])),
        status=s["status"],
        category=(hcc.get("V28") or {}).get("category"),
        group=str(s["high_risk"]).partition(":")[0] if s.get("high_risk") else None,
        pays=bool(s["features"].get("pays")),
        setting=e.get("setting") or "unknown",
        sections=tuple(s.get("sections") or ()),
        features=s["features"],
        date_of_service=e.get("date_of_service") or "",
        provider=e.get("provider") or "",
        term=names[0]["text"] if names else "",
        rule="; ".join((s.get("decided") or [""])[:2]),
        sentence=" … ".join(dict.fromkeys(q["text"] for q in s["quotes"][:4])),
        who=decision.who,
        reason=decision.reason or "",
        at=decision.at,
    )


def _same(a: str, b: str) -> bool:
    codes = load_lexicon().codes
    return a[:3] == b[:3] or bool(set(codes.categories(a, "V28")) & set(codes.categories(b, "V28")))


def from_cases(cases: Iterable[evaluation.Case]) -> Loaded:
    """The candidates that labelled cases judge, as today's screening finds them."""
    lexicon, strength = load_lexicon(), load_strength(models_folder() / "linker.json")
    loaded = Loaded()
    for case in cases:
        for candidate, around, verdict in evaluation.judged(case, lexicon, strength):
            loaded.rows.append(_of_candidate(case, candidate, features(candidate, around), verdict, lexicon.codes))
    return loaded


def _of_candidate(case: evaluation.Case, c: Candidate, x: dict[str, float], supported: bool, codes: Codes) -> Judged:
    v28 = codes.hcc_on(c.icd10, c.encounter.date_of_service).get("V28")
    facts = facts_of(c, x, v28.category if v28 else None)
    first = c.mentions[0]
    return Judged(
        chart=case.id,
        kind=case.kind,
        condition=c.condition,
        icd10=c.icd10,
        label=v28.label if v28 else "",
        supported=supported,
        status=c.status,
        category=facts.category,
        group=facts.group,
        pays=facts.pays,
        setting=facts.setting,
        sections=tuple(sorted(facts.sections)),
        features={name: round(value, 4) for name, value in x.items() if value},
        date_of_service=c.encounter.date_of_service or "",
        provider=c.encounter.provider or "",
        term=case.chart.text[first.start : first.end],
        rule="; ".join(c.decided[:2]),
        sentence=_sentence(case.chart, first.start, first.end),
    )


def _sentence(chart: Chart, start: int, end: int) -> str:
    """The words around a mention, from line to line."""
    text = chart.text
    low = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    high = text.find("\n", end)
    return " ".join(text[low : min(high if high >= 0 else len(text), end + _AROUND)].split())


def load(path: Path) -> Loaded:
    """Judged suggestions of a path: a file that ``write`` made, labelled notes (NAME.jsonl beside their folder NAME/, or a
    folder with gold.jsonl and notes/), a folder of labelled charts, single cases (.jsonl) or wording cases (.csv). Raises
    ``LabelledError`` with one clear line."""
    if path.is_dir():
        notes = path / "gold.jsonl"
        return from_cases(evaluation.read_notes(notes, path / "notes") if notes.is_file() else evaluation.read_charts(path))
    if path.suffix == ".csv":
        return from_cases(evaluation.read_wording_cases(path))
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name}: cannot be read ({type(error).__name__}); name a file or folder of labelled cases"
        raise evaluation.LabelledError(message) from None
    if '"note_id"' in first:
        return from_cases(evaluation.read_notes(path, path.with_suffix("")))
    return from_cases(evaluation.read_single_cases(path)) if '"features"' not in first else Loaded(list(_read(path)))


def _read(path: Path) -> Iterator[Judged]:
    with path.open("rb") as file:
        version = file.readline()
        if features_version().encode() not in version:
            raise evaluation.LabelledError(f"{path.name}: made by another version; make it again: hccassist bench")
        for number, line in enumerate(file, 2):
            try:
                yield _JUDGED_ROW.validate_json(line)
            except ValidationError:
                raise evaluation.LabelledError(f"{path.name}:{number}: not a judged suggestion; make the file again") from None


def write(rows: Iterable[Judged], path: Path) -> None:
    """Keeps judged suggestions in a file for the bench: it holds chart text, so only its owner may read it."""
    path.touch(mode=0o600)
    with path.open("wb") as file:
        file.write(f'{{"features": "{features_version()}"}}\n'.encode())
        for row in rows:
            file.write(_JUDGED_ROW.dump_json(row) + b"\n")
