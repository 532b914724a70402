"""florida_data: fetches Florida's tax rolls (NAL, SDF and NAP files), reads them, and loads them into the warehouse."""

from workers.contract import Worker
from workers.florida_data.discover import discover
from workers.florida_data.download import download
from workers.florida_data.fill_gaps import fill_gaps
from workers.florida_data.monitor import monitor
from workers.florida_data.process import process
from workers.florida_data.upload import upload
from workers.florida_data.verify import verify

VERSION = "1.2"

worker = Worker("florida_data", VERSION, [discover, download, process, upload, verify, monitor, fill_gaps])
