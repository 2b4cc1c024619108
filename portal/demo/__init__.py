"""The demo firm, made through the product's own commands."""
