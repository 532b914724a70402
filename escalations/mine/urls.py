"""The console's addresses of what is about oneself, below /console/."""

from django.urls import path

from escalations.mine import views as mine_views
from escalations.mine.news import news

app_name = "mine"
urlpatterns = [
    path("mine", mine_views.mine, name="history"),
    path("notices", mine_views.inbox, name="notices"),
    path("notices/read", mine_views.read_all, name="read"),
    path("notices/news", news, name="news"),
]
