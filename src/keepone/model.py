"""A fitted model as plain data: what each level of agreement weighs, and what the pair begins with.

It is what `fit` leaves in a run's model.json, what `keepone train` writes, and what the setting
`fit.model` holds.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MODEL_VERSION = 1

# Past these weights nothing is left to decide: 100 bits are odds of 1 to 10^30.
_Weight = Annotated[int, Field(ge=-100_000, le=100_000)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelWeight(_Part):
    """One level of agreement: its weight in 1/1000 bit of evidence for a match.

    `m` and `u` are the shares of matches and of other pairs that it was made of. Of a level that
    was trained, `untrained` is the weight before, `matches` and `others` the labels that showed it.
    """

    level: str
    weight: _Weight
    m: _Share | None = None
    u: _Share | None = None
    untrained: _Weight | None = None
    matches: _Count | None = None
    others: _Count | None = None


class FieldWeights(_Part):
    """One compared field: its name, its type, the family whose evidence overlaps, its levels."""

    field: str
    type: str
    family: str
    levels: tuple[LevelWeight, ...]


class Judged(_Part):
    """How well probabilities agree with labels: `log_loss` in nats a pair, and the rest in shares.

    `f1` is over labelled pairs, called matches from `cluster.join` on; `best_f1` that at the
    threshold where it is greatest; `ece` is the expected calibration error over ten bins.
    """

    log_loss: _Figure
    f1: _Share
    best_f1: _Share
    best_threshold: _Share
    ece: _Share


class Training(_Part):
    """What a model was trained on and what that gained, by cross-validation.

    `seen` are the pairs by digests of their record ids, so that the next training does not judge
    this model by what it knows; empty where they were too many to keep. `strength` is the spread in
    bits that weights were given around those before; 0 where only the calibration changed.
    """

    labels: _Count
    matches: _Count
    folds: _Count
    strength: _Figure
    before: Judged
    after: Judged
    seen: tuple[str, ...] = ()


class Model(_Part):
    """A model. Match weight is `prior_weight` and what the fields' levels weigh, 1/1000 bit each.

    Within a family all but the strongest evidence counts `overlap` thousandths; the probability's
    log-odds in bits are `slope` times the match weight. `records`, `pairs_fitted`, `match_share`
    and `iterations` tell how it was fitted and decide nothing. `calibrated` says that labels told
    what its probabilities are worth: then groups do not.
    """

    version: Literal[1]
    records: _Count = 0
    pairs_fitted: _Count = 0
    match_share: _Share = 0.0
    iterations: _Count = 0
    prior_weight: _Weight
    overlap: Annotated[int, Field(ge=0, le=1000)]
    slope: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
    calibrated: bool = False
    fields: tuple[FieldWeights, ...]
    believed: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    training: Training | None = None
