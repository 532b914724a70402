"""A question about the loaded data in words, made a typed query over an allow-list, run read-only and answered.

`catalogue` is the allow-list; `query` the typed query and its check; `asking` (a model) and `grammar` (none) make one
of words; `statement` makes a SELECT of it, `running` runs that, and `answers` says what came.
"""
