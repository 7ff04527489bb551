"""hccassist: screens charts for HCC review and shows a coder the words behind every suggestion."""

from pathlib import Path

from hccassist.machine_code import leave_outdated

__version__ = "0.1.0"

leave_outdated(Path(__file__).parent)
