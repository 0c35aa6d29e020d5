"""Fit: what each level of agreement weighs in this file.

Leaves `model`, plain data that scores the same file, the next export, or one record; and
`frequencies`, how many records carry each value that more than one carries. Where the settings give
a model, nothing is fitted: its weights are laid out for this file's fields.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.engine import Engine
from keepone.errors import SettingsError
from keepone.kernels.columns import Levels
from keepone.kernels.encoding import Longs
from keepone.kernels.mixture import Fit, Prior, count_patterns, fit_mixture, level_weights
from keepone.kernels.namesakes import odds_of_equal_names
from keepone.kernels.pair_levels import (
    ComparedField,
    compared_fields,
    copies_of,
    levels_of_pairs,
    term_frequencies,
)
from keepone.kernels.relearning import Bounds, Compared, Weights, relearned
from keepone.model import MODEL_VERSION, Model
from keepone.rules.model_prior import level_priors, model_rules
from keepone.settings import FitSettings

# More pairs than these tell the model nothing new.
_MOST_PAIRS = 150_000
# So many are looked at a time to draw those: bounds the memory, and never changes a result.
_PAIRS_AT_ONCE = 1 << 20
# Shares are published to this many significant digits: past those stands only in which order a
# library added them up.
_DIGITS = 9
# As many pairs, of which none agrees on a vague field, show that the field has no words in common.
_NEVER_AGREE = 100
# An odd constant that scatters rows over 64 bits, so that the sample depends on nothing else.
_SCATTER = np.uint64(0x9E3779B97F4A7C15)


def _sample(candidates: pa.Table) -> tuple[Longs, Longs]:
    """Return pairs to fit on: those among as many records, in the order of a hash, as will do.

    So groups stay groups, of fewer records. Equal records make a pair with the one that stands for
    them, which is drawn by another hash than that one, for they would be too many otherwise.
    """
    left, right = np.zeros((2, 0), dtype=np.int64)
    last = np.zeros(0, dtype=np.uint64)
    for start in range(0, candidates.num_rows, _PAIRS_AT_ONCE):
        part = candidates.slice(start, _PAIRS_AT_ONCE)
        one, other = (part.column(name).to_numpy().astype(np.int64) for name in ("l", "r"))
        drawn = np.maximum(_scattered(one), _scattered(np.where(one == other, ~other, other)))
        left, right, last = (
            np.concatenate(both) for both in ((left, one), (right, other), (last, drawn))
        )
        if len(last) > _MOST_PAIRS:
            edge = np.partition(last, _MOST_PAIRS - 1)[_MOST_PAIRS - 1]
            below = np.flatnonzero(last < edge)
            # Of those at the edge, the first in their order.
            at = np.flatnonzero(last == edge)[: _MOST_PAIRS - len(below)]
            kept = np.sort(np.concatenate([below, at]))
            left, right, last = left[kept], right[kept], last[kept]
    return left, right


def _scattered(rows: Longs) -> npt.NDArray[np.uint64]:
    """Return a hash of each row."""
    mixed = (rows.astype(np.uint64) + np.uint64(1)) * _SCATTER
    mixed ^= mixed >> np.uint64(29)
    return mixed * _SCATTER


def _prior(field: ComparedField, telling: int) -> Prior:
    """Return what is believed of a field in a file of so many telling fields."""
    known = level_priors()
    shares = np.array([known[field.type, level] for level in field.comparison.levels[1:]])
    shares /= shares.sum(axis=0)
    rules = model_rules()
    differing = rules.differing(field.type, *shares[-1].tolist(), telling=telling)
    moves = rules.moves(field.type, telling)
    odds = odds_of_equal_names(field) if not moves and field.comparison.named else None
    # Where a field alone tells, that many pairs agree on it is all that shows there are duplicates.
    return Prior(
        shares[:, 0],
        shares[:, 1],
        field.comparison.falling,
        differing,
        odds,
        moves,
        capped=not moves and telling > 1,
    )


def _silenced(
    compared: list[ComparedField], levels: list[Levels], priors: list[Prior], pairs: Longs
) -> tuple[list[Levels], list[Prior]]:
    """Return levels and priors in which vague fields on which no pair agrees say nothing.

    Values of a short list that never agree were written by sources that have no word in common, and
    differ between two records of one company as between any. A phone that no pair shares tells them
    apart.
    """
    heard, believed = [], []
    for each, own, prior in zip(compared, levels, priors, strict=True):
        there, differ = own > 0, own == len(each.comparison.levels) - 1
        if (
            each.type in model_rules().vague
            # Forms that agree are level 0: what is there always differs.
            and each.type != "legal_form"
            and prior.differing < 0
            and pairs[there].sum() >= _NEVER_AGREE
            and (differ == there).all()
        ):
            heard.append(np.zeros_like(own))
            believed.append(Prior(prior.u, prior.u, prior.falling))
        else:
            heard.append(own)
            believed.append(prior)
    return heard, believed


def _weights(compared: list[ComparedField], priors: list[Prior], fit: Fit) -> Weights:
    """Return the weights that the fitted shares make."""
    rules = model_rules()
    telling = rules.telling(each.type for each in compared)
    return Weights(
        levels=[
            level_weights(m, u, prior.falling, prior.differing)
            for m, u, prior in zip(fit.m, fit.u, priors, strict=True)
        ],
        start=rules.prior_weight(fit.match_share, telling),
        families=[rules.family(each.type, each.field) for each in compared],
        overlap=round(1000 * rules.overlap),
        slope=rules.slope(telling),
    )


def _model(
    compared: list[ComparedField], fit: Fit, weights: Weights, *, records: int, pairs: int
) -> dict[str, Any]:
    fields = []
    for each, own_m, own_u, own, family in zip(
        compared, fit.m, fit.u, weights.levels, weights.families, strict=True
    ):
        levels: list[dict[str, Any]] = [{"level": each.comparison.levels[0], "weight": 0}]
        shares = (own_m.tolist(), own_u.tolist(), own[1:].tolist())
        for name, m, u, weight in zip(each.comparison.levels[1:], *shares, strict=True):
            levels.append({"level": name, "m": _told(m), "u": _told(u), "weight": weight})
        fields.append({"field": each.field, "type": each.type, "family": family, "levels": levels})
    return {
        "version": MODEL_VERSION,
        "records": records,
        "pairs_fitted": pairs,
        "match_share": _told(fit.match_share),
        "iterations": fit.iterations,
        "prior_weight": weights.start,
        "overlap": weights.overlap,
        "slope": weights.slope,
        "calibrated": False,
        "fields": fields,
    }


def _laid_out(given: Model, compared: list[ComparedField], *, records: int) -> dict[str, Any]:
    """Return a given model for the fields of this file, matched by name and type.

    What the model does not know weighs what is believed of its type. Raises `SettingsError` where
    it knows none of the fields.
    """
    rules = model_rules()
    known = {(each.field, each.type): each for each in given.fields}
    telling = rules.telling(each.type for each in compared)
    fields = []
    for each in compared:
        own = known.pop((each.field, each.type), None)
        prior = _prior(each, telling)
        believed = level_weights(prior.m, prior.u, prior.falling, prior.differing).tolist()
        weights = dict(zip(each.comparison.levels, believed, strict=True))
        if own is not None:
            weights |= {level.level: level.weight for level in own.levels}
        fields.append(
            {
                "field": each.field,
                "type": each.type,
                "family": own.family if own else rules.family(each.type, each.field),
                "levels": [
                    {"level": name, "weight": weights[name]} for name in each.comparison.levels
                ],
            }
        )
    if compared and len(known) == len(given.fields):
        message = "fit.model: the model weighs none of the fields that this file is compared on"
        theirs, ours = (
            ", ".join(f"{each.field} ({each.type})" for each in some)
            for some in (given.fields, compared)
        )
        raise SettingsError(message, hint=f"It weighs {theirs}; the file has {ours}.")
    trained = {(each.field, each.type) for each in given.fields}
    return {
        "version": MODEL_VERSION,
        "records": records,
        "pairs_fitted": 0,
        "match_share": given.match_share,
        "iterations": 0,
        "prior_weight": given.prior_weight,
        "overlap": given.overlap,
        "slope": given.slope,
        "calibrated": given.calibrated,
        "fields": fields,
        "believed": [each.field for each in compared if (each.field, each.type) not in trained],
        "unused": [each.field for each in known.values()],
    }


def _told(share: float) -> float:
    return float(f"{share:.{_DIGITS}g}")


def fit(
    engine: Engine,
    settings: FitSettings,
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
) -> dict[str, Any]:
    """Return `model`, each level's weight in 1/1000 bit, and `frequencies` of values.

    Raises `SettingsError` for a given model that weighs none of the compared fields.
    """
    rules = model_rules()
    compared = compared_fields(fields, features, distinct)
    records = int(copies_of(distinct).sum())
    if settings.model is not None:
        assert isinstance(settings.model, Model), "a run reads the file before its stages begin"
        model = _laid_out(settings.model, compared, records=records)
        return {"model": model, "frequencies": term_frequencies(compared)}
    left, right = _sample(candidates)
    chunks = [levels for _, levels in levels_of_pairs(compared, left, right, engine.threads)]
    telling = rules.telling(each.type for each in compared)
    priors = [_prior(each, telling) for each in compared]
    if chunks:
        levels = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
        # Equal records were collapsed, but are pairs like any other: each with its representative.
        pairs = np.where(left == right, copies_of(distinct)[left] - 1, 1)
        levels, priors = _silenced(compared, levels, priors, pairs)
        patterns, counts, which = count_patterns(levels, pairs)
    else:
        patterns, counts = [np.zeros(0, dtype=np.int64) for _ in compared], np.zeros(0, np.int64)
        which = counts
    fitted = fit_mixture(
        patterns,
        counts,
        priors,
        [rules.family(each.type, each.field) for each in compared],
        rules,
        telling=telling,
        max_iterations=settings.max_iterations,
    )
    weights = _weights(compared, priors, fitted)
    if fitted.iterations and rules.fits_levels(telling):
        weights = relearned(
            weights,
            [Bounds(prior.falling, prior.differing) for prior in priors],
            Compared(left, right, which, patterns),
            distinct=distinct,
            origins=origins,
            types=[each.type for each in compared],
        )
    model = _model(compared, fitted, weights, records=records, pairs=len(left))
    return {"model": model, "frequencies": term_frequencies(compared)}
