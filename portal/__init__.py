"""Atrium: client spaces for firms."""
