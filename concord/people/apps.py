from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "concord.people"

    def ready(self) -> None:
        from concord.people import chores, receivers  # noqa: F401 they listen
