"""Whether a message is one of our topics at all: learnt from messages of topics that the classifier had not seen.

A threshold on the classifier's confidence does not do: a linear classifier is sure of itself far away from everything it was
taught. So the topics are left out by turns, and a second, small model learns from what then happens how a message of no
known topic looks: by the classifier's margins and by how near it is to what the topics were taught with.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import List, NamedTuple, Sequence, Text, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

OUT_OF_SCOPE = "out_of_scope"

_TURNS = 4
_HELD_OUT = 1 / 6
# Sentences of a left-out topic are nearer to the others than most of what is really out of scope: they teach, with little
# weight, and a part of them suffices.
_LEFT_OUT_WEIGHT, _LEFT_OUT_SHARE = 0.15, 0.35
_NEAREST = 3
_TINY = 1e-9


class Vectors:
    """Sentences as the classifier sees them: sparse features, and the encoder's where there is one (rows of zeros elsewhere)."""

    def __init__(self, sparse: csr_matrix, dense: np.ndarray) -> None:
        self.sparse, self.dense = sparse, dense
        self.encoded = dense.any(axis=1) if dense.shape[1] else np.zeros(sparse.shape[0], dtype=bool)

    def joined(self) -> csr_matrix:
        return hstack([self.sparse, csr_matrix(self.dense)]).tocsr() if self.dense.shape[1] else self.sparse

    def __getitem__(self, rows: np.ndarray) -> Vectors:
        return Vectors(self.sparse[rows], self.dense[rows])

    def __len__(self) -> int:
        return int(self.sparse.shape[0])


class Neighbours:
    """The taught sentences, to be asked how near messages are to those of a topic and to those of none."""

    def __init__(self, taught: Vectors, topics: np.ndarray) -> None:
        sparse, dense = _rows_of_length_one(taught.sparse), _of_length_one(taught.dense)
        self._words = {topic: sparse[topics == topic] for topic in np.unique(topics)}
        self._meanings = {topic: dense[(topics == topic) & taught.encoded] for topic in self._words}

    def nearness(self, messages: Vectors, best: np.ndarray) -> np.ndarray:
        """A row a message: nearness in words and in meaning to its best topic and to what is out of scope."""
        sparse, dense = _rows_of_length_one(messages.sparse), _of_length_one(messages.dense)
        rows = np.zeros((len(messages), 4))
        for topic in np.unique(best):
            mine = best == topic
            asked = (
                (sparse, dense, messages.encoded) if mine.all() else (sparse[mine], dense[mine], messages.encoded[mine])
            )
            rows[mine, 0:2] = self._nearest(*asked, topic)
        rows[:, 2:4] = self._nearest(sparse, dense, messages.encoded, OUT_OF_SCOPE)
        return np.column_stack([rows, rows[:, 0] - rows[:, 2], rows[:, 1] - rows[:, 3], messages.encoded])

    def _nearest(self, sparse: csr_matrix, dense: np.ndarray, encoded: np.ndarray, topic: Text) -> np.ndarray:
        if topic not in self._words:
            return np.zeros((sparse.shape[0], 2))
        if sparse.shape[0] == 1:
            column = np.zeros(sparse.shape[1], dtype=sparse.dtype)
            column[sparse.indices] = sparse.data
            words = (self._words[topic] @ column).reshape(1, -1)
        else:
            words = (sparse @ self._words[topic].T).toarray()
        nearest = _mean_of_highest(words, _NEAREST)
        if encoded.any():
            nearest = np.where(encoded, _mean_of_highest(dense @ self._meanings[topic].T, _NEAREST), nearest)
        return np.column_stack([words.max(axis=1), nearest])


class _Turn(NamedTuple):
    """What one turn of leaving topics out showed."""

    signs: np.ndarray
    right: np.ndarray
    weights: np.ndarray
    margins: np.ndarray  # of the held-out sentences of topics that were taught
    places: np.ndarray  # of their topics among the machine's


class Judge(NamedTuple):
    """A weight for each sign, and what is added."""

    weights: np.ndarray
    offset: float

    def chance(self, signs: np.ndarray) -> float:
        return float(1.0 / (1.0 + np.exp(-(signs @ self.weights + self.offset))))


class ScopeModel:
    """How likely the best topic of a message is the right one, rather than there being none."""

    def __init__(self, neighbours: Neighbours, topics: np.ndarray, judge: Judge) -> None:
        self._neighbours, self._topics, self._judge = neighbours, topics, judge

    def confidence(self, message: Vectors, margins: np.ndarray) -> float:
        """Of one message, whose margins the classifier gives in the order of its topics."""
        signs, _ = _signs(self._neighbours, message, margins.reshape(1, -1), self._topics)
        return self._judge.chance(signs[0])


class Lesson(NamedTuple):
    """What is learnt from leaving topics out: the scope model, and held-out margins to calibrate confidences on."""

    scope: ScopeModel
    margins: List[np.ndarray]
    places: List[np.ndarray]


def learn_scope(machine: LinearSVC, taught: Vectors, topics: np.ndarray) -> Lesson:
    """Train copies of `machine` on what is left, by turns, and see what they make of the rest."""
    names = [name for name in np.unique(topics) if name != OUT_OF_SCOPE]
    np.random.RandomState(0).shuffle(names)
    joined = taught.joined()
    with ThreadPoolExecutor(2) as pool:  # the solver works without Python's lock
        turns = list(
            pool.map(
                lambda turn: _leave_out(clone(machine), taught, joined, topics, names[turn::_TURNS], seed=turn),
                range(_TURNS),
            )
        )
    scope = ScopeModel(Neighbours(taught, topics), np.unique(topics), _learn_to_judge(turns))
    return Lesson(scope, [turn.margins for turn in turns], [turn.places for turn in turns])


def _learn_to_judge(turns: Sequence[_Turn]) -> Judge:
    scaler, machine = StandardScaler(), LogisticRegression()
    signs = scaler.fit_transform(np.vstack([turn.signs for turn in turns]))
    right, weights = (
        np.concatenate(part) for part in zip(*((turn.right, turn.weights) for turn in turns), strict=True)
    )
    machine.fit(signs, right, sample_weight=weights)
    by_sign = machine.coef_[0] / scaler.scale_
    return Judge(by_sign, float(machine.intercept_[0] - scaler.mean_ @ by_sign))


def _leave_out(
    machine: LinearSVC, taught: Vectors, joined: csr_matrix, topics: np.ndarray, names: List[Text], *, seed: int
) -> _Turn:
    chance = np.random.RandomState(seed)
    left_out = np.isin(topics, names)
    held_out = chance.rand(len(topics)) < _HELD_OUT
    train = ~left_out & ~held_out
    machine.fit(joined[train], topics[train])
    neighbours = Neighbours(taught[train], topics[train])
    asked = np.flatnonzero((held_out & ~left_out) | (left_out & (chance.rand(len(topics)) < _LEFT_OUT_SHARE)))
    margins = machine.decision_function(joined[asked])
    signs, best = _signs(neighbours, taught[asked], margins, machine.classes_)
    known = ~left_out[asked]
    # One of ours taken for another of ours says nothing about the border.
    telling = ~known | (topics[asked] == best) | (topics[asked] == OUT_OF_SCOPE)
    return _Turn(
        signs[telling],
        (topics[asked] == best)[telling].astype(int),
        np.where(known, 1.0, _LEFT_OUT_WEIGHT)[telling],
        margins[known],
        np.searchsorted(machine.classes_, topics[asked][known]),
    )


def _signs(
    neighbours: Neighbours, messages: Vectors, margins: np.ndarray, topics: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """What the judge looks at, a row a message, and the best topics."""
    none = int(np.flatnonzero(topics == OUT_OF_SCOPE)[0])
    ours = margins.copy()
    ours[:, none] = -np.inf
    highest = np.partition(ours, -2, axis=1)[:, -2:]
    second, first = highest[:, 0], highest[:, 1]
    best = topics[ours.argmax(axis=1)]
    own = np.column_stack([first, first - second, margins[:, none], first - margins[:, none]])
    return np.hstack([own, neighbours.nearness(messages, best)]), best


def _mean_of_highest(values: np.ndarray, count: int) -> np.ndarray:
    count = min(count, values.shape[1])
    if count == 0:
        return np.zeros(len(values))
    return np.partition(values, -count, axis=1)[:, -count:].mean(axis=1)


def _of_length_one(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY)


def _rows_of_length_one(rows: csr_matrix) -> csr_matrix:
    counts = np.diff(rows.indptr)
    squares = np.bincount(np.repeat(np.arange(len(counts)), counts), weights=rows.data**2, minlength=len(counts))
    scales = np.repeat(1.0 / np.maximum(np.sqrt(squares), _TINY), counts).astype(rows.dtype)
    return csr_matrix((rows.data * scales, rows.indices, rows.indptr), shape=rows.shape)
