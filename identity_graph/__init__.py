"""The command `identity-graph`: what the dbt project cannot say by itself.

One module a sub-command, listed in `cli`; `project` finds the dbt project, its profile and its database, `text` lays
out text.
"""
