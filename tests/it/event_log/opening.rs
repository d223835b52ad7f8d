//! Opening an SQLite file. Only this file of the suite is about one database.

use std::path::Path;

use latchkey::event_log::{Database, DatabaseError, Synchronous, read};

fn size_at(path: &Path) -> u64 {
    let database = Database::open_sqlite(path, Synchronous::Normal).unwrap();
    database.migrate().unwrap();
    database.read(read::head).unwrap().size
}

#[test]
fn a_path_with_special_characters_is_a_path_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["file:a?mode=memory", "a b%20c#d?e", "sqlite:", "ä'\"; DROP TABLE events", ":memory:", "-x"] {
        let path = folder.path().join(name);
        assert_eq!(size_at(&path), 0, "{name}");
        assert!(path.is_file(), "{name}");
    }
}

#[test]
fn a_relative_path_that_sqlite_or_diesel_would_understand_otherwise_is_a_path_too() {
    // Relative to the working directory of the tests, so these name files in a folder that does not exist.
    for name in ["file:no-such-folder/a", "sqlite://no-such-folder/a", "no-such-folder/:memory:"] {
        let refused = Database::open_sqlite(Path::new(name), Synchronous::Normal).err().unwrap();
        assert!(matches!(refused, DatabaseError::Open(_)), "{name}: {refused}");
        assert!(!Path::new(name).exists());
    }
    let refused = Database::open_sqlite(Path::new(""), Synchronous::Normal).err().unwrap();
    assert!(matches!(refused, DatabaseError::Open(_)), "a temporary database is never what was meant: {refused}");
}

#[test]
fn migrations_are_pending_until_they_are_run_and_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open_sqlite(&folder.path().join("a.db"), Synchronous::Full).unwrap();
    let pending = database.pending_migrations().unwrap();
    assert!(pending.iter().any(|name| name.ends_with("_event_log")), "{pending:?}");
    assert_eq!(database.migrate().unwrap().len(), pending.len());
    assert!(database.pending_migrations().unwrap().is_empty());
    assert!(database.migrate().unwrap().is_empty());
}

#[test]
fn a_database_that_a_newer_version_has_migrated_is_refused_and_left_alone() {
    use diesel::connection::SimpleConnection;
    use latchkey::event_log::Conn;

    let backend = crate::log_support::backend();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    let written = backend.database.write(|conn| match conn {
        Conn::Sqlite(c) => Ok(c.batch_execute(insert)?),
        Conn::Postgres(c) => Ok(c.batch_execute(insert)?),
    });
    written.unwrap();
    for refused in [backend.database.migrate(), backend.database.pending_migrations()] {
        let Err(DatabaseError::Newer(version)) = refused else { panic!("{refused:?}") };
        assert_eq!(version, "29991231000000");
    }
}

#[test]
fn a_reader_cannot_write() {
    use diesel::connection::SimpleConnection;
    use latchkey::event_log::Conn;

    let backend = crate::log_support::backend();
    let refused = backend.database.read(|conn| match conn {
        Conn::Sqlite(c) => Ok(c.batch_execute("UPDATE log_head SET size = 1")?),
        Conn::Postgres(c) => Ok(c.batch_execute("UPDATE log_head SET size = 1")?),
    });
    assert!(refused.is_err());
    assert_eq!(backend.database.read(read::head).unwrap().size, 0);
}
