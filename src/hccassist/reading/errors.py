"""What can go wrong with a file, in one line a user can act on."""

from __future__ import annotations


class ReadError(Exception):
    """A file that cannot be read. ``type`` is stable (``encrypted``, ``empty``...); the message is one line that
    names the file and the cure, and never holds words of the chart."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
