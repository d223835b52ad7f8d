//! The log's tables, the same for both databases: texts, 64-bit integers and bytes.
//!
//! No `uuid`, `jsonb` or `timestamptz`: the record must come back byte for byte, and one set of column types means that
//! every query is written once.

diesel::table! {
    events (position) {
        position -> BigInt,
        stream -> Text,
        version -> BigInt,
        #[sql_name = "type"]
        type_ -> Text,
        recorded_at -> BigInt,
        correlation_id -> Binary,
        record -> Binary,
        leaf_hash -> Binary,
        actor_type -> Text,
        actor_id -> Text,
    }
}

diesel::table! {
    log_head (id) {
        id -> Integer,
        size -> BigInt,
        root -> Binary,
        frontier -> Binary,
    }
}

diesel::table! {
    subject_keys (subject) {
        subject -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    encryption_check (id) {
        id -> Integer,
        sealed -> Binary,
    }
}
