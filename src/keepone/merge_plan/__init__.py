"""From a run's groups to merges that a CRM carries out, and back again.

`making` makes the plan's folder, `checking` verifies it against a fresh export, `restoring` writes
the way back. What a plan is stands in `document`; `simulator` replays it.
"""
