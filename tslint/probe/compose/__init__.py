"""Ops that coremltools cannot convert, composed of ops that it can: found, written down, run, and put in their place."""
