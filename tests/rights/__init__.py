"""Rights across packages: revocation at the next request, races, names that look alike."""
