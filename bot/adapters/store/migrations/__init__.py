"""The history of the schema, applied by `Database.open`; a released revision is never edited."""
