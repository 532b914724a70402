"""MiniLM (all-MiniLM-L6-v2), computed with NumPy: 384 numbers of length 1 for a text, whose cosines tell likeness."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

LONGEST = 128  # tokens of a sentence that are read
BATCH = 32
Array = np.ndarray[Any, np.dtype[np.float32]]
Weights = dict[str, Array]


class MiniLM:
    """The model in a folder as its makers publish it: `config.json`, `tokenizer.json`, `model.safetensors`."""

    def __init__(self, folder: Path):
        config = json.loads((folder / "config.json").read_text())
        self.layers: int = config["num_hidden_layers"]
        self.heads: int = config["num_attention_heads"]
        self.epsilon = np.float32(config["layer_norm_eps"])
        self.weights: Weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.no_padding()

    def vectors(self, texts: Sequence[str]) -> list[Array]:
        """A vector of length 1 for each text."""
        ids = [one.ids for one in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))  # those of a length share a batch
        made: dict[int, Array] = {}
        with threadpool_limits(1):  # many threads for small matrices only wait for each other
            for batch in _batches(order):
                made |= zip(batch, self._embedded([ids[number] for number in batch]), strict=True)
        return [made[number] for number in range(len(ids))]

    def _embedded(self, ids: Sequence[Sequence[int]]) -> Array:
        longest = max(map(len, ids))
        padded = np.array([[*one, *[0] * (longest - len(one))] for one in ids])
        there = np.array([[1.0] * len(one) + [0.0] * (longest - len(one)) for one in ids], np.float32)
        words, places, kinds = (
            self.weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        x = self._normed(words[padded] + places[:longest] + kinds[0], "embeddings")
        hidden = (1 - there)[:, None, None, :] * np.float32(-1e9)
        for number in range(self.layers):
            x = self._layer(x, hidden, f"encoder.layer.{number}")
        mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _layer(self, x: Array, hidden: Array, name: str) -> Array:
        texts, length, width = x.shape
        query, key, value = (
            self._linear(x, f"{name}.attention.self.{part}")
            .reshape(texts, length, self.heads, width // self.heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        weights = query @ key.transpose(0, 1, 3, 2) / np.sqrt(np.float32(width // self.heads)) + hidden
        weights = np.exp(weights - weights.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        seen = (weights @ value).transpose(0, 2, 1, 3).reshape(texts, length, width)
        x = self._normed(x + self._linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output")
        wide = _gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._normed(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output")

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normed(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        even = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + self.epsilon)
        return even * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]


def _gelu(x: Array) -> Array:
    return x * np.float32(0.5) * (1 + erf(x / np.sqrt(np.float32(2))))


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))
