"""The web page where a person sits: server-rendered HTML, live updates, one small script."""
