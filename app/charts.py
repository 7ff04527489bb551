"""Charts as the review page opens them, kept in memory so that a decision or a page turn reads no file again."""

from __future__ import annotations

from collections import OrderedDict

from hccassist.reading.names import located
from hccassist.review import OpenChart
from hccassist.review.chart_file import ChartFile, read

KEPT_CHARTS = 8
_Key = tuple[str, str, tuple[float, ...]]
_kept: OrderedDict[_Key, ChartFile] = OrderedDict()


def chart_file(opened: OpenChart) -> ChartFile:
    """The chart's text, verified against its hash; read again only where the file on the disk changed."""
    key = (opened.result.chart, opened.result.sha256, _stamp(opened))
    found = _kept.pop(key, None) or read(opened.result, opened.roots, opened.folder)
    _kept[key] = found
    while len(_kept) > KEPT_CHARTS:
        _kept.popitem(last=False)
    return found


def _stamp(opened: OpenChart) -> tuple[float, ...]:
    """What the file looks like under each root: changes whenever the file does."""
    stamps: list[float] = []
    for root in opened.roots:
        try:
            stat = located(root, opened.result.chart).stat()
        except OSError:
            stamps.append(-1.0)
        else:
            stamps += [stat.st_mtime, float(stat.st_size)]
    return tuple(stamps)
