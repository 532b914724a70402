"""The console's address for showing what is masked, below /console/."""

from django.urls import path

from operations.masking import revealing

app_name = "people"
urlpatterns = [path("reveal", revealing.reveal, name="reveal")]
