"""The report of a run: one HTML page that opens anywhere, offline."""

from keepone.report.page import render_report

__all__ = ["render_report"]
