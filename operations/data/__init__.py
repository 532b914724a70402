"""The console's pages about the property data: search, one parcel or account, releases, coverage."""
