"""The MCP server: what an assistant may ask of a built graph, read-only.

`database` reads the file, `names` keeps ids out of masked answers, `answers` lays answers out; each other module is a
group of tools, and `server` puts them together.
"""
