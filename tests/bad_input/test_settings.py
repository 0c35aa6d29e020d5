"""Settings that cannot be: the key and the place are named, and nothing is read or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Keepone

Write = Callable[[str, str | bytes], Path]
ACCOUNTS = "Id,Name,City\n1,Acme,Rome\n2,Beta,Oslo\n"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("cluster.jon=60", "cluster.jon is no setting; did you mean cluster.join?"),
        ("clustr.join=60", "clustr is no setting; did you mean cluster?"),
        ("cluster.join=160", "cluster.join"),
        ("score.review=-1", "score.review"),
        ("disposition.auto=high", "disposition.auto"),
        ("score.review=60", "thresholds must rise"),
        ("cluster.join=97", "thresholds must rise"),
        ("machine.memory=lots", "'lots'"),
        ("machine.threads=-2", "machine.threads"),
        ("cluster=60", "not STAGE.KEY=VALUE"),
        ("profile.map.name=Name", "not STAGE.KEY=VALUE"),
        ("disposition.labels={Fuse: Merge}", "disposition.labels"),
        ("survivorship.criteria=[newest]", "newest"),
    ],
)
def test_a_setting_that_cannot_be(
    keepone_run: Keepone, write: Write, assignment: str, said: str
) -> None:
    write("a.csv", ACCOUNTS)
    keepone_run("a.csv", "--set", assignment).refused(said)


def test_values_on_both_sides_of_a_threshold_are_told_with_their_places(
    keepone_run: Keepone, write: Write
) -> None:
    write("a.csv", ACCOUNTS)
    write("s.yaml", "score:\n  review: 70\n")
    answer = keepone_run("a.csv", "--config", "s.yaml", "--set", "cluster.join=60")
    answer.refused("s.yaml, line 2", "--set cluster.join=60", "score.review (70)")


def test_a_repeated_key_is_told_with_both_lines(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", ACCOUNTS)
    write("s.yaml", "cluster:\n  join: 60\nscore:\n  review: 30\ncluster:\n  join: 70\n")
    answer = keepone_run("a.csv", "--config", "s.yaml")
    answer.refused("s.yaml, line 5: cluster stands twice, first at s.yaml, line 1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cluster: {join: 60", "s.yaml, line"),
        ("- cluster\n", "STAGE"),
        ("cluster:\n  jon: 60\n", "s.yaml, line 2"),
        (b"cluster: \xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_settings_file_that_cannot_be_read(
    keepone_run: Keepone, write: Write, text: str | bytes, said: str
) -> None:
    write("a.csv", ACCOUNTS)
    write("s.yaml", text)
    keepone_run("a.csv", "--config", "s.yaml").refused("s.yaml", said)


def test_a_settings_file_that_is_not_there(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", ACCOUNTS)
    keepone_run("a.csv", "--config", "none.yaml").refused("none.yaml")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("nme=Name", ("there is no field 'nme'", "Did you mean name?")),
        ("name=Company", ("no column is headed 'Company'", "'Id', 'Name', 'City'")),
        ("name", ("is not FIELD=COLUMN",)),
        ("=Name", ("is not FIELD=COLUMN",)),
    ],
)
def test_a_mapping_that_does_not_fit(
    keepone_run: Keepone, write: Write, mapping: str, said: tuple[str, ...]
) -> None:
    write("a.csv", ACCOUNTS)
    keepone_run("a.csv", "--map", mapping).refused(*said)


def test_two_fields_for_one_column(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", ACCOUNTS)
    answer = keepone_run("a.csv", "--map", "name=Name", "--map", "city=Name")
    answer.refused("'Name' is named twice")
