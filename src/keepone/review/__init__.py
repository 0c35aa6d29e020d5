"""The review app: people settle doubtful groups in a browser, and what they decide lasts.

It reads finished runs and writes decisions; what it shows is a function of the two.
"""
