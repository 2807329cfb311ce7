"""The models of an app: what is on a picture, how many people are, and what a sentence talks about."""
