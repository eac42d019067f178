"""`compare_short_cuts.py ENCODER_FOLDER`, by Rasa's Python: what our short cuts give, beside what they stand in for.

Out comes a line of JSON: for each, the largest difference, or whether both do the same.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from components import features, graph_runs, remote_actions
from components.classifier import Lines
from components.encoder import SentenceEncoder
from components.language import LanguageFinder
from components.normalise import normalise
from components.scope import Vectors
from components.tokenizer import BilingualTokenizer
from components.tracker_store import BoundedTrackerStore
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import TrackerStore
from rasa.engine.graph import ExecutionContext, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from safetensors.numpy import load_file
from scipy.sparse import csr_matrix
from scipy.special import erf
from sklearn.svm import LinearSVC

_TEXTS = [
    "冻结钱包",
    "帮我查余额",
    "能",
    "freeze my wallet",
    "what is my balance, my balance?",
    "帮帮帮 freeze 余额 100",
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "features": features_differ(Path(folder)),
            "margins": margins_differ(),
            "encoder": encoder_differs(Path(sys.argv[1])),
            "trackers_alike": trackers_alike(Path(folder)),
            "validation_alike": validation_alike(),
            "runs_alike": runs_alike(Path(folder)),
        }
    print(json.dumps(told))


def features_differ(folder: Path) -> float:
    """A message's row, beside the vectorizers' own."""
    kind = features.WordCharacterFeatures
    component = kind.create(
        kind.get_default_config(), LocalModelStorage(folder), Resource("features"), ExecutionContext(GraphSchema({}))
    )
    component.train(TrainingData([Message({TEXT: text}) for text in _TEXTS]))
    differences = []
    for text in [*_TEXTS, "unknown 未知", ""]:
        whole = [part.transform([normalise(text)]).toarray() for part in component._vectorizers]
        differences.append(np.abs(component._row(normalise(text)).toarray() - np.hstack(whole)).max())
    return float(max(differences))


def margins_differ() -> float:
    """Of one message, beside the machine's."""
    draw = np.random.RandomState(0)
    sparse, dense = csr_matrix(draw.rand(30, 12) * (draw.rand(30, 12) > 0.5)), draw.rand(30, 4)
    taught = Vectors(sparse, dense)
    machine = LinearSVC(random_state=0).fit(taught.joined(), draw.randint(0, 3, 30))
    theirs = machine.decision_function(taught.joined())
    lines = Lines.of(machine)
    return float(max(np.abs(lines.margins(taught[[row]]) - theirs[row]).max() for row in range(30)))


def encoder_differs(folder: Path) -> float:
    """Texts one by one and together, beside the same layers as their authors write them."""
    encoder = SentenceEncoder(folder)
    texts = [*_TEXTS * 4, "余" * 60]
    tokens = [encoder._tokenizer.encode(text).ids for text in texts]
    plainly = np.vstack([encoded_plainly(folder, ids) for ids in tokens])
    singly = np.vstack([encoder.encode([text]) for text in texts])
    return float(max(np.abs(plainly - singly).max(), np.abs(plainly - encoder.encode(texts)).max()))


def encoded_plainly(folder: Path, ids: list[int]) -> np.ndarray:
    config = json.loads((folder / "config.json").read_text())
    w = load_file(folder / "model.safetensors")
    heads, length = config["num_attention_heads"], len(ids)

    def linear(state: np.ndarray, name: str) -> np.ndarray:
        return state @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def normal(state: np.ndarray, name: str) -> np.ndarray:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt(centred.var(axis=-1, keepdims=True) + config.get("layer_norm_eps", 1e-12))
        return centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"]

    def split(state: np.ndarray) -> np.ndarray:
        return state.reshape(length, heads, -1).transpose(1, 0, 2)

    words, places = w["embeddings.word_embeddings.weight"], w["embeddings.position_embeddings.weight"]
    state = normal(
        words[ids] + places[:length] + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm"
    )
    for number in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{number}"
        query, key, value = (
            split(linear(state, f"{name}.attention.self.{part}")) for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]))
        attended = (scores / scores.sum(axis=-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(length, -1)
        state = normal(state + linear(attended, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = linear(state, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        state = normal(state + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    pooled = state.mean(axis=0)
    return pooled / np.linalg.norm(pooled)


def trackers_alike(folder: Path) -> bool:
    """A tracker that was kept, beside how Rasa reads what was kept."""
    domain = Domain.from_dict({"slots": {"language": {"type": "text", "mappings": [{"type": "custom"}]}}})
    events = [
        ActionExecuted("action_listen"),
        UserUttered("冻结", {"name": "freeze_account", "confidence": 1.0}, metadata={"message_id": "c:1"}),
        SlotSet("language", "zh"),
        ActiveLoop("freeze_account_form"),
        BotUttered("好的", {"buttons": []}, {"utter_action": "utter_ok"}),
    ]
    tracker = DialogueStateTracker.from_events("c", events, slots=domain.slots, domain=domain)
    store = BoundedTrackerStore(domain, path=str(folder / "dialogues.db"))
    asyncio.run(store.save(tracker))
    ours = asyncio.run(store.retrieve("c"))
    rasas = TrackerStore.deserialise_tracker(store, "c", store.serialise_tracker(tracker))
    kept = [event["event"] for event in asyncio.run(store.kept_events("c"))]
    return (
        list(ours.events) == list(rasas.events) == events
        and ours.current_state() == rasas.current_state()
        and kept == [event.type_name for event in events]
        and asyncio.run(store.kept_events("nobody")) == []
    )


def validation_alike() -> bool:
    """Which answers of the action server are taken and which are refused."""
    action = RemoteAction("action_x", None)
    answers: list[Any] = [
        {"events": [{"event": "slot", "name": "language", "value": "zh"}], "responses": [{"response": "utter_ok"}]},
        {"events": [], "responses": []},
        {},
        {"events": "none"},
        {"events": [{"event": "unheard_of"}]},
        {"events": [{"event": "slot"}], "responses": []},
        {"events": [], "responses": ["text"]},
    ]
    by_rasa = [taken(action, answer) for answer in answers]
    remote_actions.check_schema_once()
    return by_rasa == [taken(action, answer) for answer in answers] and len(set(by_rasa)) == 2


def taken(action: RemoteAction, answer: Any) -> bool:
    try:
        return action._validate_action_result(answer)
    except ValidationError:
        return False


def runs_alike(folder: Path) -> bool:
    """What comes out of a graph, all of it or a part."""
    tokens = SchemaNode({"messages": "given"}, BilingualTokenizer, "create", "process", {}, is_target=True)
    language = SchemaNode({"messages": "tokens"}, LanguageFinder, "create", "process", {}, is_target=True)
    schema = GraphSchema({"tokens": tokens, "language": language})
    runner = DaskGraphRunner.create(schema, LocalModelStorage(folder), ExecutionContext(schema))

    def out(targets: list[str] | None) -> Any:
        ran = runner.run({"given": [Message({TEXT: "冻结 it"})]}, targets)
        return {name: [message.as_dict() for message in messages] for name, messages in ran.items()}

    by_dask = [out(None), out(["tokens"])]
    graph_runs.run_in_order()
    return by_dask == [out(None), out(["tokens"])] and list(by_dask[1]) == ["tokens"]


if __name__ == "__main__":
    main()
