"""What parents asked in a month, as a page for the school and as tables: `python -m tools.insight 2026-11`."""
