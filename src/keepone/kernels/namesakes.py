"""What equal names are worth in a file that has little else to tell its records apart.

Some companies share a name, and of many files much the same share of names is shared by companies
(`namesakes` in model_prior.yaml). So a file with many names that two records carry has duplicates,
and in one with hardly more of them than there would be anyway they are namesakes. The same goes for
names that more records carry: where companies stand in the file twice, what stands there thirty
times ("Editor's notes") is no company.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepone.kernels.pair_levels import ComparedField
from keepone.kernels.value_levels import GRADES, grade
from keepone.rules.model_prior import model_rules

# A name is never sure to be one company's, nor to be that of several.
_LEAST, _MOST = 0.02, 0.98
# Few names tell little: as if so many more were seen, of which companies share this share.
_MORE_NAMES, _SHARED_BEFORE = 5.0, 0.1


def odds_of_equal_names(field: ComparedField) -> npt.NDArray[np.float64]:
    """Return the odds that two records of one name are one company, by how many records carry it.

    One entry per grade; nan where no name is of that grade.
    """
    (tokens,) = field.column.tokens.values()
    carried = tokens.glued.counts[tokens.glued.counts > 0]
    of_grade = np.bincount(grade(carried[carried > 1]), minlength=len(GRADES))
    expected = np.array(model_rules().namesakes) * len(carried)
    shared = (expected + _MORE_NAMES * _SHARED_BEFORE) / (of_grade + _MORE_NAMES)
    shared = np.clip(shared, _LEAST, _MOST)
    return np.where(of_grade > 0, (1 - shared) / shared, np.nan)
