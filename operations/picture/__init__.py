"""A plan as a picture: its steps as boxes in layers, and what each needs as lines between them."""

from operations.picture.drawing import Picture, picture_of

__all__ = ["Picture", "picture_of"]
