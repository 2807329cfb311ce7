"""What the code means, computed once a file. Reads source alone: imports neither torch nor the user's code."""
