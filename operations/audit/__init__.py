"""The audit trail: who did what to what, before and after, from where. Written with the effect, then chained.

It lies lowest in `operations`: everything may record, and it knows nobody but Django's accounts.
"""
