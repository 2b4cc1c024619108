"""Levels, grants, cascade, effective access and why. Knows scopes, never folders: those live a floor above."""
