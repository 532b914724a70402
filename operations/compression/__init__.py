"""What a model is shown, in few tokens: `compress`, and `decode` for what was compressed without loss."""

from operations.compression.abridging import Omission
from operations.compression.documents import LEGEND, decode, encode
from operations.compression.entry import Compressed, compress

__all__ = ["LEGEND", "Compressed", "Omission", "compress", "decode", "encode"]
