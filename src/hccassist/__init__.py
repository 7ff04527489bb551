"""hccassist: screens charts for HCC review and shows a coder the words behind every suggestion."""

__version__ = "0.1.0"
