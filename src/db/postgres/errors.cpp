#include "db/postgres/errors.h"

#include "base/result.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

/// A SQLSTATE, or the class that its first two characters are.
struct Row {
    std::string_view state;
    ErrorKind kind;
    std::string_view symbol;
    std::string_view remedy;  ///< what to do, or empty
};

// The longer entry of the same beginning stands first. [PostgreSQL: Appendix A. Error Codes]
constexpr auto rows = std::to_array<Row>({
    {"08P01", ErrorKind::invalid, "protocol_violation", ""},
    {"08", ErrorKind::unavailable, "connection_exception", "see whether the server runs and can be reached"},
    {"0A", ErrorKind::unsupported, "feature_not_supported", ""},
    {"22021", ErrorKind::invalid, "character_not_in_repertoire",
     "PostgreSQL's text holds no NUL and only UTF-8"},
    {"22", ErrorKind::invalid, "data_exception", ""},
    {"23502", ErrorKind::conflict, "not_null_violation", ""},
    {"23503", ErrorKind::conflict, "foreign_key_violation", ""},
    {"23505", ErrorKind::conflict, "unique_violation", ""},
    {"23514", ErrorKind::conflict, "check_violation", ""},
    {"23", ErrorKind::conflict, "integrity_constraint_violation", ""},
    {"25006", ErrorKind::denied, "read_only_sql_transaction",
     "write to the primary server, not to a standby"},
    {"25P02", ErrorKind::invalid, "in_failed_sql_transaction", "begin another transaction"},
    {"25P03", ErrorKind::unavailable, "idle_in_transaction_session_timeout", ""},
    {"28", ErrorKind::denied, "invalid_authorization",
     "check the role and its password (KOPPLA_STORE_PASSWORD_FILE, the credential koppla-store-password or "
     "~/.pgpass) and the server's pg_hba.conf"},
    {"2BP01", ErrorKind::conflict, "dependent_objects_still_exist",
     "drop what somebody built upon it, or make that anew afterwards"},
    {"3D000", ErrorKind::not_found, "invalid_catalog_name",
     "make the database with createdb, or name another"},
    {"3F000", ErrorKind::not_found, "invalid_schema_name", "make the schema, or name another with ?schema="},
    {"40", ErrorKind::unavailable, "transaction_rollback", "try again"},
    {"42501", ErrorKind::denied, "insufficient_privilege",
     "let the owner of the database grant it: docs/guide/postgres.md lists the rights that a store needs"},
    {"42P07", ErrorKind::conflict, "duplicate_table", ""},
    {"42P06", ErrorKind::conflict, "duplicate_schema", ""},
    {"42701", ErrorKind::conflict, "duplicate_column", ""},
    {"42710", ErrorKind::conflict, "duplicate_object", ""},
    {"42P01", ErrorKind::invalid, "undefined_table", ""},
    {"42703", ErrorKind::invalid, "undefined_column", ""},
    {"42804", ErrorKind::invalid, "datatype_mismatch", ""},
    {"42", ErrorKind::invalid, "syntax_error_or_access_rule_violation", ""},
    {"53100", ErrorKind::unavailable, "disk_full",
     "no room left on the server's disk: make room and try again"},
    {"53200", ErrorKind::unavailable, "out_of_memory", "the server is out of memory: try again later"},
    {"53300", ErrorKind::unavailable, "too_many_connections",
     "the server has no connection left: end some, or raise max_connections or the role's limit"},
    {"53", ErrorKind::unavailable, "insufficient_resources", "the server lacks the means: try again later"},
    {"54", ErrorKind::unsupported, "program_limit_exceeded", ""},
    {"55P03", ErrorKind::unavailable, "lock_not_available", "try again when whoever holds the lock is done"},
    {"55006", ErrorKind::unavailable, "object_in_use", "try again when whoever uses it is done"},
    {"57014", ErrorKind::unavailable, "query_canceled",
     "an administrator or a time limit of the server ended the statement: try again"},
    {"57P", ErrorKind::unavailable, "operator_intervention",
     "the server was stopped or is starting, or an administrator ended the connection: try again"},
    {"58", ErrorKind::unavailable, "system_error", "the server's disk or system failed: see its log"},
    {"XX001", ErrorKind::corrupt, "data_corrupted", "restore it from a backup"},
    {"XX002", ErrorKind::corrupt, "index_corrupted", "reindex it, or restore it from a backup"},
});

/// What a new connection dies of where no room is left for its cache of the catalogues; its state is XX000.
/// [PostgreSQL: relcache.c, write_relcache_init_file]
constexpr std::string_view no_room_to_connect = "could not write init file";

}  // namespace

Error server_error(const ServerMessage& message, std::string_view attempted, std::string_view place) {
    if (message.state.empty()) {
        return error(
            ErrorKind::unavailable,
            fmt::format("{}: the connection to {} failed: {}; see whether the server runs and can be "
                        "reached, and try again",
                        attempted, place, message.text),
            "connection_failure");
    }
    const std::string_view state =
        message.text == no_room_to_connect ? "53100" : std::string_view{message.state};
    const auto* const row =
        std::ranges::find_if(rows, [&](const Row& each) { return state.starts_with(each.state); });
    std::string text = fmt::format("{}: {}", attempted, message.text);
    if (!message.detail.empty()) text += fmt::format(" ({})", message.detail);
    const bool is_known = row != rows.end();
    const std::string_view remedy = is_known && !row->remedy.empty() ? row->remedy : message.hint;
    if (!remedy.empty()) text += fmt::format("; {}", remedy);
    if (is_known && (row->kind == ErrorKind::unavailable || row->kind == ErrorKind::denied))
        text += fmt::format(" [{}]", place);
    return error(is_known ? row->kind : ErrorKind::invalid, std::move(text),
                 is_known ? std::string{row->symbol} : message.state);
}

}  // namespace koppla::db::postgres
