"""florida_data: fetches Florida's tax rolls (NAL, SDF and NAP files), reads them, and loads them into the warehouse."""
