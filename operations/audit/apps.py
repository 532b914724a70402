from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "operations.audit"
    label = "audit"
    verbose_name = "Audit trail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from operations.audit import accounts, warehouse, watching

        watching.install()
        accounts.listen()
        warehouse.listen()
