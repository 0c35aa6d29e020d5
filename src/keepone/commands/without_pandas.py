"""Keeps Arrow from loading pandas into a command that has no use for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas:
    """Finds no pandas, whether it is installed or not."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - what a finder is called with
        target: ModuleType | None = None,  # noqa: ARG004
    ) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def load_arrow_alone() -> None:
    """Load Arrow, and have it look for pandas now, where it finds none.

    For the first values that it makes an array of, it loads pandas wherever that is installed, to
    ask whether they are a series: a tenth of what a run of 1,000 records takes. Nothing in a
    command is one, so this is for a process of ours alone. Arrow looks again once a frame is asked
    of it, as it is by a stage that runs on pandas.
    """
    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        import pyarrow as pa  # noqa: PLC0415 - it may not have looked before

        pa.array([0])
    finally:
        sys.meta_path.remove(_NoPandas)
