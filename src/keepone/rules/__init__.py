"""Knowledge as data, each file with its source in a header, behind typed loaders.

Every loader is cached and returns frozen data; text in a rule file is already in the form that
normalised text has (lower case, ASCII, single spaces).
"""
