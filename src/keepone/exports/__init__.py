"""A finished run as files and tables for others: CSV, workbook, Parquet, DuckDB, JSON, SQL.

One source reads the run's tables a row group at a time and leaves out what was not asked for; a
module per format writes what it gives. An export appears whole or not at all.
"""

from keepone.exports.csv_file import read_export
from keepone.exports.export import FORMATS, Exported, Order, export_run, format_of
from keepone.exports.selection import Selection

__all__ = ["FORMATS", "Exported", "Order", "Selection", "export_run", "format_of", "read_export"]
