"""Payment models besides CMS-HCC."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from hccassist.terminology.payers import PayerModelError, hhs_categories, read_hhs_model, read_payer_model


def test_a_payers_own_model_is_a_csv_of_code_category_label(tmp_path: Path) -> None:
    file = tmp_path / "acme.csv"
    file.write_text("code,category,label\nE1122,D2,Diabetes with complication\nI50.9,C1,Heart failure\n")
    model = read_payer_model(file)
    assert (model["E11.22"].category, model["E11.22"].label) == ("D2", "Diabetes with complication")
    assert model["I50.9"].category == "C1"


@pytest.mark.parametrize(
    ("content", "says"),
    [("icd,hcc\nI50.9,1\n", "header must be"), ("code,category,label\nI50.9,,x\n", "own.csv:2")],
)
def test_a_malformed_model_is_one_clear_line(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "own.csv"
    file.write_text(content)
    with pytest.raises(PayerModelError, match=says):
        read_payer_model(file)


def test_hhs_categories_carry_their_labels() -> None:
    model = hhs_categories("E119\t21\nA4101\t2\n", {"HHS_HCC021": {"descr": "Diabetes without Complication"}})
    assert (model["E11.9"].category, model["E11.9"].label) == ("21", "Diabetes without Complication")


@pytest.mark.skipif(find_spec("risk_adjustment_model") is None, reason="the extra hccassist[aca] is not installed")
def test_hhs_tables_of_the_extra_are_read() -> None:
    assert len(read_hhs_model()) > 5000
