"""The cheapest way to give each row a column of its own.

Kuhn's Hungarian method in the form of shortest augmenting paths with potentials (Jonker and Volgenant, 1987). It stands
here because the library that has it takes 40 MB of memory in every worker.
"""

import numpy as np
from numpy.typing import NDArray


def assign(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the pairs (row, column), each row and each column once at most, of the least total `cost`.

    Args:
        cost: (n, m), finite. Of the smaller side, all are in a pair.
    """
    rows, columns = cost.shape
    if rows > columns:
        return [(row, column) for column, row in assign(cost.T)]
    cheapest = cost.argmin(axis=1)
    if len(np.unique(cheapest)) == rows:
        return list(enumerate(cheapest.tolist()))
    owner = _augment(cost)
    return sorted((int(owner[column]), int(column)) for column in np.flatnonzero(owner >= 0))


def _augment(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return for each column the row it is given to, or -1: rows are added one by one, by the shortest path."""
    rows, columns = cost.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1, np.intp)
    for new in range(rows):
        length = np.full(columns, np.inf)
        before = np.full(columns, -1, np.intp)
        done = np.zeros(columns, bool)
        row, column, reached = new, -1, 0.0
        while row >= 0:
            through = reached + cost[row] - of_row[row] - of_column
            shorter = ~done & (through < length)
            length[shorter], before[shorter] = through[shorter], column
            column = int(np.where(done, np.inf, length).argmin())
            reached, done[column] = length[column], True
            row = int(owner[column])
        of_row[new] += reached
        inner = np.flatnonzero(done & (owner >= 0))
        of_row[owner[inner]] += reached - length[inner]
        of_column[done] += length[done] - reached
        while column >= 0:
            previous = int(before[column])
            owner[column] = new if previous < 0 else owner[previous]
            column = previous
    return owner
