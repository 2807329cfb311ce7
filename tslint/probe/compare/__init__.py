"""Step 4: the trace on other inputs; what differs, and which escape is to blame. Judges nothing for the user."""
