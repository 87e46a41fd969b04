"""Restore and promote Looker content the way infrastructure is deployed."""
