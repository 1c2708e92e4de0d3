"""What `make` runs around the assistant: set-up, server, checks and measurements."""
