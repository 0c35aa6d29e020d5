"""`keepone label`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepone.commands.options import RunName, Workspace

if TYPE_CHECKING:
    from keepone.learning.answers import AnswerFile
    from keepone.learning.questions import Question, Questions
    from keepone.learning.side_by_side import Line, SideBySide

# After so many answers what to ask next is thought over.
_AT_ONCE = 10
_WIDTH = 36
_ANSWERS: dict[str, bool | None] = {
    "y": True, "yes": True, "n": False, "no": False, "u": None, "unsure": None,
}  # fmt: skip
_PROMPT = "  same? y, n, u (unsure), b (back), q (quit): "


def label(
    run: RunName,
    *,
    count: Annotated[int, typer.Option(metavar="N", min=1, help="Pairs to ask about.")] = 50,
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="CSV of answers; those that stand there are kept."),
    ] = Path("labels.csv"),
    propose: Annotated[
        bool,
        typer.Option("--propose", help="Ask nothing: print the pairs as CSV, match left empty."),
    ] = False,
    workspace: Workspace = Path("keepone-data"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Ask nothing: print the pairs as JSON.")
    ] = False,
) -> None:
    """Ask which pairs are the same, those first whose answer teaches the model most.

    Shows two records beside each other, with ≠ where they differ, and takes y, n or u. Each answer
    is on the disk before the next question; the same command goes on from there. keepone train
    learns from the file. With --propose, fill in the column match in a spreadsheet: 1 or 0.
    """
    from keepone.commands.output import print_json
    from keepone.learning.answers import AnswerFile
    from keepone.learning.compared import ComparedRun
    from keepone.learning.questions import Questions
    from keepone.learning.side_by_side import SideBySide
    from keepone.runs import find_run

    found = find_run(run, workspace)
    compared = ComparedRun(found)
    answers, questions, shown = AnswerFile(out), Questions(compared), SideBySide(compared)
    if as_json:
        asked = questions.next(answers.answers, count)
        print_json({"run_id": found.run_id, "pairs": [_told(one, shown) for one in asked]})
    elif propose:
        _print_sheet(questions.next(answers.answers, count), shown)
    else:
        _ask(answers, questions, shown, count)
        _say_goodbye(answers, out, run)


def _told(question: Question, shown: SideBySide) -> dict[str, Any]:
    lines = shown.lines(question.row_l, question.row_r)
    return {
        "id_l": question.id_l,
        "id_r": question.id_r,
        "probability": round(question.probability, 6),
        "alike": question.alike,
        "left": {line.header: line.left for line in lines},
        "right": {line.header: line.right for line in lines},
    }


def _print_sheet(questions: list[Question], shown: SideBySide) -> None:
    """Print the pairs with a column for the answer, and both records' cells side by side."""
    sheet = csv.writer(sys.stdout, lineterminator="\n")
    cells = [f"{header} ({side})" for header in shown.headers for side in ("l", "r")]
    sheet.writerow(["id_l", "id_r", "match", "probability", *cells])
    for one in questions:
        lines = shown.lines(one.row_l, one.row_r)
        both = [cell for line in lines for cell in (line.left, line.right)]
        sheet.writerow([one.id_l, one.id_r, "", f"{one.probability:.4f}", *both])


def _ask(answers: AnswerFile, questions: Questions, shown: SideBySide, count: int) -> None:
    """Ask until so many answers are given, there is nothing to ask, or the person has enough."""
    asked: list[Question] = []
    given = 0
    while given < count:
        coming = questions.next(answers.answers, min(_AT_ONCE, count - given))
        if not coming:
            return
        while coming:
            question = coming[0]
            said = _answer(question, shown, f"{given + 1} of {count}")
            if said == "quit":
                return
            if said == "back":
                if answers.take_back() is not None:
                    given -= 1
                    coming.insert(0, asked.pop())
                continue
            answers.give((question.id_l, question.id_r), _ANSWERS[said])
            asked.append(coming.pop(0))
            given += 1


def _answer(question: Question, shown: SideBySide, place: str) -> str:
    """Show a question and return an answer, back or quit; the end of input quits."""
    from rich.text import Text

    from keepone.commands.output import stdout

    console = stdout()
    console.print()
    console.print(
        Text(f"  {place}", style="bold").append(
            f"   now {question.probability:.0%}; {question.alike:,} alike", style="dim"
        )
    )
    for line in _lines(question, shown):
        console.print(line)
    while True:
        console.print(_PROMPT, end="")
        typed = sys.stdin.readline()
        said = typed.strip().lower()
        if not typed or said in {"q", "quit"}:
            return "quit"
        if said in {"b", "back"}:
            return "back"
        if said in _ANSWERS:
            return said


def _lines(question: Question, shown: SideBySide) -> Iterator[Any]:
    """Give the lines of both records that say something."""
    from rich.text import Text

    lines = shown.lines(question.row_l, question.row_r)
    said = [line for line in lines if line.left or line.right]
    wide = min(max((len(line.header) for line in said), default=0), _WIDTH)
    for line in said:
        mark = "≠" if line.differs else " "
        yield Text(
            f"  {mark} {_cell(line.header, wide)}  {_cell(line.left, _WIDTH)}  "
            f"{_cell(line.right, _WIDTH)}".rstrip(),
            style=_style(line),
        )


def _cell(text: str, width: int) -> str:
    from keepone.commands.output import shown

    clean = shown(text.strip())
    return (clean if len(clean) <= width else f"{clean[: width - 1]}…").ljust(width)


def _style(line: Line) -> str:
    if not line.compared:
        return "dim"
    return "yellow" if line.differs else ""


def _say_goodbye(answers: AnswerFile, out: Path, run: str) -> None:
    import shlex

    from keepone.commands.output import stdout

    console = stdout()
    console.print()
    if not answers.answers:
        console.print("  No answers yet.")
        return
    console.print(f"  {len(answers.answers):,} answers in {out}")
    console.print(f"  Next: keepone train {shlex.quote(run)} --labels {shlex.quote(str(out))}")
