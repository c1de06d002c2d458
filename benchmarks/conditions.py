"""The conditions under which a cell measures: threads, device, precision of products, dtype policy.

They reach every implementation in the same way, through variables that the libraries read when they are
imported; the policy alone is for Horn and Keras, as the hand-written loops have none.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

_NAMES = ("threads", "device", "precision", "policy")
_chosen: list[argparse.Namespace] = []
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS", "TORCHINDUCTOR_COMPILE_THREADS",
)  # fmt: skip


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose conditions to a command line."""
    parser.add_argument("--threads", type=int, default=1, help="of every implementation")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu", help="where tensors live")
    parser.add_argument(
        "--precision", choices=("fast", "float32"), default="fast", help="of products on a GPU: as is, or exact"
    )
    parser.add_argument("--policy", default="float32", help="dtype policy of Horn and Keras")


def words(options: argparse.Namespace) -> list[str]:
    """Return the chosen conditions as words of a command line."""
    return [word for name in _NAMES for word in (f"--{name}", str(getattr(options, name)))]


def settle(backend: str, options: argparse.Namespace) -> None:
    """Choose the backend and the conditions, before any library is imported."""
    _chosen[:] = [options]
    os.environ["HORN_BACKEND"] = os.environ["KERAS_BACKEND"] = backend
    for variable in _THREADS:
        os.environ[variable] = str(options.threads)
    eigen = "true" if options.threads > 1 else "false"
    flags = f"--xla_cpu_multi_thread_eigen={eigen} {os.environ.get('XLA_FLAGS', '')}"
    os.environ["XLA_FLAGS"] = flags.strip()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if options.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if options.precision == "float32":
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
        os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "float32"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-options.threads :])


def configure(library: Any) -> None:
    """Tell Horn or Keras what no variable tells it."""
    (options,) = _chosen
    if options.policy != "float32":
        library.config.set_dtype_policy(options.policy)
    if options.precision == "float32" and hasattr(library.config, "set_matmul_precision"):
        library.config.set_matmul_precision("float32")


def described(options: argparse.Namespace) -> str:
    """Return the conditions in words."""
    if options.device == "cpu":
        where = "Only the processor computes: no figure is of a GPU."
    else:
        query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        gpu = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        where = f"Tensors live on a GPU: {gpu}; products are {options.precision!r}."
    policy = "" if options.policy == "float32" else f" Horn and Keras compute under the policy {options.policy!r}."
    return f"{options.threads} thread(s) for each implementation. {where}{policy}"
