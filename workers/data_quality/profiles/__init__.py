"""What data look like, column by column: `column` profiles one, `keys` finds what names a row, `kept` keeps a profile,
`drift` holds it against the last one."""
