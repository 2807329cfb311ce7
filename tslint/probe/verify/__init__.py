"""Whether a converted program computes what eager does; if not, what is to blame, and what makes it right."""
