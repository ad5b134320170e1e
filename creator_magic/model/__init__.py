"""Whatever answers questions: an endpoint over HTTP, or a cassette of recorded replies."""
