"""Where conversations are kept: masked, without names of senders, for a limited time, and erased on request."""
