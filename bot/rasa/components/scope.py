"""Whether a message is one of our topics at all: learnt from messages of topics that the classifier had not seen.

A threshold on the classifier's confidence does not do: a linear classifier is sure of itself far away from everything it was
taught. So the topics are left out by turns, and a second, small model learns from what then happens how a message of no
known topic looks: by the classifier's margins and by how near it is to what the topics were taught with.
"""

from __future__ import annotations

from typing import List, Sequence, Text, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import LinearSVC

OUT_OF_SCOPE = "out_of_scope"

_TURNS = 6
_HELD_OUT = 1 / 6
# Sentences of a left-out topic are nearer to the others than most of what is really out of scope: they teach, with less
# weight, and a part of them suffices.
_LEFT_OUT_WEIGHT, _LEFT_OUT_SHARE = 0.3, 0.35
_NEAREST = 3


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
    """The taught sentences, to be asked how near a message is to those of a topic and to those of none."""

    def __init__(self, taught: Vectors, topics: np.ndarray) -> None:
        # By feature: a message has few of them, so few lists are read.
        self._postings = normalize(taught.sparse).T.tocsr()
        self._dense = normalize(taught.dense).astype(np.float32) if taught.dense.shape[1] else taught.dense
        self._rows = {topic: np.flatnonzero(topics == topic) for topic in np.unique(topics)}

    def nearness(self, message: Vectors, topic: Text) -> List[float]:
        words = np.asarray((normalize(message.sparse) @ self._postings).todense()).ravel()
        meaning = self._dense @ (message.dense[0] / np.linalg.norm(message.dense[0])) if message.encoded[0] else words
        same, none = self._rows.get(topic, []), self._rows.get(OUT_OF_SCOPE, [])
        words_same, words_none = _highest(words[same], 1), _highest(words[none], 1)
        same_meaning, none_meaning = _highest(meaning[same], _NEAREST), _highest(meaning[none], _NEAREST)
        return [
            words_same,
            words_none,
            words_same - words_none,
            same_meaning,
            none_meaning,
            same_meaning - none_meaning,
            float(message.encoded[0]),
        ]


class ScopeModel:
    """How likely the best topic of a message is the right one, rather than there being none."""

    def __init__(self, neighbours: Neighbours, topics: Sequence[Text], judge: Pipeline) -> None:
        self._neighbours, self._topics, self._judge = neighbours, list(topics), judge

    def confidence(self, message: Vectors, margins: np.ndarray) -> float:
        """Of one message, whose margins the classifier gives in the order of its topics."""
        signs, _ = _signs(self._neighbours, message, margins, self._topics)
        return float(self._judge.predict_proba([signs])[0, 1])

    @classmethod
    def learn(cls, machine: LinearSVC, taught: Vectors, topics: np.ndarray) -> ScopeModel:
        """`machine` is untrained; it is trained anew for each turn, on the topics that are left."""
        chance = np.random.RandomState(0)
        names = [name for name in np.unique(topics) if name != OUT_OF_SCOPE]
        chance.shuffle(names)
        joined = taught.joined()
        signs, right, weights = [], [], []
        for turn in range(_TURNS):
            left_out = np.isin(topics, names[turn::_TURNS])
            held_out = chance.rand(len(topics)) < _HELD_OUT
            train = ~left_out & ~held_out
            machine.fit(joined[train], topics[train])
            neighbours = Neighbours(taught[train], topics[train])
            asked = np.flatnonzero((held_out & ~left_out) | (left_out & (chance.rand(len(topics)) < _LEFT_OUT_SHARE)))
            margins = machine.decision_function(joined[asked])
            for row, row_margins in zip(asked, margins):
                row_signs, best = _signs(neighbours, taught[[row]], row_margins, list(machine.classes_))
                mistaken = not left_out[row] and topics[row] not in (OUT_OF_SCOPE, best)
                if mistaken:
                    continue  # one of ours taken for another of ours says nothing about the border
                signs.append(row_signs)
                right.append(int(topics[row] == best))
                weights.append(_LEFT_OUT_WEIGHT if left_out[row] else 1.0)
        judge = make_pipeline(StandardScaler(), LogisticRegression())
        judge.fit(np.array(signs), right, logisticregression__sample_weight=weights)
        machine.fit(joined, topics)
        return cls(Neighbours(taught, topics), list(machine.classes_), judge)


def _signs(
    neighbours: Neighbours, message: Vectors, margins: np.ndarray, topics: List[Text]
) -> Tuple[List[float], Text]:
    """What the judge looks at, and the best topic."""
    none = topics.index(OUT_OF_SCOPE)
    ours = margins.copy()
    ours[none] = -np.inf
    second, first = np.partition(ours, -2)[-2:]
    best = topics[int(ours.argmax())]
    return [first, first - second, margins[none], first - margins[none], *neighbours.nearness(message, best)], best


def _highest(values: np.ndarray, count: int) -> float:
    """The mean of the highest ones; 0 where there are none."""
    if not len(values):
        return 0.0
    return float(np.partition(values, -min(count, len(values)))[-min(count, len(values)) :].mean())
