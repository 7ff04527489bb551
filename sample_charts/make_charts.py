"""Makes the PDFs of this folder and expected.json from source/: `.venv/bin/python -m sample_charts.make_charts`.

Run it after a change in source/ and commit what it wrote. The short notes (.txt) are written by hand; what is expected
of them stands in source/ too, in a file of the same name with no text in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sample_charts.maker.expected import expected_chart
from sample_charts.maker.pdf import register_fonts, write_chart
from sample_charts.maker.source import SourceError, read_source

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    register_fonts()
    charts = []
    for path in sorted((FOLDER / "source").glob("*.chart")):
        try:
            source = read_source(path)
        except SourceError as error:
            print(error, file=sys.stderr)
            return 1
        if (FOLDER / f"{source.name}.txt").is_file():
            charts.append(expected_chart(source, f"{source.name}.txt", [[1]] * len(source.records)))
            charts[-1]["pages"] = 1
            continue
        target = FOLDER / f"{source.name}.pdf"
        pages = write_chart(source, target)
        charts.append(expected_chart(source, target.name, pages))
        print(f"{target.name}: {charts[-1]['pages']} pages, {target.stat().st_size // 1024} KB")
    text = json.dumps({"charts": charts}, indent=1, ensure_ascii=False)
    (FOLDER.parent / "tests" / "sample_charts_expected.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
