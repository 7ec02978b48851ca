"""What the archive remembers: tables, migrations and queries. SQLite by default, PostgreSQL by URL."""
