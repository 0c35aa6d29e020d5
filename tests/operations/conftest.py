"""A workspace with two small runs over accounts every value of which is marked."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.processes import keepone_process

MARK = "Zqxsecret"
HEADER = [
    "Account ID",
    "Account Name",
    "Industry",
    "Website",
    "Phone",
    "Billing Street",
    "Billing City",
    "Billing Postal Code",
    "Description",
]


def account(number: int) -> list[str]:
    """Return an account whose values hold the mark, but for its id; each two are one company."""
    company = number // 2
    street = f"{company} {MARK}street{company} Road"
    return [
        f"A{number:03d}",
        f"{MARK}name{company} {MARK}word{company} {'Inc' if number % 2 else 'Incorporated'}",
        f"{MARK}industry",
        f"www.{MARK}site{company}.com".lower(),
        f"+1 555 {MARK} {company:04d}",
        street if number % 2 else street.replace("Road", "Rd"),
        f"{MARK}city{company % 5}",
        f"{MARK}{company:05d}",
        f"{MARK} said something of number {number}",
    ]


def write_accounts(path: Path) -> None:
    """Write 60 accounts, and two rows that are none."""
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(HEADER)
        sheet.writerows(account(number) for number in range(60))
        sheet.writerow([f"{MARK}too", f"{MARK}many", *[f"{MARK}cells"] * 12])
        sheet.writerow(account(3))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the export, and a workspace with the runs `one` and `two`."""
    folder = tmp_path_factory.mktemp("operations")
    write_accounts(folder / "accounts.csv")
    for name in ("one", "two"):
        done = keepone_process("run", "accounts.csv", "--run-id", name, "-q", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """Give a copy of that folder."""
    return Path(shutil.copytree(made, tmp_path / "place"))
