"""The console's addresses about the property data, below /console/."""

from django.urls import path

from operations.data import release_views, views

app_name = "data"
urlpatterns = [
    path("data", views.search_page, name="search"),
    path("data/coverage", views.coverage_page, name="coverage"),
    path("data/<str:folder>/<str:county>/<str:year>/<path:identity>", views.parcel, name="parcel"),
    path("data/releases", release_views.releases, name="releases"),
    path("data/releases/<int:pk>", release_views.release, name="release"),
    path("data/releases/<int:pk>/withdraw", release_views.withdraw, name="withdraw"),
    path("data/releases/<int:pk>/restore", release_views.restore, name="restore"),
]
