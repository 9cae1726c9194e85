"""What can be typed after `crossdock`. The only reader of the environment.

- `options`: the options that several have, and how they read the environment.
- `serving`: `serve` and `demo`.
- `as_code`: `apply` and `export`.
- `explaining`: `trace`, `tail` and `balance`.
- `replaying`: `replay` and `replays`.
- `people`: `sql`, `audiences` and `forget`.
- `signing`: `sign-ramen`.
- `comparing`: `conformance`.
"""
