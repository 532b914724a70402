"""sunbiz: keeps Florida's business entities up to date, from the files of the Division of Corporations."""

from workers.contract import Worker
from workers.sunbiz.metrics import generate_dashboard_metrics
from workers.sunbiz.monitor import monitor_status
from workers.sunbiz.sync import sync_entities

VERSION = "1.1"

worker = Worker("sunbiz", VERSION, [sync_entities, monitor_status, generate_dashboard_metrics])
