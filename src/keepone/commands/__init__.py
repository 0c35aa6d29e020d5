"""The commands of `keepone`, one module each.

A command imports what it works with when it is called: asking for help loads none of it.
"""
