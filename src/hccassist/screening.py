"""The whole flow on one screen: a chart goes in, suggestions with their evidence come out.

read_chart -> find_encounters -> analyse -> detect -> find_mentions -> link -> candidates -> rank -> tiers
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from hccassist import __version__
from hccassist.candidates import build_candidates
from hccassist.encounters.rules import setting_rules
from hccassist.encounters.years import within_years
from hccassist.evidence.detect import detect, support_of
from hccassist.evidence.strength import Strength, load_strength
from hccassist.evidence.suspects import Suspect, find_suspects
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.places import Places
from hccassist.ranking.features import Candidate, features_version, surroundings
from hccassist.ranking.files import POLICY_ENV, RANKER_ENV, models_folder, named_file
from hccassist.ranking.model import Ranker, load_ranker
from hccassist.ranking.policy import Policy, check_names, load_policy
from hccassist.ranking.tiers import suggest, suggest_query
from hccassist.schema import Chart, ChartResult, Encounter, EncounterSummary, Page, PageSummary, Suggestion
from hccassist.terminology.compiled import knowledge_version, load_lexicon
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.payers import configured_models
from hccassist.terminology.rows import knowledge_folders


@dataclass(frozen=True, slots=True)
class Screener:
    """Everything screening needs besides the chart; built once per process by ``load_screener``."""

    lexicon: Lexicon
    strength: Strength
    ranker: Ranker
    policy: Policy
    years: tuple[int, ...] = ()
    """The service years under review; none: all."""

    @property
    def versions(self) -> dict[str, str]:
        """What made a result: the same chart with the same versions gives the same bytes."""
        return versions(self.years)


@cache
def load_screener() -> Screener:
    """The shipped lexicon, linker, ranker and policy, or those that the environment names (``HCCASSIST_POLICY``,
    ``HCCASSIST_RANKER``: paths). Raises ``PolicyError``, ``RankerError`` or ``KnowledgeError``."""
    loaded = load_policy(named_file(POLICY_ENV))
    lexicon = load_lexicon(loaded.local_terms)
    check_names(
        loaded.policy, lexicon.codes.all_categories("V28"), [g.group for g in lexicon.high_risk], lexicon.sections.values(),
        setting_rules(),
    )  # fmt: skip
    strength = load_strength(models_folder() / "linker.json")
    return Screener(lexicon, strength, load_ranker(named_file(RANKER_ENV)), loaded.policy)


@cache
def versions(years: tuple[int, ...] = ()) -> dict[str, str]:
    """The names of what makes a result, and ``content``: a hash of all code, knowledge and models, so that a changed word,
    weight or threshold is told from an unchanged one whose name stayed."""
    return {
        "hccassist": __version__,
        "ranker": load_ranker(named_file(RANKER_ENV)).version,
        "linker": load_strength(models_folder() / "linker.json").version,
        "policy": load_policy(named_file(POLICY_ENV)).version,
        "features": features_version(),
        "content": _content(),
        **({"years": ", ".join(map(str, years))} if years else {}),
    }


def _content() -> str:
    own = load_policy(named_file(POLICY_ENV)).local_terms
    digest = hashlib.sha256(f"{knowledge_version([*knowledge_folders(), *own])} {configured_models()}".encode())
    package = Path(__file__).parent
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.tsv"), *models_folder().glob("*.[jt]*"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def read_encounter(
    chart: Chart, encounter: Encounter, lexicon: Lexicon, strength: Strength
) -> tuple[list[Candidate], list[Suspect]]:
    """Every condition that one record names, coded, with status and evidence; and what its clues point at unnamed."""
    silent = (*chart.noise, *encounter.formal)
    document = analyse(chart.text, lexicon, encounter.start, encounter.end, silent)
    items = detect(document, lexicon)
    located = find_mentions(document, lexicon, encounter.at_discharge, support_of(items))
    candidates = build_candidates(document, encounter, located, items, lexicon, strength)
    return candidates, find_suspects(document, lexicon, [c.icd10 for c in candidates])


def screen(chart: Chart, encounters: tuple[Encounter, ...], screener: Screener) -> ChartResult:
    """All suggestions of a chart, best first within each encounter. A chart without text gives none."""
    encounters = within_years(encounters, screener.years)
    places = Places(chart)
    suggestions: list[Suggestion] = []
    read = [read_encounter(chart, encounter, screener.lexicon, screener.strength) for encounter in encounters]
    arounds = iter(surroundings([c for candidates, _ in read for c in candidates], places))
    for encounter, (candidates, suspects) in zip(encounters, read, strict=True):
        found = [suggest(c, next(arounds), screener.ranker, screener.policy, screener.lexicon, places) for c in candidates]
        found.sort(key=lambda s: (-s.confidence, s.mentions[0].start if s.mentions else 0, s.icd10 or ""))
        suggestions.extend(found)
        suggestions.extend(suggest_query(s, encounter, places) for s in suspects)
    named = tuple(replace(s, id=f"{s.encounter}:{s.icd10 or s.condition}") for s in suggestions)
    return ChartResult(
        chart=chart.name,
        sha256=chart.sha256,
        status="ok",
        pages=tuple(page_summary(p) for p in chart.pages),
        encounters=tuple(summary(e) for e in encounters),
        suggestions=named,
        versions=screener.versions,
    )


def page_summary(page: Page) -> PageSummary:
    """A page as the interchange file lists it."""
    p = page
    return PageSummary(p.number, p.width, p.height, p.source, p.rotation, p.duplicate_of, p.unread)


def summary(encounter: Encounter) -> EncounterSummary:
    """An encounter as the interchange file lists it."""
    e = encounter
    return EncounterSummary(
        e.id, e.pages, e.start_date, e.end_date, e.date_of_service, e.provider, e.credential, e.setting, e.signed,
        e.patient, e.valid, e.problems, e.patient_numbers, e.specialty,
    )  # fmt: skip
