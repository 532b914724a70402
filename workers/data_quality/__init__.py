"""data_quality: says whether data keep the rules, and how they break them."""

from workers.contract import Worker
from workers.data_quality.validate import validate

worker = Worker("data_quality", "1.0", [validate])
