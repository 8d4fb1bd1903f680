"""The report page: one HTML file that shows what the graph changes, and opens without a network.

One module a section: its queries stand beside its charts. `marts` reads, `figures` says what a section holds, `charts`
draws what several sections need, `document` makes the page of it all.
"""
