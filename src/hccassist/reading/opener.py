"""Draws pages and reads charts in a process of its own: ``python -m hccassist.reading.opener FD``, which ``apart`` starts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hccassist.reading import ReadError, read_chart
from hccassist.reading.kept import packed
from hccassist.reading.limits import Limits
from hccassist.reading.page_images import draw_page
from hccassist.reading.watched import PAGE, READ, Say, limit_address_space, serve


def _answer(request: bytes, say: Say) -> tuple[bytes, bytes]:
    """The kind of error, empty where there is none, and the answer or the error's message."""
    what = json.loads(request)
    limits = Limits(**what["limits"])
    limit_address_space(limits.memory)
    path = Path(what["path"])
    name = what.get("name", path.name)
    try:
        if "page" in what:
            return b"", draw_page(path, what["page"], what["scale"], limits)
        say(PAGE)
        chart = read_chart(path, name, replace(limits, on_page=lambda: say(PAGE)))
        say(READ)
        return b"", packed(chart)
    except ReadError as error:
        return error.type.encode(), error.message.encode()
    except MemoryError:
        return b"memory_limit", f"{name}: takes too much memory to open; print the file to PDF anew".encode()
    except Exception as error:  # its text may hold chart words, so only its kind is told
        return b"internal", f"{name}: cannot be opened ({type(error).__name__}); please report this file's kind".encode()


if __name__ == "__main__":
    serve(_answer, lambda: None)
