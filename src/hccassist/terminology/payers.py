"""Payment models besides CMS-HCC: the ACA plans' HHS-HCC, and any payer's own as a CSV (docs/payer-models.md).

They are named in ``HCCASSIST_MODELS``, separated by ``;``: ``NAME=FILE.csv`` for a payer's own, ``HHS`` for HHS-HCC.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hccassist.schema import HccCategory

ENVIRONMENT = "HCCASSIST_MODELS"
HHS = "HHS"
_COLUMNS = ["code", "category", "label"]

PayerModel = dict[str, HccCategory]


class PayerModelError(Exception):
    """A payment model cannot be read: one line that names the file and the cure."""


def read_payer_model(path: Path) -> PayerModel:
    """Code -> category of a CSV with the columns ``code,category,label``; codes with or without dot.

    Raises ``PayerModelError``.
    """
    model: PayerModel = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != _COLUMNS:
                raise PayerModelError(f"{path.name}: its header must be {','.join(_COLUMNS)}")
            for number, row in enumerate(reader, 2):
                if not row["code"] or not row["category"]:
                    raise PayerModelError(f"{path.name}:{number}: code and category must both be given")
                model[_dotted(row["code"])] = HccCategory(row["category"].strip(), (row["label"] or "").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise PayerModelError(
            f"{path.name}: cannot be read as UTF-8 CSV ({type(error).__name__}); check path and encoding"
        ) from None
    return model


def read_hhs_model() -> PayerModel:
    """CMS's HHS-HCC tables (ACA plans), newest year, from the extra ``hccassist[aca]`` (Python 3.12 or newer).

    Raises ``PayerModelError`` when the extra is not installed.
    """
    spec = find_spec("risk_adjustment_model")
    if spec is None or spec.origin is None:
        raise PayerModelError("HHS-HCC needs the extra: pip install 'hccassist[aca]' on Python 3.12 or newer")
    folder = Path(spec.origin).parent / "reference_data" / "commercial"
    newest = max(folder.glob("v*/*/diag_to_category_map.txt"), key=lambda p: (p.parent.name, p.parts[-3]))
    definitions = json.loads((newest.parent / "category_definition.json").read_text(encoding="utf-8"))
    return hhs_categories(newest.read_text(encoding="utf-8"), definitions)


def hhs_categories(table: str, definitions: Mapping[str, Mapping[str, str]]) -> PayerModel:
    """The package's map (code, tab, category a line) with the labels of its definitions."""
    model: PayerModel = {}
    for line in table.splitlines():
        code, _, category = line.strip().partition("\t")
        if category:
            number, rest = re.fullmatch(r"(\d*)(.*)", category).groups()  # type: ignore[union-attr]
            label = definitions.get(f"HHS_HCC{number:0>3}{rest}", {}).get("descr", "")
            model[_dotted(code)] = HccCategory(category, label)
    return model


@cache
def configured_models() -> dict[str, PayerModel]:
    """The models that ``HCCASSIST_MODELS`` names, in its order. Raises ``PayerModelError``."""
    models: dict[str, PayerModel] = {}
    for entry in filter(None, (e.strip() for e in os.environ.get(ENVIRONMENT, "").split(";"))):
        name, _, file = entry.partition("=")
        if not file and name != HHS:
            raise PayerModelError(f"{ENVIRONMENT}: “{entry}” must be NAME=FILE.csv or {HHS}")
        models[name] = read_payer_model(Path(file)) if file else read_hhs_model()
    return models


def _dotted(code: str) -> str:
    bare = code.strip().upper().replace(".", "")
    return bare if len(bare) <= 3 else f"{bare[:3]}.{bare[3:]}"
