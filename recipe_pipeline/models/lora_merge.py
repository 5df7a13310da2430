"""A LoRA adapter as PEFT saves it, merged into the GGUF file of its base model.

llama.cpp can apply an adapter at run time, but then it takes a third longer for a page than with the
merged matrices in Q8_0. Merging takes a second and needs neither torch nor PEFT. It reads plain LoRA on
the linear layers of Gemma 3, which is what 05 trains.
"""

from __future__ import annotations

import math
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.models.adapter import read_json
from recipe_pipeline.models.gguf_file import GgufFile, Tensor
from recipe_pipeline.models.llama_server import available_cores

WEIGHTS = "adapter_model.safetensors"
_ROWS = 128  # at a time: the numbers of a whole matrix in 32 bits take several times its size
_COLUMNS = 64  # OpenBLAS uses one thread up to 2**18 multiplications: 128 rows at rank 32
_MODULES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_KEY = re.compile(r"(?:^|\.)layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])(?:\.default)?\.weight$")


def merge_lora(base: GgufFile, folder: Path) -> GgufFile:
    """``base`` with the adapter in ``folder``: its matrices in Q8_0, or in 32-bit floats if the base
    is not quantised.

    Raises PipelineError if the adapter is damaged or was not trained on ``base``.
    """
    config = read_json(folder / "adapter_config.json")
    pairs = _pairs(folder / WEIGHTS)
    scale = _scale(config, folder)
    shapes = {tensor.name: tensor.shape for tensor in base.tensors}
    for name, pair in sorted(pairs.items()):
        _check(folder, name, pair, shapes.get(name))

    def merged(tensor: Tensor) -> Tensor:
        pair = pairs.get(tensor.name)
        return tensor if pair is None else _merge(tensor, pair, scale)

    with ThreadPoolExecutor(available_cores()) as pool:  # numpy mostly does without Python's lock
        return GgufFile(base.fields, tuple(pool.map(merged, base.tensors)))


def _merge(tensor: Tensor, pair: dict[str, np.ndarray], scale: float) -> Tensor:
    """``tensor`` with the adapter's ``pair``."""
    from gguf import GGMLQuantizationType as Kind
    from gguf import quants

    kind = Kind(tensor.kind)
    new = kind.F32 if kind in (Kind.F32, Kind.F16) else Kind.Q8_0
    found = []
    for start in range(0, tensor.shape[1], _ROWS):
        weights = quants.dequantize(tensor.rows(start, start + _ROWS), kind)
        weights = weights + scale * _product(pair["b"][start : start + _ROWS], pair["a"])
        found.append(quants.quantize(weights.astype(np.float32), new).view(np.uint8))
    tensor.release()
    return replace(tensor, kind=int(new), parts=(np.concatenate(found).reshape(-1),))


def _product(b: np.ndarray, a: np.ndarray) -> np.ndarray:
    """``b @ a`` in pieces for which BLAS starts no threads.

    These wait for each other by spinning, which takes many times as long on a busy machine.
    """
    width = math.gcd(a.shape[1], _COLUMNS)
    pieces = b @ a.reshape(len(a), -1, width).transpose(1, 0, 2)  # (pieces, rows of b, width)
    return pieces.transpose(1, 0, 2).reshape(len(b), -1)


def _scale(config: dict[str, Any], folder: Path) -> float:
    """alpha / rank, or with rsLoRA alpha / sqrt(rank). Raises PipelineError unless all layers share it."""
    if config.get("rank_pattern") or config.get("alpha_pattern"):
        raise PipelineError(
            f"{folder} has layers with a LoRA rank or alpha of their own: merge it with PEFT and give "
            "the folder of the merged model instead"
        )
    try:
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (KeyError, TypeError, ValueError):
        raise _damaged(folder, "adapter_config.json lacks r or lora_alpha") from None
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _pairs(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """By the name of the base's tensor: the matrices "a" (rank, in) and "b" (out, rank)."""
    pairs: dict[str, dict[str, np.ndarray]] = {}
    for key, array in _tensors(path).items():
        found = _KEY.search(key)
        if found is None or found[2] not in _MODULES or array.ndim != 2:
            raise _damaged(path.parent, f"unexpected tensor {key[:80]}")
        name = f"blk.{int(found[1])}.{_MODULES[found[2]]}.weight"
        pairs.setdefault(name, {})[found[3].lower()] = array
    if not pairs:
        raise _damaged(path.parent, "no weights")
    return pairs


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file in float32. numpy knows no bfloat16, so this reads bytes."""
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(path.read_bytes())
        return {name: _float32(entry) for name, entry in entries}
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise _damaged(path.parent, first_line(error)) from error


def _float32(entry: dict[str, Any]) -> np.ndarray:
    data, kind = entry["data"], entry["dtype"]
    if kind == "BF16":  # the upper half of a float32
        array = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    else:
        array = np.frombuffer(data, {"F32": "<f4", "F16": "<f2", "F64": "<f8"}[kind])
    return array.astype("<f4").reshape(entry["shape"])


def _check(
    folder: Path, name: str, pair: dict[str, np.ndarray], shape: tuple[int, ...] | None
) -> None:
    if set(pair) != {"a", "b"}:
        raise _damaged(folder, f"half of {name} is missing")
    a, b = pair["a"], pair["b"]
    if shape is None or (a.shape[1], b.shape[0]) != tuple(shape) or a.shape[0] != b.shape[1]:
        raise PipelineError(
            f"the adapter in {folder} does not fit the base model ({name} is {b.shape[0]} x "
            f"{a.shape[1]}): it was trained on another one"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise _damaged(folder, f"{name} contains NaN or infinity")


def _damaged(folder: Path, reason: str) -> PipelineError:
    return PipelineError(
        f"the adapter in {folder} is damaged ({reason}): restore it or train again"
    )
