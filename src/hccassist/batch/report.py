"""The report of a run: one HTML file that opens anywhere and asks no network. It counts; no words of a chart are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from html import escape
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hccassist.terminology.codes import load_codes

REPORT = "report.html"
_MOST_LISTED = 200
_FIRST_CHARTS = 25
_MOST_BARS = 15
_TIERS = {"supported": "supported", "mention_only": "mention only", "suspect": "suspect (query)", "suppressed": "held back"}
_PAGE_STEPS = ((1, "1"), (5, "2 to 5"), (20, "6 to 20"), (50, "21 to 50"), (200, "51 to 200"), (1 << 31, "more than 200"))
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --paper: #fff; --bar: #0969a2; --line: #d0d7de; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --quiet: #9aa4af; --paper: #0d1117; --bar: #58a6ff; --line: #30363d; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 68rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p, footer { color: var(--quiet); }
footer { margin-top: 2rem; }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1rem 0; } dt { color: var(--quiet); }
dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 0 2rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; } svg rect { fill: var(--bar); }
table { border-collapse: collapse; width: 100%; } td, th { border-bottom: 1px solid var(--line); padding: .25rem .5rem .25rem 0;
  text-align: left; vertical-align: top; overflow-wrap: anywhere; } td:first-child { min-width: 14rem; }
th { white-space: nowrap; }
"""


def report(run: Mapping[str, Any], tables: Path) -> bytes:
    """The page for a run: ``run`` is what run.json holds, ``tables`` the folder of its Parquet files."""
    summary = run["summary"]
    facts = {
        "charts screened": summary["screened"], "not screened": summary["not_screened"], "pages": summary["pages"],
        "pages unread": summary["pages_unread"], "supported": summary["suggestions"].get("supported", 0),
        "seconds": round(summary["seconds"]),
    }  # fmt: skip
    body = [
        f"<h1>Screening run of {escape(run['created'][:16].replace('T', ' '))} UTC</h1>",
        f"<p>Charts of {escape(', '.join(run['roots']))}</p>",
        "<dl>", *(f"<div><dt>{escape(k)}</dt><dd>{v:,}</dd></div>" for k, v in facts.items()), "</dl>",
        '<div class="plots">', *_plots(summary, tables), "</div>",
        "<h2>First in the worklist</h2>",
        _table(["Chart", "Priority", "Why"], _first(tables)),
        *_listed("Not screened", ["Cause", "What to do"], [[e["type"], e["message"]] for e in run["errors"]]),
        *_listed("Pages that were not read", ["Chart", "Pages", "Why"], _unread(tables)),
        *_listed("Copies", ["Chart", "Same content as"], [list(pair) for pair in run["duplicates"].items()]),
        *_listed("Files of other kinds, left out", ["Ending", "Files"], [[k, str(n)] for k, n in summary["left_out"].items()]),
        f"<footer>{escape(', '.join(f'{k} {v}' for k, v in run['versions'].items()))}. Every suggestion awaits a "
        "coder's decision.</footer>",
    ]  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        # Nothing is fetched and nothing runs, whatever a file is called.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Screening run</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    return page.encode()


def _plots(summary: Mapping[str, Any], tables: Path) -> list[str]:
    tenths: Counter[int] = Counter()
    categories: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    columns = ("tier", "confidence", "hcc_v28", "high_risk")
    for tier, confidence, category, high_risk in _rows(tables / "suggestions.parquet", *columns):
        if tier == "supported":
            tenths[min(int(confidence * 10), 9)] += 1
            categories[category or ""] += 1
            groups.update([high_risk.split(":")[0]] if high_risk else ())
    read = (pages for status, pages in _rows(tables / "charts.parquet", "status", "pages") if status == "ok")
    sizes = Counter(next(title for most, title in _PAGE_STEPS if pages <= most) for pages in read)
    validities = Counter(valid for (valid,) in _rows(tables / "encounters.parquet", "valid"))
    return [
        _plot("Suggestions by tier", [(title, summary["suggestions"].get(tier, 0)) for tier, title in _TIERS.items()]),
        _plot("Confidence of supported suggestions", _confidences(tenths)),
        _plot("Supported suggestions by V28 category", _categories(categories)),
        _plot("High-risk groups among supported suggestions", _most(groups)),
        _plot("Charts by number of pages", [(title, sizes[title]) for _, title in _PAGE_STEPS]),
        _plot("Records that can carry a diagnosis", _most(validities)),
        _plot("Charts not screened, by cause", _most(Counter(summary["failures"]))),
    ]


def _first(tables: Path) -> list[list[str]]:
    """The charts that the worklist begins with: name, priority, why."""
    rows = _rows(tables / "charts.parquet", "status", "priority", "chart", "priority_why")
    ordered = ((-priority, chart, why) for status, priority, chart, why in rows if status == "ok")
    return [[chart, f"{-negative:g}", why] for negative, chart, why in nsmallest(_FIRST_CHARTS, ordered)]


def _unread(tables: Path) -> list[list[str]]:
    """The charts with pages that were not read, those with the most of them first."""
    rows = _rows(tables / "charts.parquet", "chart", "unread_pages", "unread_why")
    found = sorted((-count, chart, why) for chart, count, why in rows if count)
    return [[chart, str(-negative), why] for negative, chart, why in found]


def _rows(path: Path, *columns: str) -> Iterator[tuple[Any, ...]]:
    """These columns of a table, row by row; a few thousand rows in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=list(columns)):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _confidences(tenths: Counter[int]) -> list[tuple[str, int]]:
    return [(f"{n / 10:.1f} to {(n + 1) / 10:.1f}", tenths[n]) for n in range(9, -1, -1) if tenths[n] or n > 3]


def _categories(counts: Counter[str]) -> list[tuple[str, int]]:
    labels = load_codes().labels.get("V28", {})
    none = counts.pop("", 0)
    return [*((f"HCC {hcc} {labels.get(hcc, '')}", count) for hcc, count in _most(counts)), ("no V28 category", none)]


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return counts.most_common(_MOST_BARS)


def _plot(title: str, bars: Sequence[tuple[str, int]]) -> str:
    """A bar chart as inline SVG, its numbers readable as text."""
    if not any(count for _, count in bars):
        return ""
    largest, row, label, width = max(count for _, count in bars), 24, 260, 560
    parts = []
    for n, (name, count) in enumerate(bars):
        y, size = n * row, (width - label - 70) * count / largest
        short = name if len(name) <= 34 else f"{name[:33]}…"
        parts.append(
            f"<g><title>{escape(name)}: {count:,}</title>"
            f'<text x="{label - 8}" y="{y + 16}" text-anchor="end">{escape(short)}</text>'
            f'<rect x="{label}" y="{y + 4}" width="{size:.1f}" height="16" rx="2"/>'
            f'<text x="{label + size + 6:.1f}" y="{y + 16}">{count:,}</text></g>'
        )
    return (
        f'<section><h2>{escape(title)}</h2><svg viewBox="0 0 {width} {row * len(bars)}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg></section>'
    )


def _listed(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    more = f"<p>{len(rows) - _MOST_LISTED:,} more in summary.csv and run.json.</p>" if len(rows) > _MOST_LISTED else ""
    return [f"<h2>{escape(title)}</h2>", _table(columns, rows[:_MOST_LISTED]), more]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
