"""What the knowledge knows of each payment category: nothing is empty where medicine has any."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hccassist.cli import app
from hccassist.terminology.codes import load_codes
from hccassist.terminology.coverage import COLUMNS, coverage, unexplained
from hccassist.terminology.rows import CoverageExceptionRow, Knowledge, load


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()[0]


@pytest.mark.parametrize(("model", "categories"), [("V28", 115), ("V24", 86)])
def test_every_category_has_wordings_drugs_tests_findings_and_treatments(
    model: str, categories: int, knowledge: Knowledge
) -> None:
    found = coverage(knowledge, load_codes(), model)
    assert len(found) == categories
    assert all(c.conditions and c.label for c in found)
    assert unexplained(knowledge, found) == []


def test_a_column_that_runs_dry_is_reported_until_a_reason_is_given(knowledge: Knowledge) -> None:
    codes = load_codes()
    poor = replace(knowledge, evidence=[r for r in knowledge.evidence if r.kind != "drug"])
    gaps = unexplained(poor, coverage(poor, codes, "V28"))
    assert "V28 226: no drugs, and no reason why" in gaps
    reason = CoverageExceptionRow(model="V28", categories=("226",), column="drugs", reason="none known", source="test")
    poor.coverage_exceptions = [reason]
    assert "V28 226: no drugs, and no reason why" not in unexplained(poor, coverage(poor, codes, "V28"))


def test_a_reason_that_is_no_longer_needed_is_reported(knowledge: Knowledge) -> None:
    reason = CoverageExceptionRow(model="V28", categories=("226",), column="drugs", reason="none known", source="test")
    found = replace(knowledge, coverage_exceptions=[reason])
    assert unexplained(found, coverage(found, load_codes(), "V28")) == ["V28 226: has drugs; its exception can go"]


def test_the_command_prints_a_line_for_each_category_and_refuses_an_unknown_model() -> None:
    result = CliRunner().invoke(app, ["knowledge", "coverage"])
    assert result.exit_code == 0
    assert "Heart Failure" in result.stdout
    assert all(column in result.stdout for column in COLUMNS)
    assert CliRunner().invoke(app, ["knowledge", "coverage", "--model", "V99"]).exit_code == 2
