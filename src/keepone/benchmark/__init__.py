"""What a run costs as the export grows, and whether that has become worse.

`measure` takes whole runs as processes of their own; `timing` takes single stages again and again
beside a fixed workload; `results` is what is kept of both, `gate` compares it with what was kept
before, and `tables` and `chart` show it.
"""
