"""Masks: what tells of a person is hidden on every page until somebody who may see it asks for it, which is recorded.

`marks` says how a masked value looks, `sight` what who looks may see at this moment, `hiding` hides what he may not.
"""
