"""A simulated Looker: API 4.0 over HTTP, strict enough to fail a wrong client.

It imports nothing else of the package, so that it can't share its mistakes.

    server         Sandbox (a thread), SandboxProcess (a process), serve (the foreground)
    http11         connections and HTTP/1.1 parsing, under uvicorn
    http_messages  requests taken apart, replies put together
    app            the ASGI application: login, faults, the request log
    control_endpoints  /_sandbox: how another process reads the log and sets faults
    looker         one instance without HTTP: its state, and calls through all rules
    context        the instance's settings, and the request that a rule works on
    operations     create, read, update, delete, list and search, driven by the rows in rules/
    bodies         request bodies checked against looker-sdk's models (models.json)
    behaviour      answers to questions that looker-api.md leaves open, either way
    newer_fields   keys of a newer Looker, added to replies
    list_filters   filters, order and pages of lists; fields: the `fields` parameter
    kinds          the types of a row, a route and an answer
    store          tables of JSON objects with ids and indexes
    rules/         one module per subject: its rows, and the functions that only it needs
    company/       generated content that uses every field, made through API calls

Not simulated: user attributes, themes, colour collections, running queries, sudo, other
credentials than e-mail and API keys, POST /dashboards/lookml and the copy operations.
"""
