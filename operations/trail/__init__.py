"""The doors to the audit trail: the API, the console's page and the export, for those who may see it."""
