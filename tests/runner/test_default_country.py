"""The default country is a code, so that a name by mistake is told and not ignored."""

from __future__ import annotations

import pytest

from keepone.config import load_settings
from keepone.errors import SettingsError


@pytest.mark.parametrize("value", ["Atlantis", "D", "4U", "é1"])
def test_what_is_no_code_is_told(value: str) -> None:
    with pytest.raises(SettingsError, match=r"normalize\.default_country.*two letters"):
        load_settings(None, assignments=[f"normalize.default_country={value}"])


@pytest.mark.parametrize("value", ["auto", "DE", "us"])
def test_codes_are_taken(value: str) -> None:
    settings = load_settings(None, assignments=[f"normalize.default_country={value}"])
    assert settings.normalize.default_country == value
