"""What the parts of one app share: the runs, the door, who is in."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from keepone.review.access import Door, Failures, Sessions
from keepone.review.desk import Desk
from keepone.review.jobs import Jobs
from keepone.review.live import Live
from keepone.review.queue import Claims
from keepone.review.uploads import Uploads
from keepone.settings import WORKSPACE_DECISIONS


@dataclass
class Office:
    """What one app has at hand, as long as it lives."""

    desk: Desk
    door: Door
    uploads: Uploads
    # Where decisions are kept, as a run is told.
    decisions: str = WORKSPACE_DECISIONS
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)
    claims: Claims = field(default_factory=Claims)
    live: Live = field(default_factory=Live)
    # The run that the command line named: where the app begins.
    first_run: str | None = None
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.desk.workspace, self.decisions, self._tell_of_job)

    def _tell_of_job(self, run_id: str) -> None:
        self.live.tell("job", run_id=run_id)


def office_of(request: Request) -> Office:
    """Return what the app has at hand that a request came to."""
    office: Office = request.app.state.office
    return office
