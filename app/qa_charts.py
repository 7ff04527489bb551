"""The bench's two plots. Their data is small and computed in the package; Streamlit draws them without any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

Curve = Sequence[tuple[float, float, float]]
Bins = Sequence[tuple[float, float, int]]
HEIGHT = 270
COLORS = ["#3b82c4", "#d97706"]  # apart for every eye, and on light and dark ground


def precision_recall(curves: Mapping[str, Curve], points: Mapping[str, tuple[float, float]]) -> alt.LayerChart | alt.FacetChart:
    """Precision over recall, a curve a policy, and where each policy stands on its own."""
    rows = [{"recall": r, "precision": p, "threshold": t, "of": name} for name, c in curves.items() for r, p, t in c]
    marks = [{"recall": r, "precision": p, "of": name} for name, (r, p) in points.items()]
    x, y = _share("recall", "Recall"), _share("precision", "Precision")
    lines = _chart(rows).mark_line(interpolate="step-after").encode(
        x=alt.X(**x), y=alt.Y(**y), color=_color(curves), tooltip=["of:N", "recall:Q", "precision:Q", "threshold:Q"]
    )  # fmt: skip
    dots = _chart(marks).mark_point(size=110, filled=True).encode(
        x=alt.X(**x), y=alt.Y(**y), color=_color(curves), tooltip=["of:N", "recall:Q", "precision:Q"]
    )  # fmt: skip
    return alt.layer(lines, dots, height=HEIGHT, title="Precision and recall")


def reliability(bins: Mapping[str, Bins]) -> alt.LayerChart | alt.FacetChart:
    """Share supported over confidence, by tenth; on the diagonal the confidence is true."""
    rows = [{"confidence": c, "supported": s, "count": n, "of": name} for name, b in bins.items() for c, s, n in b]
    x, y = _share("confidence", "Confidence"), _share("supported", "Share supported")
    ends = [{"confidence": 0, "supported": 0}, {"confidence": 1, "supported": 1}]
    diagonal = _chart(ends).mark_line(strokeDash=[4, 4], color="#8a939b").encode(x=alt.X(**x), y=alt.Y(**y))
    drawn = _chart(rows).encode(
        x=alt.X(**x), y=alt.Y(**y), color=_color(bins), tooltip=["of:N", "confidence:Q", "supported:Q", "count:Q"]
    )  # fmt: skip
    points = drawn.mark_point(filled=True, size=60)
    return alt.layer(diagonal, drawn.mark_line(), points, height=HEIGHT, title="Reliability")


def _chart(rows: Sequence[Mapping[str, object]]) -> alt.Chart:
    return alt.Chart({"values": rows})


def _share(name: str, title: str) -> dict[str, Any]:
    return {"shorthand": f"{name}:Q", "title": title, "scale": alt.Scale(domain=[0, 1]), "axis": alt.Axis(tickCount=5)}


def _color(named: Mapping[str, object]) -> alt.Color:
    names = list(named)
    scale = alt.Scale(domain=names, range=COLORS[: len(names)])
    return alt.Color("of:N", title=None, scale=scale, legend=alt.Legend(orient="top"))
