// The names of the hostile guests, in one place for the guests and for the tests of the host: either side makes code of
// every name, so a guest without a test does not compile, nor a test without a guest. The groups say in which call
// a guest misbehaves.
macro_rules! foreach_guest {
    ($make:ident) => {
        $make! {
            get: [
                spin, trap, recurse, recurse_in_memory, allocate, allocate_many, fill, sleep_forever, exit,
                flood_log, flood_log_at_once, flood_reads, blot_flood, huge_value, many_handles, random_flood,
                bad_json, deep_json, terminal_escape, hostile_version, leak_secret, leak_at_the_edge, unknown_code,
                read_environment, read_files, network, stdin,
                environment_not_granted, foreign_variable,
                sql_not_granted, sql_escape, sql_endless, sql_flood,
                escape_directory,
                document_not_granted, document_flood, leak_document,
                keyring_not_granted, foreign_entry,
                prompt_not_granted, prompt_when_forbidden, prompt_flood,
                http_not_granted, http_elsewhere, http_flood,
                session_not_granted, foreign_session, leak_session,
                credential_file_not_granted, foreign_credential_file,
                identity_not_granted, foreign_identity, leak_token,
                page_not_granted, page_elsewhere, page_and_form, waits_under_a_turn, holds_for_ever,
            ]
            configure: [spin_in_configure, trap_in_configure, capability_in_configure]
            set: [trap_in_set, spin_in_set, leak_in_set]
            list: [huge_list, foreign_keys]
            get_many: [wrong_count]
        }
    };
}
