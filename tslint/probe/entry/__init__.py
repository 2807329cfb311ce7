"""Step 1: which module is meant and with which example inputs: what was named, what the file offers, what its own calls say."""
