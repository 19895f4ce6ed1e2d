"""Reviewed label rules, one TOML file a collection."""
