"""Readers: files and tables in, sheets of text out, and nothing lost on the way.

`open_sources` gives the sources of a run; the ingest stage reads them. Each reader takes one kind
of input, and all share what a row must be (`cells`), what a header is (`headers`) and what stands
below a report (`footers`).
"""

from keepone.readers.opening import open_sources
from keepone.readers.source import Reject, Sheet, Source

__all__ = ["Reject", "Sheet", "Source", "open_sources"]
