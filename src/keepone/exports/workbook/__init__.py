"""A workbook that a person opens: what the run found, what to verify, the groups side by side."""

from keepone.exports.workbook.workbook import write_workbook

__all__ = ["write_workbook"]
