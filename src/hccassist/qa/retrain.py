"""``hccassist train``: linker and ranker from labelled cases or from the shipped tables, with the figures of the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hccassist.evaluation import Case, Quotes, linker_rows, ranker_rows, tally_quotes, write_table
from hccassist.evidence.strength import load_strength, strength_from
from hccassist.qa.learning import paired
from hccassist.ranking.figures import Floats, with_intervals
from hccassist.ranking.training import (
    Table,
    held_out_linkers,
    nested,
    read_sentences,
    read_table,
    train,
    train_linker,
    write_model,
)
from hccassist.screening import load_screener
from hccassist.terminology.compiled import load_lexicon

Say = Callable[[str], None]


def retrain(folder: Path, version: str, labelled: Sequence[Case], parts: Sequence[str], say: Say) -> None:
    """Writes the tables anew where there are ``labelled`` cases, then the models of ``parts`` (linker, ranker) into
    ``folder``, and says the figures. Without cases the tables there give the same models again, to the byte. Raises
    ``ValueError`` for a table that does not fit."""
    if "linker" in parts:
        if labelled:
            write_table(list(linker_rows(labelled, load_lexicon())), folder / "linker-training.csv")
        sentences = read_sentences(folder / "linker-training.csv")
        write_model(train_linker(sentences, version), folder / "linker.json")
        linkers, scores = held_out_linkers(sentences, version)
        say("linker  " + "  ".join(f"{name} {score:.3f}" for name, score in scores.items()))
        if labelled:
            say("quotes of held-out notes  " + held_out_quotes(labelled, linkers).line())
    if "ranker" in parts:
        if labelled:
            rows = list(ranker_rows(labelled, load_lexicon(), load_strength(folder / "linker.json")))
            write_table(rows, folder / "training.csv")
        table = read_table(folder / "training.csv")
        say(f"{len(table.y)} candidates of {len(set(table.groups))} texts; 95 % intervals by text")
        for line in figures(table, nested(table)):
            say(line)
        write_model(train(table, version), folder / "ranker.json")


def held_out_quotes(labelled: Sequence[Case], linkers: Mapping[str, dict[str, Any]]) -> Quotes:
    """How well a linker that never saw them shows the quotes of the first file of labelled notes; ``linkers``: by group of the
    table, which numbers the cases."""
    tally, screener = Quotes(), load_screener()
    screeners = {id(value): replace(screener, strength=strength_from(value)) for value in linkers.values()}
    for number, case in enumerate(labelled):
        value = linkers.get(f"g{number}")
        if value and case.kind == "note" and case.source == 0:
            tally_quotes(case, screeners[id(value)], tally)
    return tally


def figures(table: Table, found: dict[str, Floats]) -> list[str]:
    """The figures of out-of-fold probabilities by model and kind of text, and how far the two models lie apart."""
    lines = []
    for scope, rows in scopes(table).items():
        for name, p in found.items():
            shown = with_intervals(p[rows], table.y[rows], table.groups[rows])
            lines.append(f"{scope:28} {name:9} " + "  ".join(f"{k} {v}" for k, v in shown.items()))
        if len(found) == 2:
            a, b = found.values()
            shown = paired(a[rows], b[rows], table.y[rows], table.groups[rows])
            lines.append(f"{'':28} {'difference':9} " + "  ".join(f"{k} {v}" for k, v in shown.items()))
    return lines


def scopes(table: Table) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """The parts of a table that figures are given for: each kind of text, and of charts what has a payment category."""
    pays = table.column("pays") == 1
    found = {}
    for kind in dict.fromkeys(table.kinds):
        rows = table.kinds == kind
        found[f"{kind}s ({rows.sum()})"] = rows
        if kind in ("note", "chart", "decision"):
            found[f"{kind}s, with an HCC ({(rows & pays).sum()})"] = rows & pays
    return found
