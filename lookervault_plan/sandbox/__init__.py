"""A simulated Looker: API 4.0 over HTTP, strict enough to fail a wrong client.

It imports nothing of the rest of the package, so that it can't share its mistakes.

    server    Sandbox (a thread), SandboxProcess, serve (the foreground)
    app       ASGI: login, faults, the request log; http11 and wire are HTTP itself
    looker    one instance without HTTP: its state, and calls through all rules
    engine    what all kinds do alike, driven by the rows in rules/ (form: kinds)
    rules/    a module per subject: its row or rows, and the functions that only it needs
    company/  content that uses every field, made through API calls

Not simulated: user attributes, themes, colour collections, running queries, sudo, other
credentials than e-mail and API keys, POST /dashboards/lookml and the copy operations.
"""
