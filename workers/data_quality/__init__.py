"""data_quality: says whether data keep the rules, and how they break them."""

from workers.contract import Worker
from workers.data_quality.create_mapping import create_mapping
from workers.data_quality.discover_fields import discover_fields
from workers.data_quality.load_data import load_data
from workers.data_quality.sync_live import sync_live
from workers.data_quality.validate import validate

worker = Worker("data_quality", "1.3", [create_mapping, discover_fields, load_data, sync_live, validate])
