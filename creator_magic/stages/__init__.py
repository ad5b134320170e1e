"""CREATOR's stages (arXiv 2305.14318, section 3): creation, decision, execution, rectification.

Each stage that asks a model is a function from what is known to a `Question`; what is asked in
which words stands in `prompts/`, one template a stage.
"""
