"""The nearest products on the same problems and scripted model, each in an environment of its own."""
