//! The read models' tables, the same for both databases.

diesel::table! {
    connections (key) {
        key -> Text,
        version -> BigInt,
        enabled -> Bool,
        secret -> Text,
        definition -> Text,
        search -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        updated_by -> Text,
    }
}

diesel::table! {
    secrets (key) {
        key -> Text,
        version -> BigInt,
        display_name -> Text,
        provider -> Text,
        fingerprint -> Text,
        created_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        previous_version -> Nullable<BigInt>,
        previous_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    tasks (key) {
        key -> Text,
        version -> BigInt,
        endpoint -> Nullable<Text>,
        connection -> Nullable<Text>,
        certificate -> Nullable<Text>,
        password -> Nullable<Text>,
        definition -> Text,
        search -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    task_values (task, version) {
        task -> Text,
        version -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    metadata_changes (connection) {
        connection -> Text,
        position -> BigInt,
        detected_at -> BigInt,
        change -> Text,
    }
}

diesel::table! {
    exchanges (id) {
        id -> Text,
        position -> BigInt,
        connection -> Nullable<Text>,
        started_at -> BigInt,
        started -> Text,
        end_position -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        end_type -> Nullable<Text>,
        end_payload -> Nullable<Text>,
        task -> Nullable<Text>,
    }
}

diesel::table! {
    auth_failures (position) {
        position -> BigInt,
        connection -> Text,
        exchange -> Nullable<Text>,
        occurred_at -> BigInt,
        phase -> Text,
        reason -> Text,
        trace_id -> Nullable<Text>,
        failure -> Text,
        task -> Nullable<Text>,
    }
}

diesel::table! {
    usage_minutes (connection, task, minute) {
        connection -> Text,
        task -> Text,
        minute -> BigInt,
        requests -> BigInt,
        succeeded -> BigInt,
        auth_failures -> BigInt,
        transport_failures -> BigInt,
        unknown -> BigInt,
        token_requests -> BigInt,
        cache_hits -> BigInt,
        retries -> BigInt,
        latency -> Binary,
    }
}

diesel::table! {
    usage_reasons (connection, task, minute, reason) {
        connection -> Text,
        task -> Text,
        minute -> BigInt,
        reason -> Text,
        failures -> BigInt,
    }
}

diesel::table! {
    secret_values (secret, version) {
        secret -> Text,
        version -> BigInt,
        sealed -> Binary,
        valid_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    secret_uses (connection) {
        connection -> Text,
        version -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(connections, secret_uses);

diesel::table! {
    idempotency_keys (fingerprint) {
        fingerprint -> Text,
        input -> Text,
        stream -> Text,
    }
}

diesel::table! {
    sealed_tokens (id) {
        id -> Text,
        connection -> Text,
        fingerprint -> Text,
        expires_at -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    sealed_answers (exchange) {
        exchange -> Text,
        sealed -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    connection_states (key) {
        key -> Text,
        position -> BigInt,
        secret -> Text,
        state -> Text,
        turns_at -> BigInt,
        standing -> Text,
    }
}

diesel::table! {
    connection_tests (id) {
        id -> Text,
        position -> BigInt,
        connection -> Nullable<Text>,
        started_at -> BigInt,
        started -> Text,
        end_position -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        tested -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(connections, connection_states);

diesel::table! {
    sessions (id) {
        id -> Text,
        actor -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    connection_uses (connection) {
        connection -> Text,
        last_used_at -> BigInt,
    }
}
