"""The bot's own books in SQL: inbox, outbox, pages, runs, audit log, freeze and log-in attempts."""
