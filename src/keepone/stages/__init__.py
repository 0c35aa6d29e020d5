"""The stages of a run, one module each; `pipeline.STAGES` is their order."""
