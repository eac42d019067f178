"""How Rasa is started: its own Python, our paths, quiet and small, speaking to nobody."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import encoders
from bot.failures import CannotGoOn
from bot.settings import PROJECT, Settings
from bot.supervisor.processes import Command

FOLDER = PROJECT / "bot" / "rasa"
PYTHON = FOLDER / ".venv" / "bin" / "python"
CONFIG, DOMAIN = FOLDER / "config.yml", FOLDER / "domain"
ENDPOINTS, CREDENTIALS = FOLDER / "endpoints.yml", FOLDER / "credentials.yml"
TRAINING_DATA = (PROJECT / "data" / "nlu", PROJECT / "data" / "rules", PROJECT / "data" / "stories")

_FIXED = {
    # It phones home unless told not to, and Sentry goes by the same switch.
    "RASA_TELEMETRY_ENABLED": "false",
    # Its cache knows a component by its class alone, not by what the class imports: stale where we change those.
    "RASA_MAX_CACHE_SIZE": "0",
    # TensorFlow is imported but computes nothing here; more threads and arenas would only take memory.
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    # A product of one sentence is no work to be shared out, and the threads would spin; training has threads of its own.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Old libraries' warnings about each other.
    "PYTHONWARNINGS": "ignore",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONUNBUFFERED": "1",
}
# Of the environment that called us: they belong to the other Python.
_NOT_FOR_RASA = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
# What OpenBLAS's kernels need of the processor, the best first.
_KERNELS = {
    "SkylakeX": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "Haswell": {"avx2", "fma"},
}


def command(
    settings: Settings,
    arguments: list[str],
    *,
    actions_url: str | None = None,
    folder: Path = PROJECT,
    module: str = "rasa",
) -> Command:
    """Any Rasa command.

    Args:
        actions_url: where the action server answers; otherwise as the settings say.
        module: whose command line it is: Rasa's own, or one that stands in for it.
    """
    return Command([str(PYTHON), "-m", module, *arguments], folder, environment(settings, actions_url=actions_url))


def environment(settings: Settings, *, actions_url: str | None = None) -> Mapping[str, str]:
    state = settings.state_dir.absolute()
    base = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_RASA}
    return {
        **base,
        **_FIXED,
        **_kernels(),
        "PYTHONPATH": str(FOLDER),
        "RASA_CACHE_DIRECTORY": str(state / "rasa-cache"),
        "ACTION_ENDPOINT_URL": (actions_url or str(settings.actions_url)).rstrip("/") + "/webhook",
        "DIALOGUES_PATH": str(state / "dialogues.db"),
        "WALLET_REDIS_URL": settings.redis_url.get_secret_value() if settings.redis_url else "",
        "DIALOGUES_KEPT_SECONDS": str(int(settings.dialogue_kept.total_seconds())),
        **encoders.variables(settings),
    }


def _kernels(processor: Path = Path("/proc/cpuinfo")) -> Mapping[str, str]:
    """Which kernels NumPy's linear algebra takes, whatever was chosen for other programs.

    The library of Rasa's old NumPy does not know today's processors, and takes kernels of 2007 on some of them.
    """
    try:
        flags = set(processor.read_text(encoding="utf-8").split())
    except OSError:  # not Linux
        return {}
    best = next((name for name, needed in _KERNELS.items() if flags >= needed), None)
    return {"OPENBLAS_CORETYPE": best} if best else {}


def server_arguments(*, model: Path, port: int) -> list[str]:
    return [
        *("run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", str(model)),
        *("--endpoints", str(ENDPOINTS), "--credentials", str(CREDENTIALS)),
    ]


def with_our_paths(arguments: Sequence[str], *, model: Path) -> list[str]:
    """The arguments of a Rasa command with our files filled in where it takes some and none were given."""
    data = [str(folder) for folder in TRAINING_DATA if folder.is_dir()]
    files: dict[str, tuple[str, list[str]]] = {
        "model": ("-m", [str(model)]),
        "endpoints": ("--endpoints", [str(ENDPOINTS)]),
        "credentials": ("--credentials", [str(CREDENTIALS)]),
        "config": ("--config", [str(CONFIG)]),
        "domain": ("--domain", [str(DOMAIN)]),
        "data": ("--data", data),
        "nlu": ("--nlu", data),
        "out": ("--out", [str(model.parent)]),
    }
    takes = {
        "run": ("model", "endpoints", "credentials"),
        "shell": ("model", "endpoints", "credentials"),
        "shell nlu": ("model",),
        "interactive": ("model", "endpoints", "config", "domain", "data"),
        "train": ("config", "domain", "data", "out"),
        "train nlu": ("config", "domain", "out"),
        "test": ("model", "endpoints", "config", "domain"),
        "test nlu": ("model", "config", "domain", "nlu"),
        "data validate": ("config", "domain", "data"),
        "visualize": ("config", "domain"),
    }
    words = [word for word in arguments if not word.startswith("-")]
    verb = next((v for v in (" ".join(words[:2]), words[0] if words else "") if v in takes), None)
    if verb is None or "-h" in arguments or "--help" in arguments:
        return list(arguments)
    filled = list(arguments)
    for name in takes[verb]:
        option, values = files[name]
        if not {f"--{name}", option, f"-{name[0]}"} & set(arguments):
            filled += [option, *values]
    return filled


def require() -> None:
    """Raise `CannotGoOn` unless Rasa's environment is there and its Python starts."""
    try:
        subprocess.run([PYTHON, "-c", ""], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotGoOn(
            "Rasa's environment (Python 3.10, bot/rasa/.venv) is missing or broken: "
            "remove bot/rasa/.venv and run `make run`."
        ) from error
